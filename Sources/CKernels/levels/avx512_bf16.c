// Processors with AVX-512 and its products of bfloat16 numbers: floats as at the level below, bit for bit.
#include "../kernels/standard.h"

#if defined(__x86_64__)
#define TABLE mae_avx512_bf16
#define LEVEL "avx512-bf16"
#define LANES 16
#define MULTIPLIES_BF16 1
#define TARGET target("arch=x86-64-v4,avx512bf16,no-prefer-256-bit"), min_vector_width(512)
#pragma clang attribute push(__attribute__((TARGET)), apply_to = function)
#include "../kernels/all.h"
#pragma clang attribute pop
#endif
