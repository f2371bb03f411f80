// Every processor of the architecture: 4 floats in a register (SSE2, NEON).
#include "../kernels/standard.h"

#define TABLE mae_portable
#define LEVEL "portable"
#define LANES 4
#define MULTIPLIES_BF16 0
#include "../kernels/all.h"
