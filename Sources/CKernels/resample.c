#include "resample.h"

#include <string.h>

// Every version does the same whole-number arithmetic, so all give the same bytes.

static inline uint8_t to_byte(int32_t sum, int32_t shift) {
  int32_t value = sum >> shift;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static inline void resample_pixel(const uint8_t *from, int32_t channels, const int16_t *weight, int32_t taps, int32_t shift,
                                  uint8_t *to) {
  for (int32_t c = 0; c < channels; c++) {
    int32_t sum = 1 << (shift - 1);
    for (int32_t k = 0; k < taps; k++) sum += weight[k] * from[k * channels + c];
    to[c] = to_byte(sum, shift);
  }
}

static void rows_portable(const uint8_t *input, int64_t input_stride, int64_t rows, int32_t channels,
                          const mae_resample_weights *weights, uint8_t *output, int64_t output_stride) {
  for (int64_t y = 0; y < rows; y++)
    for (int32_t i = 0; i < weights->count; i++)
      resample_pixel(input + y * input_stride + (int64_t)weights->start[i] * channels, channels,
                     weights->weight + (int64_t)i * weights->taps, weights->taps, weights->shift,
                     output + y * output_stride + (int64_t)i * channels);
}

/// Columns first … row_bytes of one output row.
static void mix_rows(const uint8_t *from, int64_t stride, const int16_t *weight, int32_t taps, int32_t shift, int64_t first,
                     int64_t row_bytes, uint8_t *to) {
  for (int64_t x = first; x < row_bytes; x++) {
    int32_t sum = 1 << (shift - 1);
    for (int32_t k = 0; k < taps; k++) sum += weight[k] * from[k * stride + x];
    to[x] = to_byte(sum, shift);
  }
}

/// Taps of output i that lie within the input.
static inline int32_t usable_taps(const mae_resample_weights *weights, int32_t i, int64_t input_rows) {
  int64_t left = input_rows - weights->start[i];
  return left < weights->taps ? (int32_t)left : weights->taps;
}

static void columns_portable(const uint8_t *input, int64_t input_stride, int64_t input_rows, int64_t row_bytes,
                             const mae_resample_weights *weights, uint8_t *output, int64_t output_stride) {
  for (int32_t i = 0; i < weights->count; i++)
    mix_rows(input + weights->start[i] * input_stride, input_stride, weights->weight + (int64_t)i * weights->taps,
             usable_taps(weights, i, input_rows), weights->shift, 0, row_bytes, output + i * output_stride);
}

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

/// Four pixels as pairs of 16-bit values, channel by channel: r0 r1 g0 g1 b0 b1 a0 a1, then the same of pixels 2 and 3.
AVX2 static inline __m256i channel_pairs(const uint8_t *from, __m128i order) {
  return _mm256_cvtepu8_epi16(_mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)from), order));
}

/// Sums of the even and odd pixel pairs, as bytes in the lowest four places.
AVX2 static inline int32_t finish_pixel(__m256i sums, __m128i half, __m128i shift) {
  __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  sum = _mm_sra_epi32(_mm_add_epi32(sum, half), shift);
  sum = _mm_packs_epi32(sum, sum);
  return _mm_cvtsi128_si32(_mm_packus_epi16(sum, sum));
}

