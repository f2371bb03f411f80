// What the kernels need of the system, included by each level before it names its instructions: those are for the kernels
// alone.
#ifndef SWIFT_MAE_STANDARD_H
#define SWIFT_MAE_STANDARD_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "CKernels.h"

#endif
