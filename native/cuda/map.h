// The frame of element-wise kernels: y[i] = f(a[i], b[i], …).
// Version 1: one element per thread and round. Version 2: 16 bytes per access where all pointers
// allow it, a grid of at most 2048 blocks that walks over larger tensors. Version 3: operands and
// result of any element type.
#ifndef EARLYBIRD_CUDA_MAP_H
#define EARLYBIRD_CUDA_MAP_H

#include "cuda/element.h"

namespace eb::cuda {

constexpr int64_t kMapBlocks = 2048;

template <class F, class... V>
__device__ float4 apply4(const F& f, V... v) {
  return make_float4(f(v.x...), f(v.y...), f(v.z...), f(v.w...));
}

// Elements [0, whole) in groups of four, the rest one by one; whole is a multiple of four.
template <class F, class T, class... In>
__global__ void __launch_bounds__(kThreads)
    map_kernel(F f, T* y, uint32_t n, uint32_t whole, In... in) {
  const uint32_t thread = blockIdx.x * kThreads + threadIdx.x;
  const uint32_t all = gridDim.x * kThreads;
  for (uint32_t i = thread; i < whole / 4; i += all) {
    store4(y + 4 * i, apply4(f, load4(in + 4 * i)...));
  }
  for (uint32_t i = whole + thread; i < n; i += all) put(y + i, f(get(in + i)...));
}

template <class F, class T, class... In>
eb_status map(F f, T* y, int64_t n, void* stream, In... in) {
  const eb_status valid = check(n, y, in...);
  if (valid != EB_OK || n == 0) return valid;
  const int64_t whole = aligned(y, in...) ? n / 4 * 4 : 0;
  const int64_t work = whole > 0 ? whole / 4 : n;
  const int64_t blocks = ceil_div(work, kThreads);
  return launch(map_kernel<F, T, In...>, grid(blocks < kMapBlocks ? blocks : kMapBlocks), kThreads,
                stream, f, y, n, whole, in...);
}

}  // namespace eb::cuda

#endif
