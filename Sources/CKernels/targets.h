// Compiles MAE_SOURCE once per processor level, and defines LEVEL(function): the function's version for this processor.
//
// A file that uses vector types includes this header at its end with MAE_SOURCE naming the file that holds the bodies. There,
// NAMED(x) is x with the level's suffix and LANES is the number of floats in a vector register.
// Pragmas rather than target_clones: helpers may then pass vectors by value, and each level may choose its own blocking.
#ifndef SWIFT_MAE_TARGETS_H
#define SWIFT_MAE_TARGETS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "CKernels.h"

#define MAE_JOIN_TOKENS(name, suffix) name##suffix
#define MAE_JOIN(name, suffix) MAE_JOIN_TOKENS(name, suffix)
#define NAMED(name) MAE_JOIN(name, MAE_SUFFIX)

#endif

#if defined(__x86_64__)

#define MAE_SUFFIX _avx512
#define LANES 16
#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"))), apply_to = function)
#pragma clang attribute push(__attribute__((min_vector_width(512))), apply_to = function)
#include MAE_SOURCE
#pragma clang attribute pop
#pragma clang attribute pop
#undef MAE_SUFFIX
#undef LANES

#define MAE_SUFFIX _avx2
#define LANES 8
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#pragma clang attribute push(__attribute__((min_vector_width(256))), apply_to = function)
#include MAE_SOURCE
#pragma clang attribute pop
#pragma clang attribute pop
#undef MAE_SUFFIX
#undef LANES

#endif

#define MAE_SUFFIX _portable
#define LANES 4
#include MAE_SOURCE
#undef MAE_SUFFIX
#undef LANES

#if defined(__x86_64__)
#define LEVEL(function)                                  \
  (__builtin_cpu_supports("x86-64-v4")   ? function##_avx512 \
   : __builtin_cpu_supports("x86-64-v3") ? function##_avx2   \
                                         : function##_portable)
#else
#define LEVEL(function) function##_portable
#endif
