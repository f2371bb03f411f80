// Layer normalisation (Ba, Kiros and Hinton 2016) and its derivative.

INLINE void scale_row(const float *x, float mean, float inverse, const float *scale, const float *shift, float *y,
                      int64_t width) {
  for (int64_t i = 0; i < width; i++) y[i] = (x[i] - mean) * inverse * scale[i] + shift[i];
}

static void layer_norm(const float *x, const float *scale, const float *shift, float epsilon, float *y, float *statistics,
                       int64_t rows, int64_t width) {
#pragma clang fp reassociate(on)
  for (int64_t row = 0; row < rows; row++, x += width, y += width) {
    float sum = 0;
    for (int64_t i = 0; i < width; i++) sum += x[i];
    float mean = sum / (float)width;
    float squares = 0;
    for (int64_t i = 0; i < width; i++) squares += (x[i] - mean) * (x[i] - mean);
    float inverse = 1.0f / sqrtf(squares / (float)width + epsilon);
    statistics[2 * row] = mean;
    statistics[2 * row + 1] = inverse;
    scale_row(x, mean, inverse, scale, shift, y, width);
  }
}

static void layer_norm_again(const float *x, const float *statistics, const float *scale, const float *shift, float *y,
                             int64_t rows, int64_t width) {
  for (int64_t row = 0; row < rows; row++)
    scale_row(x + row * width, statistics[2 * row], statistics[2 * row + 1], scale, shift, y + row * width, width);
}

// With x̂ = (x − μ) r and g = dy · scale: dx = r (g − mean(g) − x̂ mean(g x̂)).
static void layer_norm_backward(const float *dy, const float *x, const float *statistics, const float *scale, float *dx,
                                int32_t accumulate, float *scale_gradient, float *shift_gradient, int64_t rows, int64_t width) {
#pragma clang fp reassociate(on)
  for (int64_t row = 0; row < rows; row++, dy += width, x += width, dx += width) {
    const float mean = statistics[2 * row], inverse = statistics[2 * row + 1];
    float sum = 0, product = 0;
    for (int64_t i = 0; i < width; i++) {
      float normal = (x[i] - mean) * inverse;
      float g = dy[i] * scale[i];
      sum += g;
      product += g * normal;
      scale_gradient[i] += dy[i] * normal;
      shift_gradient[i] += dy[i];
    }
    sum /= (float)width;
    product /= (float)width;
    if (accumulate) {
      for (int64_t i = 0; i < width; i++) dx[i] += inverse * (dy[i] * scale[i] - sum - (x[i] - mean) * inverse * product);
    } else {
      for (int64_t i = 0; i < width; i++) dx[i] = inverse * (dy[i] * scale[i] - sum - (x[i] - mean) * inverse * product);
    }
  }
}
