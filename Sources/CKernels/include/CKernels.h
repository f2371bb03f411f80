// Vector kernels on contiguous rows of 32-bit floats.
//
// Every function is pure: rows in, rows out; no allocation, no globals, no threads. Swift splits the work, chooses threads and
// owns memory. A table holds them for each level of processor instructions; their bodies are in kernels/, in the file that a
// heading of the table names.
#ifndef SWIFT_MAE_CKERNELS_H
#define SWIFT_MAE_CKERNELS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

// ---- What kernels take

/// Which elements are set to 0: those whose hash of seed and number lies below the threshold.
typedef struct {
  uint32_t seed;
  uint32_t threshold;  // share that is dropped, times 2³²
  float factor;        // of what is kept
} mae_dropout;

/// One head of attention: rows of q, k, v are `*_stride` floats apart and `head_width` wide.
///
/// `bias` [queries, keys] (rows `bias_stride` apart) is added to the scaled scores unless NULL.
typedef struct {
  const float *q, *k, *v;
  int64_t q_stride, k_stride, v_stride;
  int64_t queries, keys, head_width;
  float scale;
  const float *_Nullable bias;
  int64_t bias_stride;
  mae_dropout dropout;  // of probabilities; element number query · keys + key; none with a threshold of 0
  // What the next call works on, fetched while this one computes: every operand's rows `next_sample` samples further, and
  // `next_column` columns. Both 0 = nothing.
  int64_t next_sample, next_column;
} mae_attention_head;

/// What the derivatives of a head are made from, and where they go; rows are `*_stride` floats apart.
typedef struct {
  const float *o, *d_o;  // forward's output and its gradient
  int64_t o_stride;
  const float *log_sum;  // [queries], of forward
  float *dq, *dk, *dv;   // overwritten
  int64_t dq_stride, dk_stride, dv_stride;
  float *_Nullable bias_gradient;  // [queries, keys], rows as far apart as those of the bias; added to unless NULL
} mae_attention_gradients;

/// C [rows, columns] = A [rows, depth] · B [depth, columns], and what a layer does with the product while it is in the cache.
///
/// In this order, each unless NULL: C += bias; C *= gelu'(slope_of); C += residual; activated = gelu(C).
/// If it rounds to bfloat16, A and B are rounded before they are multiplied, and all else stays in floats.
typedef struct {
  const float *a;  // A[row, k] is a[row · a_stride + k], or a[k · a_stride + row] if a_transposed
  const float *b;  // B[k, column] is b[k · b_stride + column], or b[column · b_stride + k] if b_transposed
  int64_t a_stride, b_stride;
  int32_t a_transposed, b_transposed;
  int32_t rounds_to_bf16;
  int32_t accumulate;  // C += A · B instead of C = A · B
  int64_t depth;
  float *c;  // rows of c and of the matrices below are c_stride floats apart
  int64_t c_stride;
  const float *_Nullable bias;      // [columns]
  float *_Nullable slope_of;        // [rows, columns]
  const float *_Nullable residual;  // [rows, columns], not c
  float *_Nullable activated;       // [rows, columns]; may be c, which then holds the activation
  int32_t activates_slope_of;       // slope_of then becomes gelu(slope_of)
  float *_Nullable a_sums;          // [rows] += Σ over depth of A; for a_transposed only (the gradient of a bias)
} mae_gemm;

/// The numbers of a step of Adam with decoupled decay.
typedef struct {
  float learning_rate, beta1, beta2, epsilon;
  float keep;                      // what weights are multiplied by: 1 − rate · decay in AdamW
  float correction1, correction2;  // 1 − β1^t and 1 − β2^t
  float gradient_scale;            // gradients are multiplied by this first (clipping)
} mae_adamw_step;

/// Pixels of one clip, as bytes or as floats. A stored value s of channel c stands for s · scale[c] + offset[c].
typedef struct {
  const uint8_t *_Nullable bytes;  // one of the two is NULL
  const float *_Nullable floats;
  int64_t stride_t, stride_y, stride_x, stride_c;  // in stored values
  int32_t channels;
  float scale[4], offset[4];
} mae_pixels;

/// The grid that cuts a clip into tokens.
typedef struct {
  int32_t rows, columns;  // tokens along height and width
  int32_t patch;          // pixels along a side
} mae_patch_grid;

/// A convolution of pictures whose pixels are rows of channels: windows of kernel × kernel pixels, `stride` apart, over a picture
/// with `padding` pixels of zeros on every side.
typedef struct {
  int32_t height, width, channels;
  int32_t kernel, stride, padding;
  int32_t out_height, out_width;
} mae_convolution;

enum mae_target_kind {
  MAE_TARGET_RAW = 0,          // values as they are
  MAE_TARGET_PER_PATCH = 1,    // (v − μ) / √(σ² + 1e-6), all values of a token jointly (MAE)
  MAE_TARGET_PER_CHANNEL = 2,  // (v − μ) / (√σ² + 1e-6) for each channel of a token (VideoMAE)
};

