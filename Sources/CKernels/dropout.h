// Which elements dropout keeps. Included once per level, after vector_math.h.

typedef uint32_t NAMED(counters) __attribute__((ext_vector_type(LANES)));

/// 0 or the factor of what is kept, for LANES elements from number `first` on: a hash of seed and number (MurmurHash3's
/// finalizer) below the threshold drops an element.
static inline vector NAMED(kept)(const mae_dropout *dropout, uint32_t first) {
  NAMED(counters) hash;
  for (int lane = 0; lane < LANES; lane++) hash[lane] = first + (uint32_t)lane;
  hash = hash * 0x9e3779b1u + dropout->seed;
  hash = (hash ^ (hash >> 16)) * 0x85ebca6bu;
  hash = (hash ^ (hash >> 13)) * 0xc2b2ae35u;
  hash ^= hash >> 16;
  return hash < dropout->threshold ? (vector)0.0f : (vector)dropout->factor;
}
