// Elementwise sum. Version 1: one pass, streamed when the result is larger than the cache.
#include "cpu/kernel_table.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {

namespace {

template <class T>
eb_status add(const T* a, const T* b, T* y, int64_t n) {
  const bool stream = y != a && y != b && should_stream(y, n);
  parallel_write(y, n, stream, [=](T* out, int64_t i, int64_t count) {
#pragma omp simd
    for (int64_t j = 0; j < count; j++) out[j] = float(a[i + j]) + float(b[i + j]);
  });
  return EB_OK;
}

}  // namespace

eb_status add_f32(const float* a, const float* b, float* y, int64_t n) { return add(a, b, y, n); }

eb_status add_bf16(const uint16_t* a, const uint16_t* b, uint16_t* y, int64_t n) {
  return add(bf16(a), bf16(b), bf16(y), n);
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
eb_status eb_add_f32(const float* a, const float* b, float* y, int64_t n) {
  if (n < 0 || (n > 0 && (!a || !b || !y))) return EB_BAD_ARGUMENT;
  return eb::active().add_f32(a, b, y, n);
}

eb_status eb_add_bf16(const uint16_t* a, const uint16_t* b, uint16_t* y, int64_t n) {
  if (n < 0 || (n > 0 && (!a || !b || !y))) return EB_BAD_ARGUMENT;
  return eb::active().add_bf16(a, b, y, n);
}
#endif
