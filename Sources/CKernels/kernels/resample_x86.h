// Resampling with vectors of 16-bit pairs: whole numbers, so the same bytes as the plain loops give.

// ---- Rows

// Along a row, each 128-bit lane works on one row: of four pixels at a time, the first two are spread as pairs of 16-bit
// values, channel by channel (r0 r1 g0 g1 b0 b1 a0 a1), then the other two, and each pair is multiplied by a pair of weights.

static const uint8_t pair_order[2][2][16] = {
    {{0, 128, 3, 128, 1, 128, 4, 128, 2, 128, 5, 128, 128, 128, 128, 128},
     {6, 128, 9, 128, 7, 128, 10, 128, 8, 128, 11, 128, 128, 128, 128, 128}},
    {{0, 128, 4, 128, 1, 128, 5, 128, 2, 128, 6, 128, 3, 128, 7, 128},
     {8, 128, 12, 128, 9, 128, 13, 128, 10, 128, 14, 128, 11, 128, 15, 128}},
};

static inline int32_t weight_pair(const int16_t *weight) {
  int32_t pair;
  memcpy(&pair, weight, sizeof pair);
  return pair;
}

/// Stores one pixel of four rows. Four bytes at once are faster than three; the spare one is overwritten by the next pixel, so
/// not behind the last.
static inline void store_pixels(uint8_t *to, int64_t stride, const int32_t pixels[4], int isWhole) {
  if (isWhole) {
    for (int32_t r = 0; r < 4; r++) memcpy(to + r * stride, &pixels[r], 4);
  } else {
    for (int32_t r = 0; r < 4; r++) memcpy(to + r * stride, &pixels[r], 3);
  }
}

#if LANES == 16

static void four_rows(const uint8_t *input, int64_t input_stride, int32_t channels, const mae_resample_weights *weights,
                      uint8_t *output, int64_t output_stride) {
  const __m512i first = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)pair_order[channels == 4][0]));
  const __m512i second = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)pair_order[channels == 4][1]));
  const __m512i half = _mm512_set1_epi32(1 << (weights->shift - 1));
  const __m128i shift = _mm_cvtsi32_si128(weights->shift);
  const int32_t taps = weights->taps, count = weights->count, step = 4 * channels;
  for (int32_t i = 0; i < count; i++) {
    const uint8_t *from = input + (int64_t)weights->start[i] * channels;
    const int16_t *weight = weights->weight + (int64_t)i * taps;
    __m512i sum = half, other = _mm512_setzero_si512();
    for (int32_t k = 0; k < taps; k += 4, from += step) {
      __m512i rows = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)from));
      rows = _mm512_inserti32x4(rows, _mm_loadu_si128((const __m128i *)(from + input_stride)), 1);
      rows = _mm512_inserti32x4(rows, _mm_loadu_si128((const __m128i *)(from + 2 * input_stride)), 2);
      rows = _mm512_inserti32x4(rows, _mm_loadu_si128((const __m128i *)(from + 3 * input_stride)), 3);
      sum = _mm512_add_epi32(sum,
                             _mm512_madd_epi16(_mm512_shuffle_epi8(rows, first), _mm512_set1_epi32(weight_pair(weight + k))));
      other = _mm512_add_epi32(
          other, _mm512_madd_epi16(_mm512_shuffle_epi8(rows, second), _mm512_set1_epi32(weight_pair(weight + k + 2))));
    }
    sum = _mm512_max_epi32(_mm512_sra_epi32(_mm512_add_epi32(sum, other), shift), _mm512_setzero_si512());
    int32_t pixels[4];
    _mm_storeu_si128((__m128i *)pixels, _mm512_cvtusepi32_epi8(sum));
    store_pixels(output + (int64_t)i * channels, output_stride, pixels, i + 1 < count || channels == 4);
  }
}

#else

static inline __m256i two_rows(const uint8_t *from, int64_t stride) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)from)),
                                 _mm_loadu_si128((const __m128i *)(from + stride)), 1);
}

