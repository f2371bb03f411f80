// Which processors a kernel is compiled for.
//
// Plain loops are marked CLONED: the compiler vectorises one body for AVX-512, AVX2 and the baseline, and the loader picks.
// A clone does not pass its target on to functions it calls unless they are inlined, hence INLINE for helpers.
// Kernels written with vector types include "targets.h" instead, where a whole file is compiled once per level.
#ifndef SWIFT_MAE_DISPATCH_H
#define SWIFT_MAE_DISPATCH_H

#if defined(__x86_64__) && defined(__linux__)
#define CLONED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONED
#endif

#define INLINE static inline __attribute__((always_inline))

#endif
