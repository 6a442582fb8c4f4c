// Average pooling, forward and backward. Version 1: one thread per four channels of the result,
// sums in double.
#include "cuda/pool_walk.h"

namespace eb::cuda {
namespace {

template <int V>
__global__ void __launch_bounds__(kThreads) avg_kernel(const float* x, Pool p, float* y) {
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

template <int V>
__global__ void __launch_bounds__(kThreads)
    avg_backward_kernel(const float* dy, Pool p, float* dx) {
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

eb_status eb_cuda_avg_pool2d_f32(const float* x, const eb_cuda_pool* pool, float* y, void* stream) {
  using namespace eb::cuda;
  Pool p;
  const eb_status valid = check_pool(pool, &p);
  if (valid != EB_OK || p.out_elements == 0) return valid;
  if (!x || !y || p.padding != 0) return EB_BAD_ARGUMENT;
  return p.channels % 4 == 0 && aligned(x, y)
             ? launch(avg_kernel<4>, grid(ceil_div(p.out_elements / 4, kThreads)), kThreads, stream,
                      x, p, y)
             : launch(avg_kernel<1>, grid(ceil_div(p.out_elements, kThreads)), kThreads, stream, x,
                      p, y);
}

eb_status eb_cuda_avg_pool2d_backward_f32(const float* dy, const eb_cuda_pool* pool, float* dx,
                                          void* stream) {
  using namespace eb::cuda;
  Pool p;
  const eb_status valid = check_pool(pool, &p);
  if (valid != EB_OK || p.in_elements == 0) return valid;
  if (!dy || !dx || p.padding != 0) return EB_BAD_ARGUMENT;
  return p.channels % 4 == 0 && aligned(dy, dx)
             ? launch(avg_backward_kernel<4>, grid(ceil_div(p.in_elements / 4, kThreads)), kThreads,
                      stream, dy, p, dx)
             : launch(avg_backward_kernel<1>, grid(ceil_div(p.in_elements, kThreads)), kThreads,
                      stream, dy, p, dx);
}
