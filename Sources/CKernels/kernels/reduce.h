// Sums over rows and columns, and the element-wise passes around matrix products.

static void column_sums(const float *x, int64_t rows, int64_t width, int64_t stride, float *sums) {
  // Eight rows at a time: the sums are read and written once for eight reads of x.
  int64_t row = 0;
  for (; row + 8 <= rows; row += 8) {
    const float *a = x + row * stride;
    for (int64_t i = 0; i < width; i++) {
      const float *p = a + i;
      float low = (p[0] + p[stride]) + (p[2 * stride] + p[3 * stride]);
      float high = (p[4 * stride] + p[5 * stride]) + (p[6 * stride] + p[7 * stride]);
      sums[i] += low + high;
    }
  }
  for (; row < rows; row++) {
    const float *a = x + row * stride;
    for (int64_t i = 0; i < width; i++) sums[i] += a[i];
  }
}

static void add(const float *x, float *y, int64_t count) {
  for (int64_t i = 0; i < count; i++) y[i] += x[i];
}

static void sum(const float *a, const float *b, float *y, int64_t count) {
  for (int64_t i = 0; i < count; i++) y[i] = a[i] + b[i];
}

static void scale(float *x, float factor, int64_t count) {
  for (int64_t i = 0; i < count; i++) x[i] *= factor;
}

static void scaled_sum(const float *x, const float *scale, const float *residual, float *y, int64_t rows, int64_t width) {
  for (int64_t row = 0; row < rows; row++, x += width, residual += width, y += width) {
    for (int64_t i = 0; i < width; i++) y[i] = residual[i] + x[i] * scale[i];
  }
}

static double sum_of_squares(const float *x, int64_t count) {
#pragma clang fp reassociate(on)
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += (double)x[i] * (double)x[i];
  return sum;
}
