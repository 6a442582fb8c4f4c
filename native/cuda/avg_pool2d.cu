// Average pooling, forward and backward. Version 1: one thread per four channels of the result,
// sums in double. Version 2: bf16.
#include "cuda/pool_walk.h"

namespace eb::cuda {
namespace {

template <int V, class T>
__global__ void __launch_bounds__(kThreads) avg_kernel(const T* x, Pool p, T* y) {
  const uint32_t i = blockIdx.x * kThreads + threadIdx.x;
  if (i >= p.out_elements / V) return;
  const Pixel at(i, V, p.out_height, p.out_width, p.channels);
  double sum[V] = {};
  for (int32_t r = 0; r < p.kernel; r++) {
    for (int32_t c = 0; c < p.kernel; c++) {
      const int32_t row = at.row * p.stride + r;
      const int32_t column = at.column * p.stride + c;
      float v[V];
      load(x + ((at.image * p.height + row) * p.width + column) * p.channels + at.channel, v);
      for (int j = 0; j < V; j++) sum[j] += static_cast<double>(v[j]);
    }
  }
  float mean[V];
  for (int j = 0; j < V; j++) mean[j] = static_cast<float>(sum[j] / (p.kernel * p.kernel));
  store(y + i * V, mean);
}

template <int V, class T>
__global__ void __launch_bounds__(kThreads) avg_backward_kernel(const T* dy, Pool p, T* dx) {
  const uint32_t i = blockIdx.x * kThreads + threadIdx.x;
  if (i >= p.in_elements / V) return;
  const Pixel at(i, V, p.height, p.width, p.channels);
  const Windows rows(at.row, p.kernel, p.stride, p.out_height);
  const Windows columns(at.column, p.kernel, p.stride, p.out_width);
  double sum[V] = {};
  for (int32_t r = rows.first; r < rows.end; r++) {
    for (int32_t c = columns.first; c < columns.end; c++) {
      float d[V];
      load(dy + ((at.image * p.out_height + r) * p.out_width + c) * p.channels + at.channel, d);
      for (int j = 0; j < V; j++) sum[j] += static_cast<double>(d[j]);
    }
  }
  float gradient[V];
  for (int j = 0; j < V; j++) gradient[j] = static_cast<float>(sum[j] / (p.kernel * p.kernel));
  store(dx + i * V, gradient);
}

}  // namespace
}  // namespace eb::cuda

// Launches the kernel for four channels per access, or for one.
template <class T>
static eb_status run(void (*four)(const T*, eb::cuda::Pool, T*),
                     void (*one)(const T*, eb::cuda::Pool, T*), uint32_t elements,
                     const eb::cuda::Pool& p, const void* from, void* to, void* stream) {
  using namespace eb::cuda;
  const bool wide = p.channels % 4 == 0 && aligned(from, to);
  return launch(wide ? four : one, grid(ceil_div(wide ? elements / 4 : elements, kThreads)),
                kThreads, stream, static_cast<const T*>(from), p, static_cast<T*>(to));
}

eb_status eb_cuda_avg_pool2d(int32_t element, const void* x, const eb_cuda_pool* pool, void* y,
                             void* stream) {
  using namespace eb::cuda;
  Pool p;
  const eb_status valid = check_pool(pool, &p);
  if (valid != EB_OK || p.out_elements == 0) return valid;
  if (!x || !y || p.padding != 0) return EB_BAD_ARGUMENT;
  return typed(element, [=](auto* type) {
    using T = Element<decltype(type)>;
    return run<T>(avg_kernel<4, T>, avg_kernel<1, T>, p.out_elements, p, x, y, stream);
  });
}

eb_status eb_cuda_avg_pool2d_backward(int32_t element, const void* dy, const eb_cuda_pool* pool,
                                      void* dx, void* stream) {
  using namespace eb::cuda;
  Pool p;
  const eb_status valid = check_pool(pool, &p);
  if (valid != EB_OK || p.in_elements == 0) return valid;
  if (!dy || !dx || p.padding != 0) return EB_BAD_ARGUMENT;
  return typed(element, [=](auto* type) {
    using T = Element<decltype(type)>;
    return run<T>(avg_backward_kernel<4, T>, avg_backward_kernel<1, T>, p.in_elements, p, dy, dx,
                  stream);
  });
}