AVX2 static void rows_avx2(const uint8_t *input, int64_t input_stride, int64_t rows, int32_t channels,
                           const mae_resample_weights *weights, uint8_t *output, int64_t output_stride) {
  const __m128i order = channels == 3 ? _mm_setr_epi8(0, 3, 1, 4, 2, 5, -1, -1, 6, 9, 7, 10, 8, 11, -1, -1)
                                      : _mm_setr_epi8(0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15);
  const __m256i spread = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1);
  const __m128i half = _mm_set1_epi32(1 << (weights->shift - 1)), shift = _mm_cvtsi32_si128(weights->shift);
  const int32_t taps = weights->taps, count = weights->count, step = 4 * channels;
  int64_t y = 0;
  for (; y + 4 <= rows; y += 4) {
    const uint8_t *row = input + y * input_stride;
    uint8_t *to = output + y * output_stride;
    for (int32_t i = 0; i < count; i++) {
      const uint8_t *from = row + (int64_t)weights->start[i] * channels;
      const int16_t *weight = weights->weight + (int64_t)i * taps;
      __m256i sum0 = _mm256_setzero_si256(), sum1 = sum0, sum2 = sum0, sum3 = sum0;
      for (int32_t k = 0; k < taps; k += 4, from += step) {
        long long four;
        memcpy(&four, weight + k, sizeof four);
        const __m256i w = _mm256_permutevar8x32_epi32(_mm256_set1_epi64x(four), spread);
        sum0 = _mm256_add_epi32(sum0, _mm256_madd_epi16(channel_pairs(from, order), w));
        sum1 = _mm256_add_epi32(sum1, _mm256_madd_epi16(channel_pairs(from + input_stride, order), w));
        sum2 = _mm256_add_epi32(sum2, _mm256_madd_epi16(channel_pairs(from + 2 * input_stride, order), w));
        sum3 = _mm256_add_epi32(sum3, _mm256_madd_epi16(channel_pairs(from + 3 * input_stride, order), w));
      }
      const int32_t pixels[4] = {finish_pixel(sum0, half, shift), finish_pixel(sum1, half, shift),
                                 finish_pixel(sum2, half, shift), finish_pixel(sum3, half, shift)};
      // Four bytes at once are faster than three; the spare one is overwritten by the next pixel, so not behind the last.
      const size_t bytes = i + 1 < count ? 4 : (size_t)channels;
      for (int32_t r = 0; r < 4; r++) {
        if (bytes == 4)
          memcpy(to + r * output_stride + (int64_t)i * channels, &pixels[r], 4);
        else
          memcpy(to + r * output_stride + (int64_t)i * channels, &pixels[r], 3);
      }
    }
  }
  rows_portable(input + y * input_stride, input_stride, rows - y, channels, weights, output + y * output_stride, output_stride);
}

AVX2 static void columns_avx2(const uint8_t *input, int64_t input_stride, int64_t input_rows, int64_t row_bytes,
                              const mae_resample_weights *weights, uint8_t *output, int64_t output_stride) {
  const __m256i half = _mm256_set1_epi32(1 << (weights->shift - 1));
  const __m128i shift = _mm_cvtsi32_si128(weights->shift);
  for (int32_t i = 0; i < weights->count; i++) {
    const uint8_t *from = input + weights->start[i] * input_stride;
    const int16_t *weight = weights->weight + (int64_t)i * weights->taps;
    const int32_t taps = usable_taps(weights, i, input_rows);
    uint8_t *to = output + i * output_stride;
    int64_t x = 0;
    for (; x + 32 <= row_bytes; x += 32) {
      __m256i low0 = half, high0 = half, low1 = half, high1 = half;
      for (int32_t k = 0; k < taps; k += 2) {
        const uint8_t *row = from + k * input_stride + x;
        // An odd last row is paired with itself at weight zero.
        const int isPair = k + 1 < taps;
        const uint8_t *next = isPair ? row + input_stride : row;
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
    mix_rows(from, input_stride, weight, taps, weights->shift, x, row_bytes, to);
  }
}
#endif

void mae_resample_rows(const uint8_t *input, int64_t input_stride, int64_t rows, int32_t channels,
                       const mae_resample_weights *weights, uint8_t *output, int64_t output_stride) {
#if defined(__x86_64__)
  if (channels > 1 && __builtin_cpu_supports("avx2")) {
    rows_avx2(input, input_stride, rows, channels, weights, output, output_stride);
    return;
  }
#endif
  rows_portable(input, input_stride, rows, channels, weights, output, output_stride);
}

void mae_resample_columns(const uint8_t *input, int64_t input_stride, int64_t input_rows, int64_t row_bytes,
                          const mae_resample_weights *weights, uint8_t *output, int64_t output_stride) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) {
    columns_avx2(input, input_stride, input_rows, row_bytes, weights, output, output_stride);
    return;
  }
#endif
  columns_portable(input, input_stride, input_rows, row_bytes, weights, output, output_stride);
}
