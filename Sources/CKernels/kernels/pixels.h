// Pixels of a clip to rows of tokens: inputs of the patch embedding and reconstruction targets.

/// Where a token's first pixel lies, in stored values from the start of its frame.
INLINE int64_t token_offset(const mae_pixels *pixels, const mae_patch_grid *grid, int32_t token, int64_t *slot) {
  int64_t per_slot = (int64_t)grid->rows * grid->columns;
  *slot = token / per_slot;
  int64_t row = token % per_slot / grid->columns, column = token % grid->columns;
  return row * grid->patch * pixels->stride_y + column * grid->patch * pixels->stride_x;
}

static void gather_patches(const mae_pixels *pixels, const mae_patch_grid *grid, int32_t tubelet, const int32_t *tokens,
                           int64_t count, float *out) {
  const int64_t patch = grid->patch, step = pixels->stride_x;
  for (int64_t i = 0; i < count; i++) {
    int64_t slot;
    const int64_t corner = token_offset(pixels, grid, tokens[i], &slot);
    for (int64_t c = 0; c < pixels->channels; c++) {
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

// A token's values lie in rows of patch · channels floats, (frame, row) by (column, channel). Columns are worked on
// WIDEST_ROW at a time, with the numbers that depend on the channel written out for each column.
enum { MOST_CHANNELS = 4, WIDEST_ROW = 96 };  // divisible by 1, 2, 3 and 4

/// The numbers of each column of a row.
INLINE void spread_channels(const mae_pixels *pixels, float *scale, float *offset) {
  for (int64_t i = 0; i < WIDEST_ROW; i++) {
    scale[i] = pixels->scale[i % pixels->channels];
    offset[i] = pixels->offset[i % pixels->channels];
  }
}

/// One row of a token: `columns` values from `first` on, where the channels lie side by side.
INLINE void convert_row(const mae_pixels *pixels, int64_t first, int64_t columns, const float *scale, const float *offset,
                        float *out) {
  if (pixels->bytes != NULL) {
    const uint8_t *from = pixels->bytes + first;
    for (int64_t i = 0; i < columns; i++) out[i] = (float)from[i] * scale[i] + offset[i];
  } else {
    const float *from = pixels->floats + first;
    for (int64_t i = 0; i < columns; i++) out[i] = from[i] * scale[i] + offset[i];
  }
}

/// Values of one token in (frame, row, column, channel) order.
INLINE void gather_values(const mae_pixels *pixels, int64_t corner, int64_t patch, const int32_t *frames, int32_t per_slot,
                          const float *scale, const float *offset, float *out) {
  const int64_t channels = pixels->channels, width = patch * channels;
  const int side_by_side = pixels->stride_c == 1 && pixels->stride_x == channels;
  for (int32_t f = 0; f < per_slot; f++) {
    for (int64_t y = 0; y < patch; y++, out += width) {
      const int64_t start = corner + frames[f] * pixels->stride_t + y * pixels->stride_y;
      for (int64_t first = 0; first < width && side_by_side; first += WIDEST_ROW) {
        const int64_t columns = width - first < WIDEST_ROW ? width - first : WIDEST_ROW;
        convert_row(pixels, start + first, columns, scale, offset, out + first);
      }
      for (int64_t c = 0; c < channels && !side_by_side; c++) {
        const int64_t first = start + c * pixels->stride_c, step = pixels->stride_x;
        if (pixels->bytes != NULL) {
          for (int64_t x = 0; x < patch; x++)
            out[x * channels + c] = (float)pixels->bytes[first + x * step] * scale[c] + offset[c];
        } else {
          for (int64_t x = 0; x < patch; x++) out[x * channels + c] = pixels->floats[first + x * step] * scale[c] + offset[c];
        }
      }
    }
  }
}

/// Adds (value − center)^power of each channel to sums, for power 1 or 2.
INLINE void add_powers(const float *values, int64_t rows, int64_t width, int64_t channels, const double *center, int power,
                       double *sums) {
  for (int64_t first = 0; first < width; first += WIDEST_ROW) {
    const int64_t columns = width - first < WIDEST_ROW ? width - first : WIDEST_ROW;
    double column_sums[WIDEST_ROW] = {0}, centers[WIDEST_ROW];
    for (int64_t i = 0; i < columns; i++) centers[i] = center[i % channels];
    for (int64_t row = 0; row < rows; row++) {
      const float *from = values + row * width + first;
      for (int64_t i = 0; i < columns; i++) {
        double difference = (double)from[i] - centers[i];
        column_sums[i] += power == 1 ? difference : difference * difference;
      }
    }
    for (int64_t i = 0; i < columns; i++) sums[i % channels] += column_sums[i];
  }
}

INLINE void average(double *x, int64_t channels) {
  double sum = 0;
  for (int64_t c = 0; c < channels; c++) sum += x[c];
  for (int64_t c = 0; c < channels; c++) x[c] = sum / (double)channels;
}

/// Mean and divisor of each channel; sums in double.
INLINE void measure(const float *values, int64_t rows, int64_t width, int64_t channels, int32_t kind, float *mean,
                    float *divisor) {
  double center[MOST_CHANNELS] = {0}, squares[MOST_CHANNELS] = {0}, sums[MOST_CHANNELS] = {0};
  int64_t count = rows * width / channels;
  add_powers(values, rows, width, channels, center, 1, sums);
  for (int64_t c = 0; c < channels; c++) center[c] = sums[c] / (double)count;
  if (kind == MAE_TARGET_PER_PATCH) average(center, channels);
  add_powers(values, rows, width, channels, center, 2, squares);
  if (kind == MAE_TARGET_PER_PATCH) {
    average(squares, channels);
    for (int64_t c = 0; c < channels; c++) squares[c] *= (double)channels;
    count *= channels;
  }
  for (int64_t c = 0; c < channels; c++) {
    const double variance = squares[c] / (double)(count > 1 ? count - 1 : 1);
    mean[c] = (float)center[c];
    divisor[c] = (float)(kind == MAE_TARGET_PER_PATCH ? sqrt(variance + 1e-6) : sqrt(variance) + 1e-6);
  }
}

INLINE void normalize(float *values, int64_t rows, int64_t width, int64_t channels, const float *mean, const float *divisor) {
  for (int64_t first = 0; first < width; first += WIDEST_ROW) {
    const int64_t columns = width - first < WIDEST_ROW ? width - first : WIDEST_ROW;
    float means[WIDEST_ROW], divisors[WIDEST_ROW];
    for (int64_t i = 0; i < columns; i++) {
      means[i] = mean[i % channels];
      divisors[i] = divisor[i % channels];
    }
    for (int64_t row = 0; row < rows; row++) {
      float *at = values + row * width + first;
      for (int64_t i = 0; i < columns; i++) at[i] = (at[i] - means[i]) / divisors[i];
    }
  }
}

static void gather_targets(const mae_pixels *pixels, const mae_patch_grid *grid, const int32_t *frames, int32_t per_slot,
                           int32_t kind, const int32_t *tokens, int64_t count, float *out, float *statistics) {
  const int64_t channels = pixels->channels, width = grid->patch * channels, rows = (int64_t)per_slot * grid->patch;
  float scale[WIDEST_ROW], offset[WIDEST_ROW];
  spread_channels(pixels, scale, offset);
  for (int64_t i = 0; i < count; i++, out += rows * width) {
    int64_t slot;
    const int64_t corner = token_offset(pixels, grid, tokens[i], &slot);
    float mean[MOST_CHANNELS] = {0, 0, 0, 0}, divisor[MOST_CHANNELS] = {1, 1, 1, 1};
    gather_values(pixels, corner, grid->patch, frames + slot * per_slot, per_slot, scale, offset, out);
    if (kind != MAE_TARGET_RAW) {
      measure(out, rows, width, channels, kind, mean, divisor);
      normalize(out, rows, width, channels, mean, divisor);
    }
    for (int64_t c = 0; c < channels && statistics != NULL; c++) {
      statistics[2 * (i * channels + c)] = mean[c];
      statistics[2 * (i * channels + c) + 1] = divisor[c];
    }
  }
}

static void gather_frame(const mae_pixels *pixels, int32_t frame, int64_t first_row, int64_t rows, int64_t columns, float *out,
                         int64_t pixel_stride) {
  const int64_t channels = pixels->channels, width = columns * channels;
  const int side_by_side = pixels->stride_c == 1 && pixels->stride_x == channels && pixel_stride == channels;
  float scale[WIDEST_ROW], offset[WIDEST_ROW];
  spread_channels(pixels, scale, offset);
  for (int64_t row = first_row; row < first_row + rows; row++, out += columns * pixel_stride) {
    const int64_t start = frame * pixels->stride_t + row * pixels->stride_y;
    for (int64_t first = 0; first < width && side_by_side; first += WIDEST_ROW) {
      const int64_t count = width - first < WIDEST_ROW ? width - first : WIDEST_ROW;
      convert_row(pixels, start + first, count, scale, offset, out + first);
    }
    for (int64_t c = 0; c < channels && !side_by_side; c++) {
      const int64_t first = start + c * pixels->stride_c, step = pixels->stride_x;
      for (int64_t x = 0; x < columns; x++) {
        const float value = pixels->bytes != NULL ? (float)pixels->bytes[first + x * step] : pixels->floats[first + x * step];
        out[x * pixel_stride + c] = value * scale[c] + offset[c];
      }
    }
  }
}
