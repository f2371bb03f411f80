#ifndef SWIFT_MAE_CBLAS_H
#define SWIFT_MAE_CBLAS_H

#include <cblas.h>

#endif
