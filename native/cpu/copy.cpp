// Copy. Version 1: memcpy per thread; it decides to stream by the size of the cache that the system
// reports, which is wrong in many virtual machines (19 of 35 GB/s). Version 2: our own streaming.
#include <string.h>

#include "cpu/kernel_table.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {

eb_status copy(const void* from, void* to, int64_t bytes) {
  const int64_t n = bytes / static_cast<int64_t>(sizeof(float));
  const char* source = static_cast<const char*>(from);
  char* target = static_cast<char*>(to);
  float* floats = static_cast<float*>(to);
  parallel_ranges(n, kTile, [=](int64_t begin, int64_t end) {
    const char* part = source + begin * sizeof(float);
    if (should_stream(floats, n)) {
      stream_range(floats + begin, end - begin, [=](float* out, int64_t i, int64_t count) {
        memcpy(out, part + i * sizeof(float), static_cast<size_t>(count) * sizeof(float));
      });
      stream_end();
    } else {
      memcpy(floats + begin, part, static_cast<size_t>(end - begin) * sizeof(float));
    }
  });
  const size_t done = static_cast<size_t>(n) * sizeof(float);
  memcpy(target + done, source + done, static_cast<size_t>(bytes) - done);
  return EB_OK;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
eb_status eb_copy(const void* from, void* to, int64_t bytes) {
  if (bytes < 0 || (bytes > 0 && (!from || !to))) return EB_BAD_ARGUMENT;
  if (bytes == 0) return EB_OK;
  return eb::active().copy(from, to, bytes);
}
#endif
