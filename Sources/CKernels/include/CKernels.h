// Vector kernels on contiguous rows of 32-bit floats.
//
// Every function is pure: rows in, rows out; no allocation, no globals, no threads. Swift splits the work, chooses threads and
// owns memory. The version for the processor (AVX-512, AVX2 or portable) is picked when the program is loaded.
#ifndef SWIFT_MAE_CKERNELS_H
#define SWIFT_MAE_CKERNELS_H

#include <stdint.h>

#include "resample.h"

#ifdef __cplusplus
extern "C" {
#endif

// ---- activation.c
// Accuracy against double, in units in the last place (u): exp 1 u; gelu 6 u, where x < −3/4 of max(|gelu|, 1/16); gelu' 4 u of
// max(|gelu'|, 1/4). Below −10 gelu and gelu' stay at values of less than 1e-15, exp below −87.3 is 0: no subnormal numbers. NaN
// stays NaN.

/// y = e^x. `y` may be `x`.
void mae_exp(const float *x, float *y, int64_t count);
/// y = gelu(x) = x · Φ(x) with the exact error function. `y` may be `x`.
void mae_gelu(const float *x, float *y, int64_t count);
/// dx = dy · gelu'(x). `dx` may be `dy` or `x`.
void mae_gelu_backward(const float *x, const float *dy, float *dx, int64_t count);
/// As mae_gelu_backward, and y = gelu(x) from the same pass. `dx` may be `dy`, `y` may be `x`.
void mae_gelu_forward_backward(const float *x, const float *dy, float *y, float *dx, int64_t count);

// ---- normalize.c

/// y = (x − μ) / √(σ² + epsilon) · scale + shift for every row; statistics[row] = (μ, 1/√(σ² + epsilon)). `y` may be `x`.
void mae_layer_norm(const float *x, const float *scale, const float *shift, float epsilon, float *y, float *statistics,
                    int64_t rows, int64_t width);
/// As mae_layer_norm with the statistics given.
void mae_layer_norm_again(const float *x, const float *statistics, const float *scale, const float *shift, float *y,
                          int64_t rows, int64_t width);
/// dx (= or +=) the derivative; adds into scale_gradient and shift_gradient [width].
void mae_layer_norm_backward(const float *dy, const float *x, const float *statistics, const float *scale, float *dx,
                             int32_t accumulate, float *scale_gradient, float *shift_gradient, int64_t rows, int64_t width);

// ---- reduce.c

/// sums[column] += Σ over rows of x; rows are `stride` floats apart.
void mae_column_sums(const float *x, int64_t rows, int64_t width, int64_t stride, float *sums);
/// y += x.
void mae_add(const float *x, float *y, int64_t count);
/// y = a + b. `y` may be `a` or `b`.
void mae_sum(const float *a, const float *b, float *y, int64_t count);
/// x *= factor.
void mae_scale(float *x, float factor, int64_t count);
/// Every row of x += bias [width]; rows are `stride` floats apart.
void mae_add_bias(float *x, const float *bias, int64_t rows, int64_t width, int64_t stride);
/// x += bias, then y = gelu(x), row by row; one pass.
void mae_add_bias_gelu(float *x, const float *bias, float *y, int64_t rows, int64_t width);
/// y = residual + (x + bias) · scale; `bias` and `scale` [width] may be NULL; `y` may be `x` or `residual`.
void mae_add_bias_residual(const float *x, const float *bias, const float *scale, const float *residual, float *y,
                           int64_t rows, int64_t width);
/// Σ x², in double.
double mae_sum_of_squares(const float *x, int64_t count);
/// How many values are not finite.
int64_t mae_count_nonfinite(const float *x, int64_t count);

// ---- dropout.c

/// Which elements are set to 0: those whose hash of seed and number lies below the threshold.
typedef struct {
  uint32_t seed;
  uint32_t threshold;  // share that is dropped, times 2³²
  float factor;        // of what is kept
} mae_dropout;

/// y = x · factor, or 0, for elements number first … first + count − 1. `y` may be `x`.
void mae_drop(const float *x, const mae_dropout *dropout, int64_t first, float *y, int64_t count);

// ---- attention.c

/// One head: rows of q, k, v, o are `*_stride` floats apart and `head_width` wide.
///
/// `bias` [queries, keys] (rows `bias_stride` apart) is added to the scaled scores; NULL = none.
typedef struct {
  const float *q, *k, *v;
  int64_t q_stride, k_stride, v_stride;
  int64_t queries, keys, head_width;
  float scale;
  const float *bias;
  int64_t bias_stride;
  mae_dropout dropout;  // of probabilities; element number query · keys + key; none with a threshold of 0
  // What the next call works on, fetched while this one computes: every operand's rows `next_sample` samples further, and
  // `next_column` columns. Both 0 = nothing.
  int64_t next_sample, next_column;
} mae_attention_head;

/// Floats of scratch that forward and backward need for one head.
int64_t mae_attention_scratch(int64_t queries, int64_t keys, int64_t head_width);
/// o = softmax(q·kᵀ·scale + bias)·v, blocked over queries and keys; log_sum [queries] = log Σ exp of each row of scores.
void mae_attention_forward(const mae_attention_head *head, float *o, int64_t o_stride, float *log_sum, float *scratch);
/// Derivatives of one head. dq, dk, dv are overwritten (strides as q, k, v unless given).
/// `bias_gradient` [queries, keys] (rows `bias_stride` apart) is added to unless NULL.
void mae_attention_backward(const mae_attention_head *head, const float *o, const float *d_o, int64_t o_stride,
                            const float *log_sum, float *dq, int64_t dq_stride, float *dk, int64_t dk_stride, float *dv,
                            int64_t dv_stride, float *bias_gradient, float *scratch);

/// y [queries, keys] = softmax(q·kᵀ·scale + bias), rows one after the other: what forward never keeps. For looking at.
void mae_attention_weights(const mae_attention_head *head, float *y);

// ---- gemm.c

/// C [rows, columns] = A [rows, depth] · B [depth, columns], and what a layer does with the product while it is in the cache.
///
/// In this order, each unless NULL: C += bias; C *= gelu'(slope_of); C *= scale; C += residual; activated = gelu(C).
typedef struct {
  const float *a;         // A[row, k] is a[row · a_stride + k], or a[k · a_stride + row] if a_transposed
  const float *b;         // B[k, column] is b[k · b_stride + column], or b[column · b_stride + k] if b_transposed
  int64_t a_stride, b_stride;
  int32_t a_transposed, b_transposed;
  int32_t accumulate;     // C += A · B instead of C = A · B
  int64_t depth;
  float *c;               // rows of c and of the matrices below are c_stride floats apart
  int64_t c_stride;
  const float *bias;      // [columns]
  const float *scale;     // [columns]
  float *slope_of;        // [rows, columns]
  const float *residual;  // [rows, columns], not c
  float *activated;       // [rows, columns]; may be c, which then holds the activation
  int32_t activates_slope_of;  // slope_of then becomes gelu(slope_of)
  float *a_sums;          // [rows] += Σ over depth of A; for a_transposed only (the gradient of a bias)
} mae_gemm;

/// Floats of scratch that one call needs.
int64_t mae_gemm_scratch(void);
/// Computes rows first_row ..< last_row, columns first_column ..< last_column of C; calls that share no element may run at once.
///
/// Bits do not depend on how C is cut. Cuts at multiples of 8 rows and 48 columns waste nothing; each call packs its columns of
/// B, and its rows of A if they are transposed: cut columns unless there are thousands of rows, and the longer side if A is transposed. The call with column 0 adds to a_sums.
void mae_gemm_block(const mae_gemm *product, int64_t first_row, int64_t last_row, int64_t first_column, int64_t last_column,
                    float *scratch);

// ---- update.c

typedef struct {
  float learning_rate, beta1, beta2, epsilon, weight_decay;
  float correction1, correction2;  // 1 − β1^t and 1 − β2^t
  float gradient_scale;            // gradients are multiplied by this first (clipping)
} mae_adamw_step;

/// One AdamW step with decoupled decay (Loshchilov and Hutter 2019) on flat buffers, in PyTorch's order of operations.
void mae_adamw(float *parameter, const float *gradient, float *first, float *second, int64_t count,
               const mae_adamw_step *step);

// ---- pixels.c

/// Pixels of one clip, as bytes or as floats. A stored value s of channel c stands for s · scale[c] + offset[c].
typedef struct {
  const uint8_t *bytes;  // one of the two is NULL
  const float *floats;
  int64_t stride_t, stride_y, stride_x, stride_c;  // in stored values
  int32_t channels;
  float scale[4], offset[4];
} mae_pixels;

/// The grid that cuts a clip into tokens.
typedef struct {
  int32_t rows, columns;  // tokens along height and width
  int32_t patch;          // pixels along a side
} mae_patch_grid;

/// Rows for the patch embedding: for each token its values in (channel, frame, row, column) order.
/// Token t covers frames slot·tubelet … of the clip. out: [count, channels · tubelet · patch²].
void mae_gather_patches(const mae_pixels *pixels, const mae_patch_grid *grid, int32_t tubelet, const int32_t *tokens,
                        int64_t count, float *out);

enum mae_target_kind {
  MAE_TARGET_RAW = 0,          // values as they are
  MAE_TARGET_PER_PATCH = 1,    // (v − μ) / √(σ² + 1e-6), all values of a token jointly (MAE)
  MAE_TARGET_PER_CHANNEL = 2,  // (v − μ) / (√σ² + 1e-6) for each channel of a token (VideoMAE)
};

/// Targets of tokens: values in (frame, row, column, channel) order; σ² with n − 1.
/// `frames` lists the target frames; slot s of the grid owns frames[s·per_slot …]. out: [count, per_slot · patch² · channels].
/// `statistics` (may be NULL): [count, channels, 2] mean and divisor, so that value = target · divisor + mean.
void mae_gather_targets(const mae_pixels *pixels, const mae_patch_grid *grid, const int32_t *frames, int32_t per_slot,
                        int32_t kind, const int32_t *tokens, int64_t count, float *out, float *statistics);

// ---- tokens.c

/// out row i = x row rows[i] (widths and strides in floats).
void mae_gather_rows(const float *x, int64_t x_stride, const int32_t *rows, int64_t count, int64_t width, float *out,
                     int64_t out_stride);
/// out row rows[i] += x row i.
void mae_scatter_add_rows(const float *x, int64_t x_stride, const int32_t *rows, int64_t count, int64_t width, float *out,
                          int64_t out_stride);

// ---- loss.c

/// Σ (prediction − target)² in double; gradient = 2 · (prediction − target) · factor unless NULL.
double mae_squared_error(const float *prediction, const float *target, float *gradient, float factor, int64_t count);
/// Σ |prediction − target| in double; gradient = sign(prediction − target) · factor unless NULL.
double mae_absolute_error(const float *prediction, const float *target, float *gradient, float factor, int64_t count);

// ---- relations.c

/// unit row = x row / its length, in double; rows of zeros stay zeros.
void mae_unit_rows(const float *x, int64_t rows, int64_t width, double *unit);
/// y [rows, rows] = x · xᵀ, symmetric bit for bit.
void mae_row_products(const double *x, int64_t rows, int64_t width, double *y);
/// y[row] = a row · x.
void mae_rows_times_vector(const double *a, int64_t rows, int64_t width, const double *x, double *y);
/// y [width] −= Σ factors[row] · a row.
void mae_subtract_rows(const double *a, int64_t rows, int64_t width, const double *factors, double *y);

// ---- Threads

/// Tells the processor that a thread waits in a loop.
static inline void mae_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#ifdef __cplusplus
}
#endif
#endif
