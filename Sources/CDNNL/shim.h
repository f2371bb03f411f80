#ifndef SWIFT_MAE_CDNNL_H
#define SWIFT_MAE_CDNNL_H

#include <oneapi/dnnl/dnnl.h>

/// Debian builds oneDNN for OpenMP; clang finds no <omp.h> there.
void omp_set_num_threads(int threads);

#endif
