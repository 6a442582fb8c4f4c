// The L1 subgradient of network slimming. Version 1: one pass; only small vectors come here.
#include "common/elementwise.h"
#include "cpu/kernel_table.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {

eb_status add_sign_f32(const float* g, const float* w, float scale, float* y, int64_t n) {
  const bool stream = y != g && y != w && should_stream(y, n);
  parallel_write(y, n, stream, [=](float* out, int64_t i, int64_t count) {
#pragma omp simd
    for (int64_t j = 0; j < count; j++) out[j] = eb_add_sign(g[i + j], w[i + j], scale);
  });
  return EB_OK;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
eb_status eb_add_sign_f32(const float* g, const float* w, float scale, float* y, int64_t n) {
  if (n < 0 || (n > 0 && (!g || !w || !y))) return EB_BAD_ARGUMENT;
  return eb::active().add_sign_f32(g, w, scale, y, n);
}
#endif
