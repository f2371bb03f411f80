// Pixels of a clip to rows of tokens: inputs of the patch embedding and reconstruction targets.
#include <math.h>
#include <stddef.h>

#include "CKernels.h"
#include "dispatch.h"

/// Where a token's first pixel lies, in stored values from the start of its frame.
INLINE int64_t token_offset(const mae_pixels *pixels, const mae_patch_grid *grid, int32_t token, int64_t *slot) {
  int64_t per_slot = (int64_t)grid->rows * grid->columns;
  *slot = token / per_slot;
  int64_t row = token % per_slot / grid->columns, column = token % grid->columns;
  return row * grid->patch * pixels->stride_y + column * grid->patch * pixels->stride_x;
}

CLONED void mae_gather_patches(const mae_pixels *pixels, const mae_patch_grid *grid, int32_t tubelet, const int32_t *tokens,
                               int64_t count, float *out) {
  const int64_t patch = grid->patch, step = pixels->stride_x;
  for (int64_t i = 0; i < count; i++) {
    int64_t slot;
    const int64_t corner = token_offset(pixels, grid, tokens[i], &slot);
    for (int32_t c = 0; c < pixels->channels; c++) {
      const float scale = pixels->scale[c], offset = pixels->offset[c];
      for (int64_t t = 0; t < tubelet; t++) {
        int64_t start = corner + (slot * tubelet + t) * pixels->stride_t + c * pixels->stride_c;
        for (int64_t y = 0; y < patch; y++, start += pixels->stride_y, out += patch) {
          if (pixels->bytes != NULL) {
            const uint8_t *from = pixels->bytes + start;
            for (int64_t x = 0; x < patch; x++) out[x] = (float)from[x * step] * scale + offset;
          } else {
            const float *from = pixels->floats + start;
            for (int64_t x = 0; x < patch; x++) out[x] = from[x * step] * scale + offset;
          }
        }
      }
    }
  }
}

/// Mean and σ² (n − 1) of the values first, first + step, …; sums in double.
INLINE void moments(const float *values, int64_t count, int64_t step, float *mean, double *variance) {
#pragma clang fp reassociate(on)
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < count; i++) sum += (double)values[i * step];
  const double center = sum / (double)count;
  for (int64_t i = 0; i < count; i++) {
    double difference = (double)values[i * step] - center;
    squares += difference * difference;
  }
  *mean = (float)center;
  *variance = squares / (double)(count > 1 ? count - 1 : 1);
}

/// Values of one token in (frame, row, column, channel) order.
INLINE void gather_values(const mae_pixels *pixels, int64_t corner, int64_t patch, const int32_t *frames, int32_t per_slot,
                          float *out) {
  const int64_t channels = pixels->channels;
  for (int32_t f = 0; f < per_slot; f++) {
    for (int64_t y = 0; y < patch; y++, out += patch * channels) {
      const int64_t start = corner + frames[f] * pixels->stride_t + y * pixels->stride_y;
      for (int64_t c = 0; c < channels; c++) {
        const float scale = pixels->scale[c], offset = pixels->offset[c];
        const int64_t first = start + c * pixels->stride_c;
        if (pixels->bytes != NULL) {
          for (int64_t x = 0; x < patch; x++)
            out[x * channels + c] = (float)pixels->bytes[first + x * pixels->stride_x] * scale + offset;
        } else {
          for (int64_t x = 0; x < patch; x++)
            out[x * channels + c] = pixels->floats[first + x * pixels->stride_x] * scale + offset;
        }
      }
    }
  }
}

CLONED void mae_gather_targets(const mae_pixels *pixels, const mae_patch_grid *grid, const int32_t *frames, int32_t per_slot,
                               int32_t kind, const int32_t *tokens, int64_t count, float *out, float *statistics) {
  const int64_t patch = grid->patch, channels = pixels->channels;
  const int64_t per_channel = per_slot * patch * patch, width = per_channel * channels;
  for (int64_t i = 0; i < count; i++, out += width) {
    int64_t slot;
    const int64_t corner = token_offset(pixels, grid, tokens[i], &slot);
    gather_values(pixels, corner, patch, frames + slot * per_slot, per_slot, out);
    float mean = 0.0f, divisor = 1.0f;
    double variance;
    if (kind == MAE_TARGET_PER_PATCH) {
      moments(out, width, 1, &mean, &variance);
      divisor = (float)sqrt(variance + 1e-6);
    }
    for (int64_t c = 0; c < channels; c++) {
      if (kind == MAE_TARGET_PER_CHANNEL) {
        moments(out + c, per_channel, channels, &mean, &variance);
        divisor = (float)(sqrt(variance) + 1e-6);
      }
      if (kind != MAE_TARGET_RAW) {
        for (int64_t j = 0; j < per_channel; j++) out[j * channels + c] = (out[j * channels + c] - mean) / divisor;
      }
      if (statistics != NULL) {
        statistics[2 * (i * channels + c)] = mean;
        statistics[2 * (i * channels + c) + 1] = divisor;
      }
    }
  }
}
