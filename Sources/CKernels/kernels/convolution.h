// What turns convolutions into products: windows of pixels as rows, their sum back, and the activation behind them.
//
// Pixels are rows of channels, so a window is `kernel` runs of kernel · channels floats; pixels outside of the picture are 0.

/// The part of a run of pixels from column `first` on that lies inside of a row.
INLINE void clip_run(int64_t first, int64_t length, int64_t width, int64_t *skipped, int64_t *inside) {
  const int64_t start = first < 0 ? 0 : first, end = first + length < width ? first + length : width;
  *skipped = start - first;
  *inside = end > start ? end - start : 0;
}

static void window_rows(const mae_convolution *convolution, const float *x, int64_t row, float *out) {
  const int64_t width = convolution->width, channels = convolution->channels, kernel = convolution->kernel;
  const int64_t length = kernel * channels;
  for (int64_t column = 0; column < convolution->out_width; column++) {
    const int64_t first = column * convolution->stride - convolution->padding;
    int64_t skipped, inside;
    clip_run(first, kernel, width, &skipped, &inside);
    for (int64_t line = 0; line < kernel; line++, out += length) {
      const int64_t y = row * convolution->stride - convolution->padding + line;
      if (y < 0 || y >= convolution->height || inside == 0) {
        memset(out, 0, (size_t)length * sizeof(float));
        continue;
      }
      const float *from = x + (y * width + first + skipped) * channels;
      if (inside == kernel) {
        memcpy(out, from, (size_t)length * sizeof(float));
      } else {
        memset(out, 0, (size_t)length * sizeof(float));
        memcpy(out + skipped * channels, from, (size_t)(inside * channels) * sizeof(float));
      }
    }
  }
}

static void add_window_rows(const mae_convolution *convolution, const float *windows, int64_t row, float *x) {
  const int64_t width = convolution->width, channels = convolution->channels, kernel = convolution->kernel;
  const int64_t length = kernel * channels;
  float *to = x + row * width * channels;
  for (int64_t line = 0; line < kernel; line++) {
    const int64_t place = row + convolution->padding - line;
    if (place < 0 || place % convolution->stride != 0 || place / convolution->stride >= convolution->out_height) continue;
    const float *from = windows + (place / convolution->stride * convolution->out_width * kernel + line) * length;
    for (int64_t column = 0; column < convolution->out_width; column++, from += kernel * length) {
      const int64_t first = column * convolution->stride - convolution->padding;
      int64_t skipped, inside;
      clip_run(first, kernel, width, &skipped, &inside);
      if (inside > 0) add(from + skipped * channels, to + (first + skipped) * channels, inside * channels);
    }
  }
}

static void rectify(float *x, int64_t count) {
  // Not a number stays what it is.
  for (int64_t i = 0; i < count; i++) x[i] = x[i] <= 0.0f ? 0.0f : x[i];
}

static void rectify_backward(const float *y, float *dy, int64_t count) {
  for (int64_t i = 0; i < count; i++) dy[i] = y[i] <= 0.0f ? 0.0f : dy[i];
}
