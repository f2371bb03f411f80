// Processors with AVX2 and fused products (x86-64-v3): 8 floats in a register.
#include "../kernels/standard.h"

#if defined(__x86_64__)
#define TABLE mae_avx2
#define LEVEL "avx2"
#define LANES 8
#define MULTIPLIES_BF16 0
#define TARGET target("arch=x86-64-v3"), min_vector_width(256)
#pragma clang attribute push(__attribute__((TARGET)), apply_to = function)
#include "../kernels/all.h"
#pragma clang attribute pop
#endif
