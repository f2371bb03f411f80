// Processes that compute together, through MPI: a dozen calls as plain functions, since MPI's own constants are macros.
//
// Built without MPI unless the package's trait of that name is on; then mae_mpi_is_built is 0 and nothing else may be called.
// Functions that return int give 0, or a code for mae_mpi_error. One thread at a time may call them. While they wait they leave
// the processor to others.
#ifndef CMPI_H
#define CMPI_H

#include <stdint.h>

// Whether there is an MPI library.
int mae_mpi_is_built(void);
// Joins the processes that a launcher started; to be called once, before everything else.
int mae_mpi_start(void);
// The number of this process, from 0, and how many there are.
int mae_mpi_rank(void);
int mae_mpi_count(void);
// The same among the processes of this machine.
int mae_mpi_local_rank(void);
int mae_mpi_local_count(void);
// Name and version of the library, one line.
const char *mae_mpi_library(void);
// What a code means.
const char *mae_mpi_error(int code);

// Replaces values by their sums over all processes, slice after slice. Every value is added up by one process in the order of
// ranks, so that all get the same bits, each time, whatever the slice.
int mae_mpi_sum(float *values, int64_t count, int64_t slice);
// Gives every process the values of process 0.
int mae_mpi_broadcast(float *values, int64_t count);
// Tells every process how many bytes each has for mae_mpi_gather, one number for each process.
int mae_mpi_gather_counts(int64_t own, int64_t *counts);
// Gives every process the bytes of all, one after the other in the order of ranks.
int mae_mpi_gather(const uint8_t *own, uint8_t *all, const int64_t *counts);

// Tells every process a number of each, unless some are not here within a time: they are busy with something else, or gone.
// Needs nothing of what may be under way. Returns 1 when all were here.
int mae_mpi_last_words(int number, int *numbers, double seconds);
// Leaves the others in good order.
int mae_mpi_end(void);
// Ends all processes at once; the launcher's exit code is this one.
void mae_mpi_abort(int code);

#endif
