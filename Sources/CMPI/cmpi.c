#include "CMPI.h"

#include <stddef.h>

#ifdef MAE_MPI

#if __has_include(<mpi.h>)
#include <mpi.h>
#elif __has_include(<mpi/mpi.h>) // where Debian has it, whichever library is installed
// MPICH looks for its prototypes in folders that are searched, and Debian's is none.
#define MPICH_SUPPRESS_PROTOTYPES
#include <mpi/mpi.h>
#if __has_include(<mpi/mpi_proto.h>)
#include <mpi/mpi_proto.h>
#endif
#else
#error The trait MPI needs mpi.h: install libopenmpi-dev (or libmpich-dev), or name its folder with -Xcc -I
#endif

#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static MPI_Comm everyone = MPI_COMM_NULL;   // gradients and decisions
static MPI_Comm farewell = MPI_COMM_NULL;   // last words, whatever is under way on the other
static MPI_Comm neighbours = MPI_COMM_NULL; // on this machine

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

// Waits for requests, and gives up when the time is over. MPI's own waiting takes a whole core, which another process of this
// machine may need: after a few milliseconds, in which what is on its way arrives, it naps.
static int wait_until(MPI_Request *requests, int count, double deadline, int *arrived) {
  const double start = now();
  for (;;) {
    int code = MPI_Testall(count, requests, arrived, MPI_STATUSES_IGNORE);
    if (code != MPI_SUCCESS || *arrived) return code;
    const double time = now();
    if (time > deadline) return MPI_SUCCESS;
    if (time - start < 5e-3) {
      sched_yield();
    } else {
      const struct timespec nap = {0, 50000};
      nanosleep(&nap, NULL);
    }
  }
}

static int wait_for(MPI_Request *requests, int count) {
  int arrived = 0;
  return wait_until(requests, count, 1e300, &arrived);
}

// Memory that grows and stays.
static void *memory_of(void **memory, size_t *size, size_t wanted) {
  if (wanted > *size) {
    void *larger = realloc(*memory, wanted);
    if (!larger) return NULL;
    *memory = larger;
    *size = wanted;
  }
  return *memory;
}

int mae_mpi_is_built(void) { return 1; }

int mae_mpi_start(void) {
  int level, rank;
  // By itself Open MPI writes long messages over TCP in a way (put) in which two processes take turns; sent in pieces (send,
  // inplace) they use both directions of a line at once. Read by MPI_Init; what the user says stands.
  setenv("OMPI_MCA_btl_tcp_flags", "9", 0);
  int code = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &level);
  if (code != MPI_SUCCESS) return code;
  code = MPI_Comm_dup(MPI_COMM_WORLD, &everyone);
  if (code == MPI_SUCCESS) code = MPI_Comm_dup(MPI_COMM_WORLD, &farewell);
  if (code == MPI_SUCCESS) code = MPI_Comm_rank(everyone, &rank);
  if (code == MPI_SUCCESS) {
    code = MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &neighbours);
  }
  if (code != MPI_SUCCESS) return code;
  // What goes wrong is said by the caller, in a sentence.
  MPI_Comm_set_errhandler(everyone, MPI_ERRORS_RETURN);
  MPI_Comm_set_errhandler(farewell, MPI_ERRORS_RETURN);
  return level < MPI_THREAD_FUNNELED ? MPI_ERR_OTHER : MPI_SUCCESS;
}

static int rank_in(MPI_Comm group) {
  int rank = 0;
  MPI_Comm_rank(group, &rank);
  return rank;
}

static int count_of(MPI_Comm group) {
  int count = 1;
  MPI_Comm_size(group, &count);
  return count;
}

int mae_mpi_rank(void) { return rank_in(everyone); }
int mae_mpi_count(void) { return count_of(everyone); }
int mae_mpi_local_rank(void) { return rank_in(neighbours); }
int mae_mpi_local_count(void) { return count_of(neighbours); }

