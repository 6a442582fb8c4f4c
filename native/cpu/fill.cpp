// Fill with one value. Version 1: one pass, streamed when the result is larger than the cache.
#include "cpu/kernel_table.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {

eb_status fill_f32(float value, float* y, int64_t n) {
  parallel_write(y, n, should_stream(y, n), [=](float* out, int64_t, int64_t count) {
#pragma omp simd
    for (int64_t j = 0; j < count; j++) out[j] = value;
  });
  return EB_OK;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
eb_status eb_fill_f32(float value, float* y, int64_t n) {
  if (n < 0 || (n > 0 && !y)) return EB_BAD_ARGUMENT;
  return eb::active().fill_f32(value, y, n);
}
#endif
