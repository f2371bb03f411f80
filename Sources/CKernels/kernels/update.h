// Optimizer steps on flat buffers.

/// The numbers of a step as they are used; differences from 1 are taken in double.
typedef struct {
  float gradient_scale, epsilon, beta2, mix1, mix2, keep, rate, root;
} adamw_factors;

// Vector types, because the square root of a loop over floats stays scalar for the sake of errno.
static inline void adamw_vector(vector *parameter, vector gradient, vector *first, vector *second, const adamw_factors *f) {
  vector g = gradient * f->gradient_scale;
  *first = *first + (g - *first) * f->mix1;
  *second = *second * f->beta2 + f->mix2 * g * g;
  vector divisor = __builtin_elementwise_sqrt(*second) / f->root + f->epsilon;
  *parameter = *parameter * f->keep - f->rate * (*first / divisor);
}

static void adamw(float *parameter, const float *gradient, float *first, float *second, int64_t count,
                  const mae_adamw_step *step) {
  const adamw_factors factors = {
      .gradient_scale = step->gradient_scale,
      .epsilon = step->epsilon,
      .beta2 = step->beta2,
      .mix1 = (float)(1.0 - (double)step->beta1),
      .mix2 = (float)(1.0 - (double)step->beta2),
      .keep = step->keep,
      .rate = (float)((double)step->learning_rate / (double)step->correction1),
      .root = (float)sqrt((double)step->correction2),
  };
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    vector p = load(parameter + i), m = load(first + i), v = load(second + i);
    adamw_vector(&p, load(gradient + i), &m, &v, &factors);
    store(parameter + i, p);
    store(first + i, m);
    store(second + i, v);
  }
  if (i < count) {
    const int64_t rest = count - i;
    vector p = load_some(parameter + i, rest), m = load_some(first + i, rest), v = load_some(second + i, rest);
    adamw_vector(&p, load_some(gradient + i, rest), &m, &v, &factors);
    store_some(parameter + i, p, rest);
    store_some(first + i, m, rest);
    store_some(second + i, v, rest);
  }
}
