#include <stddef.h>

#include "CKernels.h"

const mae_kernels *mae_level(int32_t number) {
  const mae_kernels *levels[4];
  int32_t count = 0;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("x86-64-v4") && __builtin_cpu_supports("avx512bf16")) levels[count++] = &mae_avx512_bf16;
  if (__builtin_cpu_supports("x86-64-v4")) levels[count++] = &mae_avx512;
  if (__builtin_cpu_supports("x86-64-v3")) levels[count++] = &mae_avx2;
#endif
  levels[count++] = &mae_portable;
  return number < count ? levels[number] : NULL;
}
