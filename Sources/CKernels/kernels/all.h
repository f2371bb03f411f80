// The kernels, for the level whose file includes this: LANES floats fill a vector register.
//
// Everything here is compiled once per level with the same names, which therefore are what a debugger, a profile and a search
// show. Helpers that take sizes known to the compiler are INLINE.
#define INLINE static inline __attribute__((always_inline))

#include "vector_math.h"
#include "counts.h"

#include "activation.h"
#include "dropout.h"
#include "loss.h"
#include "normalize.h"
#include "pixels.h"
#include "reduce.h"
#include "convolution.h"
#include "relations.h"
#include "resample.h"
#include "tokens.h"
#include "update.h"

#include "pairs.h"
#include "tiles.h"

#include "gemm.h"

#include "rows_ahead.h"
#include "attention_blocks.h"
#include "softmax.h"
#include "attention.h"
#include "attention_weights.h"

const mae_kernels TABLE = {
    .name = LEVEL,
    .multiplies_bf16 = MULTIPLIES_BF16,
    .gelu = gelu,
    .gelu_backward = gelu_backward,
    .layer_norm = layer_norm,
    .layer_norm_again = layer_norm_again,
    .layer_norm_backward = layer_norm_backward,
    .add = add,
    .sum = sum,
    .scale = scale,
    .scaled_sum = scaled_sum,
    .column_sums = column_sums,
    .sum_of_squares = sum_of_squares,
    .window_rows = window_rows,
    .add_window_rows = add_window_rows,
    .rectify = rectify,
    .rectify_backward = rectify_backward,
    .drop = drop,
    .attention_scratch = attention_scratch,
    .attention_forward = attention_forward,
    .attention_backward = attention_backward,
    .attention_weights = attention_weights,
    .gemm_scratch = gemm_scratch,
    .gemm_block = gemm_block,
    .adamw = adamw,
    .gather_patches = gather_patches,
    .gather_targets = gather_targets,
    .gather_frame = gather_frame,
    .gather_rows = gather_rows,
    .scatter_add_rows = scatter_add_rows,
    .squared_error = squared_error,
    .absolute_error = absolute_error,
    .unit_rows = unit_rows,
    .row_products = row_products,
    .rows_times_vector = rows_times_vector,
    .subtract_rows = subtract_rows,
    .resample_rows = resample_rows,
    .resample_columns = resample_columns,
};
