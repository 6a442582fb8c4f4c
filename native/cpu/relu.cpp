// ReLU, forward and backward.
// Version 1: one pass; the ternaries compile to a compare and a blend. Version 2: results larger
// than the cache are streamed past it.
#include "common/elementwise.h"
#include "cpu/kernel_table.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {

namespace {

template <class T>
eb_status relu(const T* x, T* y, int64_t n) {
  parallel_write(y, n, x != y && should_stream(y, n), [=](T* out, int64_t i, int64_t count) {
#pragma omp simd
    for (int64_t j = 0; j < count; j++) out[j] = eb_relu(x[i + j]);
  });
  return EB_OK;
}

template <class T>
eb_status relu_backward(const T* y, const T* dy, T* dx, int64_t n) {
  const bool stream = dx != dy && dx != y && should_stream(dx, n);
  parallel_write(dx, n, stream, [=](T* out, int64_t i, int64_t count) {
#pragma omp simd
    for (int64_t j = 0; j < count; j++) out[j] = eb_relu_gradient(y[i + j], dy[i + j]);
  });
  return EB_OK;
}

}  // namespace

eb_status relu_f32(const float* x, float* y, int64_t n) { return relu(x, y, n); }

eb_status relu_bf16(const uint16_t* x, uint16_t* y, int64_t n) { return relu(bf16(x), bf16(y), n); }

eb_status relu_backward_f32(const float* y, const float* dy, float* dx, int64_t n) {
  return relu_backward(y, dy, dx, n);
}

eb_status relu_backward_bf16(const uint16_t* y, const uint16_t* dy, uint16_t* dx, int64_t n) {
  return relu_backward(bf16(y), bf16(dy), bf16(dx), n);
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

eb_status eb_relu_bf16(const uint16_t* x, uint16_t* y, int64_t n) {
  if (n < 0 || (n > 0 && (!x || !y))) return EB_BAD_ARGUMENT;
  return eb::active().relu_bf16(x, y, n);
}

eb_status eb_relu_backward_bf16(const uint16_t* y, const uint16_t* dy, uint16_t* dx, int64_t n) {
  if (n < 0 || (n > 0 && (!y || !dy || !dx))) return EB_BAD_ARGUMENT;
  return eb::active().relu_backward_bf16(y, dy, dx, n);
}
#endif
