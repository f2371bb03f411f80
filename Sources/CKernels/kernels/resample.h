// Separable resampling of interleaved bytes with fixed-point weights.

#if LANES > 4
#include "resample_x86.h"
#endif

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

static void resample_rows(const uint8_t *input, int64_t input_stride, int64_t rows, int32_t channels,
                          const mae_resample_weights *weights, uint8_t *output, int64_t output_stride) {
#if LANES > 4
  if (channels > 1 && rows >= LANE_ROWS) {
    // Rows that are left over are done together with some before them, again.
    for (int64_t y = 0; y < rows; y += LANE_ROWS) {
      const int64_t top = smaller(y, rows - LANE_ROWS);
      const uint8_t *from = input + top * input_stride;
      uint8_t *to = output + top * output_stride;
      // Enlarging and hardly shrinking, bilinear: known to the compiler.
      switch (weights->taps) {
        case 2: resample_lanes(from, input_stride, channels, weights, 2, to, output_stride); break;
        case 4: resample_lanes(from, input_stride, channels, weights, 4, to, output_stride); break;
        default: resample_lanes(from, input_stride, channels, weights, weights->taps, to, output_stride);
      }
    }
    return;
  }
#endif
  for (int64_t y = 0; y < rows; y++) {
    for (int32_t i = 0; i < weights->count; i++)
      resample_pixel(input + y * input_stride + (int64_t)weights->start[i] * channels, channels,
                     weights->weight + (int64_t)i * weights->taps, weights->taps, weights->shift,
                     output + y * output_stride + (int64_t)i * channels);
  }
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

/// Taps of output i that lie within the input, without zeros at the end.
static inline int32_t usable_taps(const mae_resample_weights *weights, int32_t i, int64_t input_rows) {
  const int16_t *weight = weights->weight + (int64_t)i * weights->taps;
  int32_t taps = (int32_t)smaller(input_rows - weights->start[i], weights->taps);
  while (taps > 1 && weight[taps - 1] == 0) taps--;
  return taps;
}

static void resample_columns(const uint8_t *input, int64_t input_stride, int64_t input_rows, int64_t row_bytes,
                             const mae_resample_weights *weights, uint8_t *output, int64_t output_stride) {
  for (int32_t i = 0; i < weights->count; i++) {
    const uint8_t *from = input + weights->start[i] * input_stride;
    const int16_t *weight = weights->weight + (int64_t)i * weights->taps;
    const int32_t taps = usable_taps(weights, i, input_rows);
    uint8_t *to = output + i * output_stride;
    int64_t done = 0;
#if LANES > 4
    switch (taps) {
      case 2: done = mix_vectors(from, input_stride, weight, 2, weights->shift, row_bytes, to); break;
      case 3: done = mix_vectors(from, input_stride, weight, 3, weights->shift, row_bytes, to); break;
      default: done = mix_vectors(from, input_stride, weight, taps, weights->shift, row_bytes, to);
    }
#endif
    mix_rows(from, input_stride, weight, taps, weights->shift, done, row_bytes, to);
  }
}
