// Sums over rows and columns, and the element-wise passes around matrix products.
#include <math.h>
#include <stddef.h>

#include "CKernels.h"
#include "dispatch.h"

CLONED void mae_column_sums(const float *x, int64_t rows, int64_t width, int64_t stride, float *sums) {
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

CLONED void mae_add(const float *x, float *y, int64_t count) {
  for (int64_t i = 0; i < count; i++) y[i] += x[i];
}

CLONED void mae_sum(const float *a, const float *b, float *y, int64_t count) {
  for (int64_t i = 0; i < count; i++) y[i] = a[i] + b[i];
}

CLONED void mae_scale(float *x, float factor, int64_t count) {
  for (int64_t i = 0; i < count; i++) x[i] *= factor;
}

CLONED void mae_add_bias(float *x, const float *bias, int64_t rows, int64_t width, int64_t stride) {
  for (int64_t row = 0; row < rows; row++) {
    float *a = x + row * stride;
    for (int64_t i = 0; i < width; i++) a[i] += bias[i];
  }
}

CLONED void mae_add_bias_residual(const float *x, const float *bias, const float *scale, const float *residual, float *y,
                                  int64_t rows, int64_t width) {
  for (int64_t row = 0; row < rows; row++, x += width, residual += width, y += width) {
    if (bias != NULL && scale != NULL) {
      for (int64_t i = 0; i < width; i++) y[i] = residual[i] + (x[i] + bias[i]) * scale[i];
    } else if (bias != NULL) {
      for (int64_t i = 0; i < width; i++) y[i] = residual[i] + (x[i] + bias[i]);
    } else if (scale != NULL) {
      for (int64_t i = 0; i < width; i++) y[i] = residual[i] + x[i] * scale[i];
    } else {
      for (int64_t i = 0; i < width; i++) y[i] = residual[i] + x[i];
    }
  }
}

CLONED double mae_sum_of_squares(const float *x, int64_t count) {
#pragma clang fp reassociate(on)
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += (double)x[i] * (double)x[i];
  return sum;
}

CLONED int64_t mae_count_nonfinite(const float *x, int64_t count) {
  int64_t found = 0;
  for (int64_t i = 0; i < count; i++) {
    uint32_t bits = __builtin_bit_cast(uint32_t, x[i]);
    found += (bits & 0x7f800000u) == 0x7f800000u;
  }
  return found;
}
