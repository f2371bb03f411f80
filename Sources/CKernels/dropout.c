// Dropout of elements; that of attention's probabilities stands in attention.c.
#ifndef MAE_SUFFIX

#define MAE_SOURCE "dropout.c"
#include "targets.h"

void mae_drop(const float *x, const mae_dropout *dropout, int64_t first, float *y, int64_t count) {
  LEVEL(drop)(x, dropout, first, y, count);
}

#else

#include "vector_math.h"
#include "dropout.h"

static void NAMED(drop)(const float *x, const mae_dropout *dropout, int64_t first, float *y, int64_t count) {
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) store(y + i, load(x + i) * NAMED(kept)(dropout, (uint32_t)(first + i)));
  if (i < count) store_some(y + i, load_some(x + i, count - i) * NAMED(kept)(dropout, (uint32_t)(first + i)), count - i);
}

#endif
