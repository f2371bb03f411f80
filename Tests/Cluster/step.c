// A training step whose computing is a sleep: what `mae pretrain --plan --processes` predicts can be seen without many cores.
//
//   step MILLISECONDS VALUES STEPS      process 0 prints the median seconds of a step, and of adding up VALUES gradients in it
#include "CMPI.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values, int count) {
  qsort(values, (size_t)count, sizeof(double), ascending);
  return values[count / 2];
}

int main(int count, char **arguments) {
  if (count != 4 || !mae_mpi_is_built() || mae_mpi_start()) return 64;
  const long milliseconds = atol(arguments[1]), values = atol(arguments[2]);
  const int steps = atoi(arguments[3]), processes = mae_mpi_count();
  float *gradients = calloc((size_t)values, sizeof(float));
  double *whole = calloc((size_t)steps, sizeof(double)), *sums = calloc((size_t)steps, sizeof(double));
  int64_t *counts = calloc((size_t)processes, sizeof(int64_t));
  if (!gradients || !whole || !sums || !counts) return 1;
  const int64_t slice = processes << 14 > 1 << 20 ? processes << 14 : 1 << 20; // MPIProcesses.slice
  for (int step = -2; step < steps; step++) {
    const double start = now();
    const struct timespec nap = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&nap, NULL);
    // All come together first, as in training.
    if (mae_mpi_gather_counts(step, counts)) return 1;
    const double middle = now();
    if (mae_mpi_sum(gradients, values, slice)) return 1;
    const double end = now();
    if (step >= 0) {
      whole[step] = end - start;
      sums[step] = end - middle;
    }
  }
  if (mae_mpi_rank() == 0) printf("%d %.6f %.6f\n", processes, median(whole, steps), median(sums, steps));
  return mae_mpi_end();
}
