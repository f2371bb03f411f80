// Optimizer steps on flat buffers.
#include <math.h>

#include "CKernels.h"
#include "dispatch.h"

CLONED void mae_adamw(float *parameter, const float *gradient, float *first, float *second, int64_t count,
                      const mae_adamw_step *step) {
  const float gradient_scale = step->gradient_scale, epsilon = step->epsilon, beta2 = step->beta2;
  const float keep = (float)(1.0 - (double)step->learning_rate * (double)step->weight_decay);
  const float mix1 = (float)(1.0 - (double)step->beta1), mix2 = (float)(1.0 - (double)step->beta2);
  const float rate = (float)((double)step->learning_rate / (double)step->correction1);
  const float root = (float)sqrt((double)step->correction2);
  for (int64_t i = 0; i < count; i++) {
    float g = gradient[i] * gradient_scale;
    float m = first[i] + (g - first[i]) * mix1;
    float v = second[i] * beta2 + mix2 * g * g;
    first[i] = m;
    second[i] = v;
    parameter[i] = parameter[i] * keep - rate * (m / (__builtin_sqrtf(v) / root + epsilon));
  }
}
