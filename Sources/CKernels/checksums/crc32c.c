#include <stddef.h>
#include <string.h>

#include "CKernels.h"

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) int32_t mae_crc32c(uint32_t *crc, const void *bytes, int64_t count) {
  if (!__builtin_cpu_supports("sse4.2")) return 0;
  const uint8_t *byte = bytes;
  uint64_t value = *crc;
  for (; count >= 8; byte += 8, count -= 8) {
    uint64_t word;
    memcpy(&word, byte, 8);
    value = __builtin_ia32_crc32di(value, word);
  }
  uint32_t rest = (uint32_t)value;
  for (; count > 0; byte++, count--) rest = __builtin_ia32_crc32qi(rest, *byte);
  *crc = rest;
  return 1;
}

#else

int32_t mae_crc32c(uint32_t *crc, const void *bytes, int64_t count) { return 0; }

#endif
