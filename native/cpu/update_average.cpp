// Running averages. Version 1: one pass; only small vectors come here.
#include "common/elementwise.h"
#include "cpu/kernel_table.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {

eb_status update_average_f32(const float* average, const float* value, const float* momentum,
                             float correction, float* y, int64_t n) {
  const float rate = momentum[0];
  const bool stream = y != average && y != value && should_stream(y, n);
  parallel_write(y, n, stream, [=](float* out, int64_t i, int64_t count) {
#pragma omp simd
    for (int64_t j = 0; j < count; j++) {
      out[j] = eb_average(average[i + j], value[i + j], rate, correction);
    }
  });
  return EB_OK;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
eb_status eb_update_average_f32(const float* average, const float* value, const float* momentum,
                                float correction, float* y, int64_t n) {
  if (n < 0 || !momentum || (n > 0 && (!average || !value || !y))) return EB_BAD_ARGUMENT;
  return eb::active().update_average_f32(average, value, momentum, correction, y, n);
}
#endif
