// ReLU, forward and backward.
// Version 1: one pass; the ternaries compile to a compare and a blend. Version 2: results larger
// than the cache are streamed past it.
#include "common/elementwise.h"
#include "cpu/kernel_table.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {

eb_status relu_f32(const float* x, float* y, int64_t n) {
  parallel_write(y, n, x != y && should_stream(y, n), [=](float* out, int64_t i, int64_t count) {
#pragma omp simd
    for (int64_t j = 0; j < count; j++) out[j] = eb_relu(x[i + j]);
  });
  return EB_OK;
}

eb_status relu_backward_f32(const float* y, const float* dy, float* dx, int64_t n) {
  const bool stream = dx != dy && dx != y && should_stream(dx, n);
  parallel_write(dx, n, stream, [=](float* out, int64_t i, int64_t count) {
#pragma omp simd
    for (int64_t j = 0; j < count; j++) out[j] = eb_relu_gradient(y[i + j], dy[i + j]);
  });
  return EB_OK;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
eb_status eb_relu_f32(const float* x, float* y, int64_t n) {
  if (n < 0 || (n > 0 && (!x || !y))) return EB_BAD_ARGUMENT;
  return eb::active().relu_f32(x, y, n);
}

eb_status eb_relu_backward_f32(const float* y, const float* dy, float* dx, int64_t n) {
  if (n < 0 || (n > 0 && (!y || !dy || !dx))) return EB_BAD_ARGUMENT;
  return eb::active().relu_backward_f32(y, dy, dx, n);
}
#endif