const char *mae_mpi_library(void) {
  static char text[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(text, &length);
  text[strcspn(text, "\n,")] = 0;
  for (char *tab = text; (tab = strchr(tab, '\t'));) *tab = ' ';
  return text;
}

const char *mae_mpi_error(int code) {
  static char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  if (MPI_Error_string(code, text, &length) != MPI_SUCCESS) return "unknown error";
  text[strcspn(text, "\n")] = 0;
  return text;
}

// The part of a slice that a process adds up.
static int64_t part_start(int64_t length, int rank, int count) { return length * rank / count; }

static int sum_slice(float *values, int64_t length, int rank, int count) {
  static void *memory, *request_memory, *count_memory;
  static size_t size, request_size, count_size;
  const int64_t start = part_start(length, rank, count);
  const int64_t own = part_start(length, rank + 1, count) - start;
  float *received = memory_of(&memory, &size, (size_t)(own + 1) * (size_t)count * sizeof(float));
  MPI_Request *requests = memory_of(&request_memory, &request_size, 2 * (size_t)count * sizeof(MPI_Request));
  int *counts = memory_of(&count_memory, &count_size, 2 * (size_t)count * sizeof(int));
  if (!received || !requests || !counts) return MPI_ERR_NO_MEM;
  int *places = counts + count;

  // Every process gets what the others have of its part. Partners differ from step to step, so that no link has two of them.
  int pending = 0, code = MPI_SUCCESS;
  for (int step = 1; step < count && code == MPI_SUCCESS; step++) {
    const int from = (rank + count - step) % count, to = (rank + step) % count;
    const int64_t first = part_start(length, to, count), end = part_start(length, to + 1, count);
    code = MPI_Irecv(received + from * own, (int)own, MPI_FLOAT, from, 1, everyone, &requests[pending++]);
    if (code == MPI_SUCCESS) {
      code = MPI_Isend(values + first, (int)(end - first), MPI_FLOAT, to, 1, everyone, &requests[pending++]);
    }
  }
  if (code == MPI_SUCCESS) code = wait_for(requests, pending);
  if (code != MPI_SUCCESS) return code;
  memcpy(received + rank * own, values + start, (size_t)own * sizeof(float));
  for (int64_t block = 0; block < own; block += 1024) {
    const int64_t end = block + 1024 < own ? block + 1024 : own;
    float *sums = values + start;
    memcpy(sums + block, received + block, (size_t)(end - block) * sizeof(float));
    for (int other = 1; other < count; other++) {
      const float *theirs = received + other * own;
      for (int64_t i = block; i < end; i++) sums[i] += theirs[i];
    }
  }
  for (int other = 0; other < count; other++) {
    places[other] = (int)part_start(length, other, count);
    counts[other] = (int)(part_start(length, other + 1, count) - places[other]);
  }
  code = MPI_Iallgatherv(
    MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, values, counts, places, MPI_FLOAT, everyone, &requests[0]);
  return code == MPI_SUCCESS ? wait_for(requests, 1) : code;
}

int mae_mpi_sum(float *values, int64_t count, int64_t slice) {
  const int rank = mae_mpi_rank(), processes = mae_mpi_count();
  int code = MPI_SUCCESS;
  if (processes == 1) return code;
  for (int64_t start = 0; start < count && code == MPI_SUCCESS; start += slice) {
    code = sum_slice(values + start, start + slice < count ? slice : count - start, rank, processes);
  }
  return code;
}

int mae_mpi_broadcast(float *values, int64_t count) {
  const int64_t most = 1 << 26;
  for (int64_t start = 0; start < count; start += most) {
    const int64_t length = start + most < count ? most : count - start;
    MPI_Request request;
    int code = MPI_Ibcast(values + start, (int)length, MPI_FLOAT, 0, everyone, &request);
    if (code == MPI_SUCCESS) code = wait_for(&request, 1);
    if (code != MPI_SUCCESS) return code;
  }
  return MPI_SUCCESS;
}

int mae_mpi_gather_counts(int64_t own, int64_t *counts) {
  MPI_Request request;
  const int code = MPI_Iallgather(&own, 1, MPI_INT64_T, counts, 1, MPI_INT64_T, everyone, &request);
  return code == MPI_SUCCESS ? wait_for(&request, 1) : code;
}

int mae_mpi_gather(const uint8_t *own, uint8_t *all, const int64_t *counts) {
  const int rank = mae_mpi_rank(), processes = mae_mpi_count();
  int *lengths = malloc(2 * (size_t)processes * sizeof(int));
  if (!lengths) return MPI_ERR_NO_MEM;
  int64_t end = 0;
  for (int other = 0; other < processes; other++) {
    lengths[processes + other] = (int)end;
    lengths[other] = (int)counts[other];
    end += counts[other];
  }
  MPI_Request request;
  int code = end > INT_MAX ? MPI_ERR_COUNT
                           : MPI_Iallgatherv(own, lengths[rank], MPI_BYTE, all, lengths, lengths + processes, MPI_BYTE,
                                             everyone, &request);
  if (code == MPI_SUCCESS) code = wait_for(&request, 1);
  free(lengths);
  return code;
}

int mae_mpi_last_words(int number, int *numbers, double seconds) {
  MPI_Request request;
  int arrived = 0;
  if (MPI_Iallgather(&number, 1, MPI_INT, numbers, 1, MPI_INT, farewell, &request) != MPI_SUCCESS) return 0;
  if (wait_until(&request, 1, now() + seconds, &arrived) != MPI_SUCCESS) return 0;
  return arrived;
}

int mae_mpi_end(void) { return MPI_Finalize(); }

void mae_mpi_abort(int code) { MPI_Abort(MPI_COMM_WORLD, code); }

#else

int mae_mpi_is_built(void) { return 0; }
int mae_mpi_start(void) { return 1; }
int mae_mpi_rank(void) { return 0; }
int mae_mpi_count(void) { return 1; }
int mae_mpi_local_rank(void) { return 0; }
int mae_mpi_local_count(void) { return 1; }
const char *mae_mpi_library(void) { return "none"; }
const char *mae_mpi_error(int code) {
  (void)code;
  return "built without MPI";
}
int mae_mpi_sum(float *values, int64_t count, int64_t slice) {
  (void)values, (void)count, (void)slice;
  return 1;
}
int mae_mpi_broadcast(float *values, int64_t count) {
  (void)values, (void)count;
  return 1;
}
int mae_mpi_gather_counts(int64_t own, int64_t *counts) {
  (void)own, (void)counts;
  return 1;
}
int mae_mpi_gather(const uint8_t *own, uint8_t *all, const int64_t *counts) {
  (void)own, (void)all, (void)counts;
  return 1;
}
int mae_mpi_last_words(int number, int *numbers, double seconds) {
  (void)number, (void)numbers, (void)seconds;
  return 0;
}
int mae_mpi_end(void) { return 1; }
void mae_mpi_abort(int code) { (void)code; }

#endif
