// Separable resampling of interleaved bytes with fixed-point weights.
#ifndef SWIFT_MAE_RESAMPLE_H
#define SWIFT_MAE_RESAMPLE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Weights of one direction: output i = (Σ weight[i·taps + k] · input[start[i] + k] + half) >> shift, clamped to 0…255.
///
/// `taps` is a multiple of 4; weights beyond an output's own reach are zero. `start[i] + taps` lies within the input, unless that is
/// shorter than `taps`; horizontally up to 16 bytes behind a row's last pixel are read and multiplied by zero.
typedef struct {
  const int32_t *start;
  const int16_t *weight;
  int32_t count;  // outputs
  int32_t taps;
  int32_t shift;
} mae_resample_weights;

/// Every row is resampled along its pixels. Strides in bytes.
void mae_resample_rows(const uint8_t *input, int64_t input_stride, int64_t rows, int32_t channels,
                       const mae_resample_weights *weights, uint8_t *output, int64_t output_stride);
/// Rows are mixed into `weights->count` new rows of `row_bytes` bytes; rows past `input_rows` are never read.
void mae_resample_columns(const uint8_t *input, int64_t input_stride, int64_t input_rows, int64_t row_bytes,
                          const mae_resample_weights *weights, uint8_t *output, int64_t output_stride);

#ifdef __cplusplus
}
#endif
#endif
