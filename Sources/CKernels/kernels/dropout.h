// Dropout of elements; that of attention's probabilities stands in attention.h.

typedef uint32_t counters __attribute__((ext_vector_type(LANES)));

/// 0 or the factor of what is kept, for LANES elements from number `first` on: a hash of seed and number (MurmurHash3's
/// finalizer) below the threshold drops an element.
static inline vector kept(const mae_dropout *dropout, uint32_t first) {
  counters hash;
  for (int lane = 0; lane < LANES; lane++) hash[lane] = first + (uint32_t)lane;
  hash = hash * 0x9e3779b1u + dropout->seed;
  hash = (hash ^ (hash >> 16)) * 0x85ebca6bu;
  hash = (hash ^ (hash >> 13)) * 0xc2b2ae35u;
  hash ^= hash >> 16;
  return hash < dropout->threshold ? (vector)0.0f : (vector)dropout->factor;
}

static void drop(const float *x, const mae_dropout *dropout, int64_t first, float *y, int64_t count) {
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) store(y + i, load(x + i) * kept(dropout, (uint32_t)(first + i)));
  if (i < count) store_some(y + i, load_some(x + i, count - i) * kept(dropout, (uint32_t)(first + i)), count - i);
}
