// How fast memory is read, and how fast it is written. Version 1: each thread its part, lines in
// sequence; stores bypass the cache, or every line would be read before it is written.
#include "cpu/kernel_table.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {

eb_status memory_read(const void* from, int64_t bytes, uint64_t* sink) {
  const auto* words = static_cast<const uint64_t*>(from);
  uint64_t sum = 0;
#pragma omp parallel reduction(+ : sum)
  {
    const Part part = my_part(bytes / 64);
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 8 * part.begin; i < 8 * part.end; i++) sum += words[i];
  }
  sink[0] = sum;
  return EB_OK;
}

eb_status memory_write(void* to, int64_t bytes) {
  auto* floats = static_cast<float*>(to);
#pragma omp parallel
  {
    // Not zeros: memory may take those faster than anything else.
    alignas(64) float line[kLine];
    for (int64_t i = 0; i < kLine; i++) line[i] = 1.0f + static_cast<float>(i);
    const Part part = my_part(bytes / 64);
    for (int64_t i = part.begin; i < part.end; i++) stream_lines(floats + kLine * i, line, kLine);
    stream_end();
  }
  return EB_OK;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
namespace {
bool lines(const void* memory, int64_t bytes) {
  return memory && bytes >= 0 && bytes % 64 == 0 && reinterpret_cast<uintptr_t>(memory) % 64 == 0;
}
}  // namespace

eb_status eb_memory_read(const void* from, int64_t bytes, uint64_t* sink) {
  if (!lines(from, bytes) || !sink) return EB_BAD_ARGUMENT;
  return eb::active().memory_read(from, bytes, sink);
}

eb_status eb_memory_write(void* to, int64_t bytes) {
  if (!lines(to, bytes)) return EB_BAD_ARGUMENT;
  return eb::active().memory_write(to, bytes);
}
#endif
