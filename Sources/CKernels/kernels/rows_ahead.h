// What attention of a head fetches while it computes.

/// Floats: half of a second-level cache of 1 MB.
enum { LARGEST_AHEAD = 1 << 17 };

/// Rows that this call writes and then those that the next one reads, fetched into the second-level cache evenly while this one
/// computes: heads are columns of a wide tensor, so no stream that the processor would fetch by itself.
typedef struct {
  struct {
    const float *x;  // the next row
    int64_t stride, rows;
  } operand[8];
  int64_t width, operands;
  int64_t rows;       // of all operands at first
  int64_t work, due;  // multiplications per row, and those done that no row was fetched for
} rows_ahead;

static void expect(rows_ahead *ahead, const float *x, int64_t stride, int64_t rows) {
  const int64_t n = ahead->operands++;
  ahead->operand[n].x = x;
  ahead->operand[n].stride = stride;
  ahead->operand[n].rows = rows;
  ahead->rows += rows;
}

/// Expects the rows that the next call has instead of these.
static void expect_next(rows_ahead *ahead, const mae_attention_head *head, const float *x, int64_t stride, int64_t rows) {
  if (head->next_sample == 0 && head->next_column == 0) return;
  expect(ahead, x + head->next_sample * rows * stride + head->next_column, stride, rows);
}

/// Spreads the operands over `products` products; those expected last come first.
static void spread_over(rows_ahead *ahead, const mae_attention_head *head, int64_t products) {
  if (ahead->rows * ahead->width > LARGEST_AHEAD) ahead->operands = 0;
  ahead->work = products * head->queries * head->keys * head->head_width / ahead->rows;
}

/// Fetches the rows that are due after `done` more multiplications.
static inline void fetch_rows(rows_ahead *ahead, int64_t done) {
  ahead->due += done;
  while (ahead->due > 0 && ahead->operands > 0) {
    const int64_t n = ahead->operands - 1;
    const float *x = ahead->operand[n].x;
#pragma clang loop unroll(disable)
    for (int64_t i = 0; i < ahead->width; i += 16) __builtin_prefetch(x + i, 0, 2);
    ahead->operand[n].x += ahead->operand[n].stride;
    ahead->operands -= --ahead->operand[n].rows <= 0;
    ahead->due -= ahead->work;
  }
}