static void four_rows(const uint8_t *input, int64_t input_stride, int32_t channels, const mae_resample_weights *weights,
                      uint8_t *output, int64_t output_stride) {
  const __m256i first = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)pair_order[channels == 4][0]));
  const __m256i second = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)pair_order[channels == 4][1]));
  const __m256i half = _mm256_set1_epi32(1 << (weights->shift - 1));
  const __m128i shift = _mm_cvtsi32_si128(weights->shift);
  const int32_t taps = weights->taps, count = weights->count, step = 4 * channels;
  for (int32_t i = 0; i < count; i++) {
    const uint8_t *from = input + (int64_t)weights->start[i] * channels;
    const int16_t *weight = weights->weight + (int64_t)i * taps;
    __m256i sum01 = half, sum23 = half;
    for (int32_t k = 0; k < taps; k += 4, from += step) {
      const __m256i w0 = _mm256_set1_epi32(weight_pair(weight + k)), w1 = _mm256_set1_epi32(weight_pair(weight + k + 2));
      const __m256i rows01 = two_rows(from, input_stride), rows23 = two_rows(from + 2 * input_stride, input_stride);
      sum01 = _mm256_add_epi32(sum01, _mm256_madd_epi16(_mm256_shuffle_epi8(rows01, first), w0));
      sum23 = _mm256_add_epi32(sum23, _mm256_madd_epi16(_mm256_shuffle_epi8(rows23, first), w0));
      sum01 = _mm256_add_epi32(sum01, _mm256_madd_epi16(_mm256_shuffle_epi8(rows01, second), w1));
      sum23 = _mm256_add_epi32(sum23, _mm256_madd_epi16(_mm256_shuffle_epi8(rows23, second), w1));
    }
    const __m256i words = _mm256_packs_epi32(_mm256_sra_epi32(sum01, shift), _mm256_sra_epi32(sum23, shift));
    const __m256i bytes = _mm256_packus_epi16(words, words);
    const __m128i even = _mm256_castsi256_si128(bytes), odd = _mm256_extracti128_si256(bytes, 1);
    const int32_t pixels[4] = {_mm_cvtsi128_si32(even), _mm_cvtsi128_si32(odd), _mm_extract_epi32(even, 1),
                               _mm_extract_epi32(odd, 1)};
    store_pixels(output + (int64_t)i * channels, output_stride, pixels, i + 1 < count || channels == 4);
  }
}

#endif

// ---- Columns

/// Whole vectors of bytes of one output row; returns how many bytes these are.
static inline int64_t mix_vectors(const uint8_t *from, int64_t stride, const int16_t *weight, int32_t taps, int32_t bits,
                                  int64_t row_bytes, uint8_t *to) {
  const __m256i half = _mm256_set1_epi32(1 << (bits - 1));
  const __m128i shift = _mm_cvtsi32_si128(bits);
  int64_t x = 0;
  for (; x + 32 <= row_bytes; x += 32) {
    __m256i low0 = half, high0 = half, low1 = half, high1 = half;
    for (int32_t k = 0; k < taps; k += 2) {
      const uint8_t *row = from + k * stride + x;
      // An odd last row is paired with itself at weight zero.
      const int isPair = k + 1 < taps;
      const uint8_t *next = isPair ? row + stride : row;
      const uint32_t pair = (uint16_t)weight[k] | (isPair ? (uint32_t)(uint16_t)weight[k + 1] << 16 : 0);
      const __m256i w = _mm256_set1_epi32((int32_t)pair);
      const __m256i a0 = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)row));
      const __m256i b0 = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)next));
      const __m256i a1 = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(row + 16)));
      const __m256i b1 = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(next + 16)));
      low0 = _mm256_add_epi32(low0, _mm256_madd_epi16(_mm256_unpacklo_epi16(a0, b0), w));
      high0 = _mm256_add_epi32(high0, _mm256_madd_epi16(_mm256_unpackhi_epi16(a0, b0), w));
      low1 = _mm256_add_epi32(low1, _mm256_madd_epi16(_mm256_unpacklo_epi16(a1, b1), w));
      high1 = _mm256_add_epi32(high1, _mm256_madd_epi16(_mm256_unpackhi_epi16(a1, b1), w));
    }
    const __m256i first = _mm256_packs_epi32(_mm256_sra_epi32(low0, shift), _mm256_sra_epi32(high0, shift));
    const __m256i second = _mm256_packs_epi32(_mm256_sra_epi32(low1, shift), _mm256_sra_epi32(high1, shift));
    const __m256i bytes = _mm256_permute4x64_epi64(_mm256_packus_epi16(first, second), 0xd8);
    _mm256_storeu_si256((__m256i *)(to + x), bytes);
  }
  return x;
}
