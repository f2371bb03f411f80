// Processors with AVX-512 (x86-64-v4): 16 floats in a register.
#include "../kernels/standard.h"

#if defined(__x86_64__)
#define TABLE mae_avx512
#define LEVEL "avx512"
#define LANES 16
#define MULTIPLIES_BF16 0
// Whole registers in loops without vector types too: halves, which the compiler prefers, would also order sums another way.
#define TARGET target("arch=x86-64-v4,no-prefer-256-bit"), min_vector_width(512)
#pragma clang attribute push(__attribute__((TARGET)), apply_to = function)
#include "../kernels/all.h"
#pragma clang attribute pop
#endif
