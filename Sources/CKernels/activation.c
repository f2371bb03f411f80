// exp, GELU and its derivative.
#ifndef MAE_SUFFIX

#define MAE_SOURCE "activation.c"
#include "targets.h"

void mae_exp(const float *x, float *y, int64_t count) { LEVEL(exp_rows)(x, y, count); }

void mae_gelu(const float *x, float *y, int64_t count) { LEVEL(gelu)(x, y, count); }

void mae_gelu_backward(const float *x, const float *dy, float *dx, int64_t count) { LEVEL(gelu_backward)(x, dy, dx, count); }

void mae_gelu_forward_backward(const float *x, const float *dy, float *y, float *dx, int64_t count) {
  LEVEL(gelu_forward_backward)(x, dy, y, dx, count);
}

void mae_add_bias_gelu(float *x, const float *bias, float *y, int64_t rows, int64_t width) {
  LEVEL(add_bias_gelu)(x, bias, y, rows, width);
}

#else

#include "vector_math.h"
#include "gelu.h"

static void NAMED(exp_rows)(const float *x, float *y, int64_t count) {
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) store(y + i, exponential(load(x + i)));
  if (i < count) store_some(y + i, exponential(load_some(x + i, count - i)), count - i);
}

static void NAMED(gelu)(const float *x, float *y, int64_t count) {
  vector slope;
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) store(y + i, NAMED(gelu_of)(load(x + i), &slope));
  if (i < count) store_some(y + i, NAMED(gelu_of)(load_some(x + i, count - i), &slope), count - i);
}

static void NAMED(gelu_backward)(const float *x, const float *dy, float *dx, int64_t count) {
  vector slope;
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    NAMED(gelu_of)(load(x + i), &slope);
    store(dx + i, load(dy + i) * slope);
  }
  if (i < count) {
    NAMED(gelu_of)(load_some(x + i, count - i), &slope);
    store_some(dx + i, load_some(dy + i, count - i) * slope, count - i);
  }
}

static void NAMED(gelu_forward_backward)(const float *x, const float *dy, float *y, float *dx, int64_t count) {
  vector slope;
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    vector value = NAMED(gelu_of)(load(x + i), &slope);
    store(dx + i, load(dy + i) * slope);
    store(y + i, value);
  }
  if (i < count) {
    vector value = NAMED(gelu_of)(load_some(x + i, count - i), &slope);
    store_some(dx + i, load_some(dy + i, count - i) * slope, count - i);
    store_some(y + i, value, count - i);
  }
}

static void NAMED(add_bias_gelu)(float *x, const float *bias, float *y, int64_t rows, int64_t width) {
  vector slope;
  for (int64_t row = 0; row < rows; row++, x += width, y += width) {
    int64_t i = 0;
    for (; i + LANES <= width; i += LANES) {
      vector biased = load(x + i) + load(bias + i);
      store(x + i, biased);
      store(y + i, NAMED(gelu_of)(biased, &slope));
    }
    if (i < width) {
      vector biased = load_some(x + i, width - i) + load_some(bias + i, width - i);
      store_some(x + i, biased, width - i);
      store_some(y + i, NAMED(gelu_of)(biased, &slope), width - i);
    }
  }
}

#endif
