// Channel selection, forward and backward. Version 1: one thread per element of the result; the
// plan fuses nearly all of them into batch norm. Version 2: bf16.
#include "cuda/element.h"
#include "earlybird/cuda/batch_norm.h"

namespace eb::cuda {
namespace {

template <class T>
__global__ void __launch_bounds__(kThreads)
    select_kernel(const T* x, uint32_t channels, const int32_t* selected, uint32_t kept, uint32_t n,
                  T* y) {
  const uint32_t i = blockIdx.x * kThreads + threadIdx.x;
  if (i < n) y[i] = x[i / kept * channels + selected[i % kept]];
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    select_backward_kernel(const T* dy, uint32_t channels, const int32_t* position, uint32_t kept,
                           uint32_t n, T* dx) {
  const uint32_t i = blockIdx.x * kThreads + threadIdx.x;
  if (i >= n) return;
  const int32_t k = position[i % channels];
  dx[i] = k >= 0 ? dy[i / channels * kept + k] : T{};
}

bool fits(int64_t rows, int64_t channels, int64_t kept) {
  return rows >= 0 && channels >= 0 && kept >= 0 && kept <= channels;
}

}  // namespace
}  // namespace eb::cuda

eb_status eb_cuda_select(int32_t element, const void* x, int64_t rows, int64_t channels,
                         const int32_t* selected, int64_t kept, void* y, void* stream) {
  using namespace eb::cuda;
  if (!fits(rows, channels, kept)) return EB_BAD_ARGUMENT;
  const int64_t n = product(rows, kept);
  const eb_status valid = check(n, x, selected, y);
  if (valid != EB_OK || n == 0) return valid;
  if (product(rows, channels) > kMaxElements) return EB_UNSUPPORTED;
  return typed(element, [=](auto* type) {
    using T = Element<decltype(type)>;
    return launch(select_kernel<T>, grid(ceil_div(n, kThreads)), kThreads, stream,
                  static_cast<const T*>(x), channels, selected, kept, n, static_cast<T*>(y));
  });
}

eb_status eb_cuda_select_backward(int32_t element, const void* dy, int64_t rows, int64_t channels,
                                  const int32_t* position, int64_t kept, void* dx, void* stream) {
  using namespace eb::cuda;
  if (!fits(rows, channels, kept)) return EB_BAD_ARGUMENT;
  const int64_t n = product(rows, channels);
  const eb_status valid = kept > 0 ? check(n, dy, position, dx) : check(n, position, dx);
  if (valid != EB_OK || n == 0) return valid;
  return typed(element, [=](auto* type) {
    using T = Element<decltype(type)>;
    return launch(select_backward_kernel<T>, grid(ceil_div(n, kThreads)), kThreads, stream,
                  static_cast<const T*>(dy), channels, position, kept, n, static_cast<T*>(dx));
  });
}
