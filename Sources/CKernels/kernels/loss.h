// Pixel losses with their gradients. A gradient may take the place of the prediction, hence assume_safety.

static double squared_error(const float *prediction, const float *target, float *gradient, float factor, int64_t count) {
#pragma clang fp reassociate(on)
  double sum = 0;
  if (gradient == NULL) {
    for (int64_t i = 0; i < count; i++) {
      float difference = prediction[i] - target[i];
      sum += (double)difference * (double)difference;
    }
    return sum;
  }
#pragma clang loop vectorize(assume_safety)
  for (int64_t i = 0; i < count; i++) {
    float difference = prediction[i] - target[i];
    sum += (double)difference * (double)difference;
    gradient[i] = 2.0f * difference * factor;
  }
  return sum;
}

static double absolute_error(const float *prediction, const float *target, float *gradient, float factor, int64_t count) {
#pragma clang fp reassociate(on)
  double sum = 0;
  if (gradient == NULL) {
    for (int64_t i = 0; i < count; i++) sum += (double)fabsf(prediction[i] - target[i]);
    return sum;
  }
#pragma clang loop vectorize(assume_safety)
  for (int64_t i = 0; i < count; i++) {
    float difference = prediction[i] - target[i];
    sum += (double)fabsf(difference);
    float sign = difference > 0.0f ? factor : -factor;
    gradient[i] = difference == 0.0f ? 0.0f : sign;
  }
  return sum;
}
