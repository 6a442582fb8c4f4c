// ReLU, forward and backward. Version 1: one streaming pass; the ternaries compile to a compare and
// a blend, so the loop runs at memory speed.
#include "cpu/kernel_table.h"

namespace eb::EB_ISA {

eb_status relu_f32(const float* x, float* y, int64_t n) {
#pragma omp parallel for simd schedule(static)
  for (int64_t i = 0; i < n; i++) {
    // Written so that a NaN, which compares false, is kept.
    y[i] = x[i] <= 0.0f ? 0.0f : x[i];
  }
  return EB_OK;
}

eb_status relu_backward_f32(const float* y, const float* dy, float* dx, int64_t n) {
#pragma omp parallel for simd schedule(static)
  for (int64_t i = 0; i < n; i++) {
    dx[i] = y[i] > 0.0f ? dy[i] : 0.0f;
  }
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
