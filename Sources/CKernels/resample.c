#include "resample.h"

static inline uint8_t to_byte(int32_t sum, int32_t shift) {
  int32_t value = sum >> shift;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

void mae_resample_rows(const uint8_t *input, int64_t input_stride, int64_t rows, int32_t channels,
                       const mae_resample_weights *weights, uint8_t *output, int64_t output_stride) {
  const int32_t half = 1 << (weights->shift - 1);
  for (int64_t y = 0; y < rows; y++) {
    for (int32_t i = 0; i < weights->count; i++) {
      const uint8_t *from = input + y * input_stride + (int64_t)weights->start[i] * channels;
      const int16_t *weight = weights->weight + (int64_t)i * weights->taps;
      for (int32_t c = 0; c < channels; c++) {
        int32_t sum = half;
        for (int32_t k = 0; k < weights->taps; k++)
          if (weight[k]) sum += weight[k] * from[k * channels + c];
        output[y * output_stride + i * channels + c] = to_byte(sum, weights->shift);
      }
    }
  }
}

void mae_resample_columns(const uint8_t *input, int64_t input_stride, int64_t input_rows, int64_t row_bytes,
                          const mae_resample_weights *weights, uint8_t *output, int64_t output_stride) {
  const int32_t half = 1 << (weights->shift - 1);
  for (int32_t i = 0; i < weights->count; i++) {
    const uint8_t *from = input + weights->start[i] * input_stride;
    const int16_t *weight = weights->weight + (int64_t)i * weights->taps;
    int32_t taps = weights->taps;
    while (taps > 0 && weights->start[i] + taps > input_rows) taps--;
    for (int64_t x = 0; x < row_bytes; x++) {
      int32_t sum = half;
      for (int32_t k = 0; k < taps; k++) sum += weight[k] * from[k * input_stride + x];
      output[i * output_stride + x] = to_byte(sum, weights->shift);
    }
  }
}