/// Fixed-point weights of one direction of resampling:
/// output i = (Σ weight[i·taps + k] · input[start[i] + k] + half) >> shift, clamped to 0…255.
///
/// `taps` is even; weights beyond an output's own reach are zero. `start[i] + taps` lies within the input, unless
/// that is shorter than `taps`; horizontally up to 16 bytes behind a row's last pixel are read and multiplied by zero.
typedef struct {
  const int32_t *start;
  const int16_t *weight;
  int32_t count;  // outputs
  int32_t taps;
  int32_t shift;
} mae_resample_weights;

// ---- The table

/// The kernels, compiled for one level of processor instructions.
typedef struct {
  /// What MAE_CPU_LEVEL calls the level: "avx512-bf16", "avx512", "avx2" or "portable".
  const char *name;
  /// Whether products that round to bfloat16 use the processor's instruction for them, and not floats that come to the same.
  int32_t multiplies_bf16;

  // ---- activation.h: accuracy against double, in units in the last place (u): gelu 5 u, in the tail of x < 0 too; gelu' 5 u of
  // max(|gelu'|, 1/4). Below −12.5 gelu stays at −5e-35 and gelu' at −6e-34: no subnormal numbers. NaN stays NaN.

  /// y = gelu(x) = x · Φ(x) with the exact error function. `y` may be `x`.
  void (*gelu)(const float *x, float *y, int64_t count);
  /// dx = dy · gelu'(x). `dx` may be `dy` or `x`.
  void (*gelu_backward)(const float *x, const float *dy, float *dx, int64_t count);

  // ---- normalize.h

  /// y = (x − μ) / √(σ² + epsilon) · scale + shift for every row; statistics[row] = (μ, 1/√(σ² + epsilon)).
  /// `y` may be `x`.
  void (*layer_norm)(const float *x, const float *scale, const float *shift, float epsilon, float *y, float *statistics,
                     int64_t rows, int64_t width);
  /// As layer_norm with the statistics given.
  void (*layer_norm_again)(const float *x, const float *statistics, const float *scale, const float *shift, float *y,
                           int64_t rows, int64_t width);
  /// dx (= or +=) the derivative; adds into scale_gradient and shift_gradient [width].
  void (*layer_norm_backward)(const float *dy, const float *x, const float *statistics, const float *scale, float *dx,
                              int32_t accumulate, float *scale_gradient, float *shift_gradient, int64_t rows, int64_t width);

  // ---- reduce.h

  /// y += x.
  void (*add)(const float *x, float *y, int64_t count);
  /// y = a + b. `y` may be `a` or `b`.
  void (*sum)(const float *a, const float *b, float *y, int64_t count);
  /// x *= factor.
  void (*scale)(float *x, float factor, int64_t count);
  /// y = residual + x · scale, scale [width]; `y` may be `x` or `residual`.
  void (*scaled_sum)(const float *x, const float *scale, const float *residual, float *y, int64_t rows, int64_t width);
  /// sums[column] += Σ over rows of x; rows are `stride` floats apart.
  void (*column_sums)(const float *x, int64_t rows, int64_t width, int64_t stride, float *sums);
  /// Σ x², in double.
  double (*sum_of_squares)(const float *x, int64_t count);

  // ---- convolution.h

  /// The windows of one row of outputs as rows, [out_width, kernel · kernel · channels] in (row, column, channel) order, of a
  /// picture x [height · width, channels].
  void (*window_rows)(const mae_convolution *convolution, const float *x, int64_t row, float *out);
  /// Adds to row `row` of a picture x what windows [out_height · out_width, kernel · kernel · channels] hold for its pixels.
  void (*add_window_rows)(const mae_convolution *convolution, const float *windows, int64_t row, float *x);
  /// x = max(x, 0).
  void (*rectify)(float *x, int64_t count);
  /// dy = 0 where y = max(x, 0) is 0.
  void (*rectify_backward)(const float *y, float *dy, int64_t count);

  // ---- dropout.h

  /// y = x · factor, or 0, for elements number first … first + count − 1. `y` may be `x`.
  void (*drop)(const float *x, const mae_dropout *dropout, int64_t first, float *y, int64_t count);

  // ---- attention.h, attention_weights.h

  /// Floats of scratch that forward and backward need for one head.
  int64_t (*attention_scratch)(int64_t queries, int64_t keys, int64_t head_width);
  /// o = softmax(q·kᵀ·scale + bias)·v, blocked over queries and keys; log_sum [queries] = log Σ exp of each row of scores.
  void (*attention_forward)(const mae_attention_head *head, float *o, int64_t o_stride, float *log_sum, float *scratch);
  /// The derivatives of one head.
  void (*attention_backward)(const mae_attention_head *head, const mae_attention_gradients *gradients, float *scratch);
  /// y [queries, keys] = softmax(q·kᵀ·scale + bias), rows one after the other: what forward never keeps. For looking at.
  void (*attention_weights)(const mae_attention_head *head, float *y);

  // ---- gemm.h

  /// Floats of scratch that one call needs.
  int64_t (*gemm_scratch)(void);
  /// Computes rows first_row ..< last_row, columns first_column ..< last_column of C; calls that share no element may run at
  /// once.
  ///
  /// Bits do not depend on how C is cut. Cuts at multiples of 8 rows and 48 columns waste nothing; each call packs its columns of
  /// B, and its rows of A if they are transposed: cut columns unless there are thousands of rows, and the longer side if A is
  /// transposed. The call with column 0 adds to a_sums.
  void (*gemm_block)(const mae_gemm *product, int64_t first_row, int64_t last_row, int64_t first_column, int64_t last_column,
                     float *scratch);

  // ---- update.h

  /// One step of Adam with decoupled decay (Loshchilov and Hutter 2019) on flat buffers, in PyTorch's order of operations.
  void (*adamw)(float *parameter, const float *gradient, float *first, float *second, int64_t count,
                const mae_adamw_step *step);

  // ---- pixels.h

  /// Rows for the patch embedding: for each token its values in (channel, frame, row, column) order.
  /// Token t covers frames slot·tubelet … of the clip. out: [count, channels · tubelet · patch²].
  void (*gather_patches)(const mae_pixels *pixels, const mae_patch_grid *grid, int32_t tubelet, const int32_t *tokens,
                         int64_t count, float *out);
  /// Targets of tokens: values in (frame, row, column, channel) order; σ² with n − 1; `kind` is a mae_target_kind.
  /// `frames` lists the target frames; slot s of the grid owns frames[s·per_slot …].
  /// out: [count, per_slot · patch² · channels].
  /// `statistics`: [count, channels, 2] mean and divisor, so that value = target · divisor + mean.
  void (*gather_targets)(const mae_pixels *pixels, const mae_patch_grid *grid, const int32_t *frames, int32_t per_slot,
                         int32_t kind, const int32_t *tokens, int64_t count, float *out, float *_Nullable statistics);

  /// Rows first_row … of a frame in (row, column, channel) order; pixels are `pixel_stride` floats apart in `out`.
  void (*gather_frame)(const mae_pixels *pixels, int32_t frame, int64_t first_row, int64_t rows, int64_t columns, float *out,
                       int64_t pixel_stride);

  // ---- tokens.h

  /// out row i = x row rows[i] (widths and strides in floats).
  void (*gather_rows)(const float *x, int64_t x_stride, const int32_t *rows, int64_t count, int64_t width, float *out,
                      int64_t out_stride);
  /// out row rows[i] += x row i.
  void (*scatter_add_rows)(const float *x, int64_t x_stride, const int32_t *rows, int64_t count, int64_t width, float *out,
                           int64_t out_stride);

  // ---- loss.h

  /// Σ (prediction − target)² in double; gradient = 2 · (prediction − target) · factor unless NULL.
  double (*squared_error)(const float *prediction, const float *target, float *_Nullable gradient, float factor, int64_t count);
  /// Σ |prediction − target| in double; gradient = sign(prediction − target) · factor unless NULL.
  double (*absolute_error)(const float *prediction, const float *target, float *_Nullable gradient, float factor, int64_t count);

  // ---- relations.h

  /// unit row = x row / its length, in double; rows of zeros stay zeros.
  void (*unit_rows)(const float *x, int64_t rows, int64_t width, double *unit);
  /// y [rows, rows] = x · xᵀ, symmetric bit for bit.
  void (*row_products)(const double *x, int64_t rows, int64_t width, double *y);
  /// y[row] = a row · x.
  void (*rows_times_vector)(const double *a, int64_t rows, int64_t width, const double *x, double *y);
  /// y [width] −= Σ factors[row] · a row.
  void (*subtract_rows)(const double *a, int64_t rows, int64_t width, const double *factors, double *y);

  // ---- resample.h: whole numbers, the same bytes at every level. Strides in bytes.

  /// Every row is resampled along its pixels.
  void (*resample_rows)(const uint8_t *input, int64_t input_stride, int64_t rows, int32_t channels,
                        const mae_resample_weights *weights, uint8_t *output, int64_t output_stride);
  /// Rows are mixed into `weights->count` new rows of `row_bytes` bytes; rows past `input_rows` are never read.
  void (*resample_columns)(const uint8_t *input, int64_t input_stride, int64_t input_rows, int64_t row_bytes,
                           const mae_resample_weights *weights, uint8_t *output, int64_t output_stride);
} mae_kernels;

#if defined(__x86_64__)
extern const mae_kernels mae_avx512_bf16, mae_avx512, mae_avx2;
#endif
extern const mae_kernels mae_portable;

/// The kernels of the levels that this processor has, the fastest first: number 0, 1 …; NULL behind the last, the portable one.
const mae_kernels *_Nullable mae_level(int32_t number);

// ---- Checksums

/// Takes `count` bytes into a running CRC-32C (RFC 3720; all bits inverted), by the processor's own instruction.
///
/// Returns 0, and has done nothing, where the processor has none.
int32_t mae_crc32c(uint32_t *crc, const void *bytes, int64_t count);

#pragma clang assume_nonnull end

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
