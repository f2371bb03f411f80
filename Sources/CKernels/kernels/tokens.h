// Rows picked and put back by token number.

static void gather_rows(const float *x, int64_t x_stride, const int32_t *rows, int64_t count, int64_t width, float *out,
                        int64_t out_stride) {
  for (int64_t i = 0; i < count; i++) memcpy(out + i * out_stride, x + rows[i] * x_stride, (size_t)width * sizeof(float));
}

static void scatter_add_rows(const float *x, int64_t x_stride, const int32_t *rows, int64_t count, int64_t width, float *out,
                             int64_t out_stride) {
  for (int64_t i = 0; i < count; i++) {
    const float *from = x + i * x_stride;
    float *to = out + rows[i] * out_stride;
    for (int64_t j = 0; j < width; j++) to[j] += from[j];
  }
}
