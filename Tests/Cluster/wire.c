// Joins two network namespaces as a long cable does, where the kernel has no netem: what enters one end leaves the other later.
//
//   wire MICROSECONDS NAMESPACE NAMESPACE      a device mae-wire in each, until it is killed (as root; /dev/net/tun)
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { longest = 9216, most = 4096 };

typedef struct {
  int from, to;
  long delay;
} Direction;

typedef struct {
  long due;
  ssize_t length;
  char bytes[longest];
} Frame;

static long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000L + time.tv_nsec;
}

// A device in a namespace.
static int end_in(const char *name) {
  char path[256];
  snprintf(path, sizeof path, "/run/netns/%s", name);
  const int space = open(path, O_RDONLY | O_CLOEXEC);
  if (space < 0 || setns(space, CLONE_NEWNET)) return -1;
  close(space);
  const int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
  strcpy(request.ifr_name, "mae-wire");
  return tap < 0 || ioctl(tap, TUNSETIFF, &request) ? -1 : tap;
}

// Frames wait in a ring; when it is full they wait in the device, and then with the sender.
static void *carry(void *argument) {
  const Direction *direction = argument;
  Frame *frames = calloc(most, sizeof(Frame));
  if (!frames) exit(70);
  prctl(PR_SET_TIMERSLACK, 1UL);
  unsigned long first = 0, end = 0;
  for (;;) {
    const long wait = first == end ? 1000000000L : frames[first % most].due - now();
    struct pollfd ready = {direction->from, end - first < most ? POLLIN : 0, 0};
    const struct timespec limit = {wait > 0 ? wait / 1000000000L : 0, wait > 0 ? wait % 1000000000L : 0};
    ppoll(&ready, 1, &limit, NULL);
    while (end - first < most) {
      Frame *frame = &frames[end % most];
      frame->length = read(direction->from, frame->bytes, longest);
      if (frame->length <= 0) break;
      frame->due = now() + direction->delay;
      end++;
    }
    for (; first < end && frames[first % most].due <= now(); first++) {
      const Frame *frame = &frames[first % most];
      // A full device loses frames, as any does.
      if (write(direction->to, frame->bytes, (size_t)frame->length) < 0) continue;
    }
  }
}

int main(int count, char **arguments) {
  if (count != 4) return 64;
  const int a = end_in(arguments[2]), b = end_in(arguments[3]);
  if (a < 0 || b < 0) return perror("wire"), 69;
  const long delay = atol(arguments[1]) * 1000;
  static Direction there, back;
  there = (Direction){a, b, delay};
  back = (Direction){b, a, delay};
  pthread_t thread;
  if (pthread_create(&thread, NULL, carry, &there)) return 70;
  carry(&back);
}
