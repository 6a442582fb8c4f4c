// Max pooling, forward and backward. Version 1: one thread per element of the result. Version 2:
// four channels per thread where their number allows; backward gathers from the windows that hold a
// pixel instead of scattering, so that it needs no atomics and always adds in the same order. Version 3: bf16.
#include "common/pool.h"
#include "cuda/pool_walk.h"

namespace eb::cuda {
namespace {

template <int V, class T>
__global__ void __launch_bounds__(kThreads) max_kernel(const T* x, Pool p, T* y, uint8_t* places) {
  const uint32_t i = blockIdx.x * kThreads + threadIdx.x;
  if (i >= p.out_elements / V) return;
  const Pixel at(i, V, p.out_height, p.out_width, p.channels);
  const int32_t top = at.row * p.stride - p.padding;
  const int32_t left = at.column * p.stride - p.padding;
  float best[V] = {};
  uint8_t place[V] = {};
  bool seen = false;
  for (int32_t r = 0; r < p.kernel; r++) {
    for (int32_t c = 0; c < p.kernel; c++) {
      const int32_t row = top + r;
      const int32_t column = left + c;
      if (row < 0 || row >= p.height || column < 0 || column >= p.width) continue;
      float v[V];
      load(x + ((at.image * p.height + row) * p.width + column) * p.channels + at.channel, v);
      for (int j = 0; j < V; j++) {
        if (!seen || eb_pool_wins(v[j], best[j])) {
          best[j] = v[j];
          place[j] = static_cast<uint8_t>(r * p.kernel + c);
        }
      }
      seen = true;
    }
  }
  store(y + i * V, best);
  for (int j = 0; j < V; j++) places[i * V + j] = place[j];
}

template <int V, class T>
__global__ void __launch_bounds__(kThreads)
    max_backward_kernel(const T* dy, const uint8_t* places, Pool p, T* dx) {
  const uint32_t i = blockIdx.x * kThreads + threadIdx.x;
  if (i >= p.in_elements / V) return;
  const Pixel at(i, V, p.height, p.width, p.channels);
  const Windows rows(at.row + p.padding, p.kernel, p.stride, p.out_height);
  const Windows columns(at.column + p.padding, p.kernel, p.stride, p.out_width);
  float sum[V] = {};
  for (int32_t r = rows.first; r < rows.end; r++) {
    for (int32_t c = columns.first; c < columns.end; c++) {
      const int32_t mine =
          (at.row + p.padding - r * p.stride) * p.kernel + at.column + p.padding - c * p.stride;
      const int32_t o = ((at.image * p.out_height + r) * p.out_width + c) * p.channels + at.channel;
      float d[V];
      load(dy + o, d);
      for (int j = 0; j < V; j++) {
        if (places[o + j] == mine) sum[j] += d[j];
      }
    }
  }
  store(dx + i * V, sum);
}

}  // namespace
}  // namespace eb::cuda

eb_status eb_cuda_max_pool2d(int32_t element, const void* x, const eb_cuda_pool* pool, void* y,
                             uint8_t* places, void* stream) {
  using namespace eb::cuda;
  Pool p;
  const eb_status valid = check_pool(pool, &p);
  if (valid != EB_OK || p.out_elements == 0) return valid;
  if (!x || !y || !places) return EB_BAD_ARGUMENT;
  return typed(element, [=](auto* type) {
    using T = Element<decltype(type)>;
    const T* from = static_cast<const T*>(x);
    T* to = static_cast<T*>(y);
    return p.channels % 4 == 0 && aligned(x, y)
               ? launch(max_kernel<4, T>, grid(ceil_div(p.out_elements / 4, kThreads)), kThreads,
                        stream, from, p, to, places)
               : launch(max_kernel<1, T>, grid(ceil_div(p.out_elements, kThreads)), kThreads,
                        stream, from, p, to, places);
  });
}

eb_status eb_cuda_max_pool2d_backward(int32_t element, const void* dy, const uint8_t* places,
                                      const eb_cuda_pool* pool, void* dx, void* stream) {
  using namespace eb::cuda;
  Pool p;
  const eb_status valid = check_pool(pool, &p);
  if (valid != EB_OK || p.in_elements == 0) return valid;
  if (!dy || !places || !dx) return EB_BAD_ARGUMENT;
  return typed(element, [=](auto* type) {
    using T = Element<decltype(type)>;
    const T* from = static_cast<const T*>(dy);
    T* to = static_cast<T*>(dx);
    return p.channels % 4 == 0 && aligned(dy, dx)
               ? launch(max_backward_kernel<4, T>, grid(ceil_div(p.in_elements / 4, kThreads)),
                        kThreads, stream, from, places, p, to)
               : launch(max_backward_kernel<1, T>, grid(ceil_div(p.in_elements, kThreads)),
                        kThreads, stream, from, places, p, to);
  });
}
