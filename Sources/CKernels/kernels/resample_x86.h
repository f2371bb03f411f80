// Resampling with vectors of 16-bit pairs: whole numbers, so the same bytes as the plain loops give.

static inline int32_t weight_pair(const int16_t *weight) {
  int32_t pair;
  memcpy(&pair, weight, sizeof pair);
  return pair;
}

// ---- Rows

// Each 128-bit lane works on one row. Of two pixels at a time, bytes are spread as pairs of 16-bit values, channel by channel
// (r0 r1 g0 g1 b0 b1 a0 a1), and each pair is multiplied by a pair of weights. Four outputs are stored at once.

static const uint8_t pair_order[2][2][16] = {
    {{0, 128, 3, 128, 1, 128, 4, 128, 2, 128, 5, 128, 128, 128, 128, 128},
     {6, 128, 9, 128, 7, 128, 10, 128, 8, 128, 11, 128, 128, 128, 128, 128}},
    {{0, 128, 4, 128, 1, 128, 5, 128, 2, 128, 6, 128, 3, 128, 7, 128},
     {8, 128, 12, 128, 9, 128, 13, 128, 10, 128, 14, 128, 11, 128, 15, 128}},
};

/// Four outputs without the empty fourth channel of each.
static const uint8_t pixel_order[2][16] = {
    {0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 128, 128, 128, 128},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
};

#if LANES == 16

enum { LANE_ROWS = 4 };
typedef __m512i row_lanes;

INLINE row_lanes same_lanes(const uint8_t *bytes) {
  return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)bytes));
}

INLINE row_lanes load_lanes(const uint8_t *from, int64_t stride) {
  row_lanes rows = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)from));
  rows = _mm512_inserti32x4(rows, _mm_loadu_si128((const __m128i *)(from + stride)), 1);
  rows = _mm512_inserti32x4(rows, _mm_loadu_si128((const __m128i *)(from + 2 * stride)), 2);
  return _mm512_inserti32x4(rows, _mm_loadu_si128((const __m128i *)(from + 3 * stride)), 3);
}

INLINE row_lanes add_pairs(row_lanes sum, row_lanes rows, row_lanes order, const int16_t *weight) {
  return _mm512_add_epi32(sum, _mm512_madd_epi16(_mm512_shuffle_epi8(rows, order), _mm512_set1_epi32(weight_pair(weight))));
}

INLINE row_lanes pack_lanes(const row_lanes sums[4], __m128i shift, row_lanes order) {
  const row_lanes low = _mm512_packs_epi32(_mm512_sra_epi32(sums[0], shift), _mm512_sra_epi32(sums[1], shift));
  const row_lanes high = _mm512_packs_epi32(_mm512_sra_epi32(sums[2], shift), _mm512_sra_epi32(sums[3], shift));
  return _mm512_shuffle_epi8(_mm512_packus_epi16(low, high), order);
}

INLINE void store_lanes(row_lanes bytes, uint8_t *to, int64_t stride) {
  _mm_storeu_si128((__m128i *)to, _mm512_castsi512_si128(bytes));
  _mm_storeu_si128((__m128i *)(to + stride), _mm512_extracti32x4_epi32(bytes, 1));
  _mm_storeu_si128((__m128i *)(to + 2 * stride), _mm512_extracti32x4_epi32(bytes, 2));
  _mm_storeu_si128((__m128i *)(to + 3 * stride), _mm512_extracti32x4_epi32(bytes, 3));
}

INLINE row_lanes fill_lanes(int32_t value) { return _mm512_set1_epi32(value); }

#else

enum { LANE_ROWS = 2 };
typedef __m256i row_lanes;

INLINE row_lanes same_lanes(const uint8_t *bytes) {
  return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)bytes));
}

INLINE row_lanes load_lanes(const uint8_t *from, int64_t stride) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)from)),
                                 _mm_loadu_si128((const __m128i *)(from + stride)), 1);
}

INLINE row_lanes add_pairs(row_lanes sum, row_lanes rows, row_lanes order, const int16_t *weight) {
  return _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_shuffle_epi8(rows, order), _mm256_set1_epi32(weight_pair(weight))));
}

INLINE row_lanes pack_lanes(const row_lanes sums[4], __m128i shift, row_lanes order) {
  const row_lanes low = _mm256_packs_epi32(_mm256_sra_epi32(sums[0], shift), _mm256_sra_epi32(sums[1], shift));
  const row_lanes high = _mm256_packs_epi32(_mm256_sra_epi32(sums[2], shift), _mm256_sra_epi32(sums[3], shift));
  return _mm256_shuffle_epi8(_mm256_packus_epi16(low, high), order);
}

