// Change of element type. Version 1: one pass, streamed when the result is larger than the cache.
// Subnormal numbers stay, which the processor's own conversion would flush.
#include "cpu/kernel_table.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {
namespace {

template <class X, class Y>
eb_status convert(const X* x, Y* y, int64_t n) {
  parallel_write(y, n, should_stream(y, n), [=](Y* out, int64_t i, int64_t count) {
#pragma omp simd
    for (int64_t j = 0; j < count; j++) out[j] = float(x[i + j]);
  });
  return EB_OK;
}

}  // namespace

eb_status convert_f32_bf16(const float* x, uint16_t* y, int64_t n) {
  return convert(x, bf16(y), n);
}

eb_status convert_bf16_f32(const uint16_t* x, float* y, int64_t n) {
  return convert(bf16(x), y, n);
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
eb_status eb_convert_f32_bf16(const float* x, uint16_t* y, int64_t n) {
  if (n < 0 || (n > 0 && (!x || !y))) return EB_BAD_ARGUMENT;
  return eb::active().convert_f32_bf16(x, y, n);
}

eb_status eb_convert_bf16_f32(const uint16_t* x, float* y, int64_t n) {
  if (n < 0 || (n > 0 && (!x || !y))) return EB_BAD_ARGUMENT;
  return eb::active().convert_bf16_f32(x, y, n);
}
#endif
