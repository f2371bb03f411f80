// Relations between tokens, in double precision: cosine similarities, and the products of a Lanczos iteration.

static void unit_rows(const float *x, int64_t rows, int64_t width, double *unit) {
#pragma clang fp reassociate(on)
  for (int64_t row = 0; row < rows; row++, x += width, unit += width) {
    double sum = 0;
    for (int64_t i = 0; i < width; i++) sum += (double)x[i] * (double)x[i];
    const double length = sqrt(sum);
    for (int64_t i = 0; i < width; i++) unit[i] = length == 0 ? 0 : x[i] / length;
  }
}

INLINE double double_dot(const double *a, const double *b, int64_t width) {
#pragma clang fp reassociate(on)
  double sum = 0;
  for (int64_t i = 0; i < width; i++) sum += a[i] * b[i];
  return sum;
}

static void row_products(const double *x, int64_t rows, int64_t width, double *y) {
#pragma clang fp reassociate(on)
  for (int64_t i = 0; i < rows; i++) {
    const double *a = x + i * width;
    int64_t j = i;
    // Four rows at a time: a is read once for four products.
    for (; j + 4 <= rows; j += 4) {
      const double *b = x + j * width;
      double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
      for (int64_t k = 0; k < width; k++) {
        s0 += a[k] * b[k];
        s1 += a[k] * b[width + k];
        s2 += a[k] * b[2 * width + k];
        s3 += a[k] * b[3 * width + k];
      }
      y[i * rows + j] = s0;
      y[i * rows + j + 1] = s1;
      y[i * rows + j + 2] = s2;
      y[i * rows + j + 3] = s3;
    }
    for (; j < rows; j++) y[i * rows + j] = double_dot(a, x + j * width, width);
    for (j = i + 1; j < rows; j++) y[j * rows + i] = y[i * rows + j];
  }
}

static void rows_times_vector(const double *a, int64_t rows, int64_t width, const double *x, double *y) {
  for (int64_t row = 0; row < rows; row++) y[row] = double_dot(a + row * width, x, width);
}

static void subtract_rows(const double *a, int64_t rows, int64_t width, const double *factors, double *y) {
  for (int64_t row = 0; row < rows; row++) {
    const double factor = factors[row];
    for (int64_t i = 0; i < width; i++) y[i] -= factor * a[row * width + i];
  }
}