INLINE void store_lanes(row_lanes bytes, uint8_t *to, int64_t stride) {
  _mm_storeu_si128((__m128i *)to, _mm256_castsi256_si128(bytes));
  _mm_storeu_si128((__m128i *)(to + stride), _mm256_extracti128_si256(bytes, 1));
}

INLINE row_lanes fill_lanes(int32_t value) { return _mm256_set1_epi32(value); }

#endif

/// Resamples LANE_ROWS rows of three or four channels; `taps` are those of the weights, which the compiler may know.
INLINE void resample_lanes(const uint8_t *input, int64_t input_stride, int32_t channels, const mae_resample_weights *weights,
                           int32_t taps, uint8_t *output, int64_t output_stride) {
  const row_lanes first = same_lanes(pair_order[channels == 4][0]), second = same_lanes(pair_order[channels == 4][1]);
  const row_lanes half = fill_lanes(1 << (weights->shift - 1)), order = same_lanes(pixel_order[channels == 4]);
  const __m128i shift = _mm_cvtsi32_si128(weights->shift);
  const int32_t count = weights->count, group = count < 4 ? count : 4;
  for (int32_t next = 0; next < count; next += 4) {
    // Outputs that are left over are done together with some before them, again.
    const int32_t i = next + group > count ? count - group : next;
    row_lanes sums[4];
    for (int32_t j = 0; j < 4; j++) {
      const int32_t own = i + (j < group ? j : group - 1);
      const uint8_t *from = input + (int64_t)weights->start[own] * channels;
      const int16_t *weight = weights->weight + (int64_t)own * taps;
      row_lanes sum = half;
      int32_t k = 0;
      for (; k + 4 <= taps; k += 4, from += 4 * channels) {
        const row_lanes rows = load_lanes(from, input_stride);
        sum = add_pairs(add_pairs(sum, rows, first, weight + k), rows, second, weight + k + 2);
      }
      if (k < taps) sum = add_pairs(sum, load_lanes(from, input_stride), first, weight + k);
      sums[j] = sum;
    }
    const row_lanes bytes = pack_lanes(sums, shift, order);
    uint8_t *to = output + (int64_t)i * channels;
    // Sixteen bytes are stored of which those behind the four outputs are overwritten by the next ones.
    if ((count - i) * channels >= 16) {
      store_lanes(bytes, to, output_stride);
    } else {
      uint8_t lanes[LANE_ROWS][16];
      store_lanes(bytes, lanes[0], 16);
      for (int32_t r = 0; r < LANE_ROWS; r++) memcpy(to + r * output_stride, lanes[r], (size_t)(group * channels));
    }
  }
}

// ---- Columns

/// Adds two rows, times a pair of weights, to the sums of 16 bytes: the low and the high four of each half.
INLINE void add_rows(const uint8_t *row, const uint8_t *next, __m256i weights, __m256i *low, __m256i *high) {
  const __m256i a = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)row));
  const __m256i b = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)next));
  *low = _mm256_add_epi32(*low, _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), weights));
  *high = _mm256_add_epi32(*high, _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), weights));
}

/// Whole vectors of bytes of one output row; returns how many bytes these are. `taps` may be known to the compiler; behind an odd
/// one stands a weight of zero.
INLINE int64_t mix_vectors(const uint8_t *from, int64_t stride, const int16_t *weight, int32_t taps, int32_t bits,
                           int64_t row_bytes, uint8_t *to) {
  const __m256i half = _mm256_set1_epi32(1 << (bits - 1));
  const __m128i shift = _mm_cvtsi32_si128(bits);
  int64_t x = 0;
  for (; x + 32 <= row_bytes; x += 32) {
    __m256i low0 = half, high0 = half, low1 = half, high1 = half;
    for (int32_t k = 0; k < taps; k += 2) {
      const uint8_t *row = from + k * stride + x;
      // An odd last row is paired with itself at weight zero.
      const uint8_t *next = k + 1 < taps ? row + stride : row;
      const __m256i weights = _mm256_set1_epi32(weight_pair(weight + k));
      add_rows(row, next, weights, &low0, &high0);
      add_rows(row + 16, next + 16, weights, &low1, &high1);
    }
    const __m256i first = _mm256_packs_epi32(_mm256_sra_epi32(low0, shift), _mm256_sra_epi32(high0, shift));
    const __m256i second = _mm256_packs_epi32(_mm256_sra_epi32(low1, shift), _mm256_sra_epi32(high1, shift));
    const __m256i bytes = _mm256_permute4x64_epi64(_mm256_packus_epi16(first, second), 0xd8);
    _mm256_storeu_si256((__m256i *)(to + x), bytes);
  }
  return x;
}
