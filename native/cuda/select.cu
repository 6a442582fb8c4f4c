// Channel selection, forward and backward. Version 1: one thread per element of the result; the
// plan fuses nearly all of them into batch norm.
#include "cuda/launch.h"
#include "earlybird/cuda/batch_norm.h"

namespace eb::cuda {
namespace {

__global__ void __launch_bounds__(kThreads)
    select_kernel(const float* x, uint32_t channels, const int32_t* selected, uint32_t kept,
                  uint32_t n, float* y) {
  const uint32_t i = blockIdx.x * kThreads + threadIdx.x;
  if (i < n) y[i] = x[i / kept * channels + selected[i % kept]];
}

__global__ void __launch_bounds__(kThreads)
    select_backward_kernel(const float* dy, uint32_t channels, const int32_t* position,
                           uint32_t kept, uint32_t n, float* dx) {
  const uint32_t i = blockIdx.x * kThreads + threadIdx.x;
  if (i >= n) return;
  const int32_t k = position[i % channels];
  dx[i] = k >= 0 ? dy[i / channels * kept + k] : 0.0f;
}

bool fits(int64_t rows, int64_t channels, int64_t kept) {
  return rows >= 0 && channels >= 0 && kept >= 0 && kept <= channels;
}

}  // namespace
}  // namespace eb::cuda

eb_status eb_cuda_select_f32(const float* x, int64_t rows, int64_t channels,
                             const int32_t* selected, int64_t kept, float* y, void* stream) {
  using namespace eb::cuda;
  if (!fits(rows, channels, kept)) return EB_BAD_ARGUMENT;
  const int64_t n = product(rows, kept);
  const eb_status valid = check(n, x, selected, y);
  if (valid != EB_OK || n == 0) return valid;
  if (product(rows, channels) > kMaxElements) return EB_UNSUPPORTED;
  return launch(select_kernel, grid(ceil_div(n, kThreads)), kThreads, stream, x, channels, selected,
                kept, n, y);
}

eb_status eb_cuda_select_backward_f32(const float* dy, int64_t rows, int64_t channels,
                                      const int32_t* position, int64_t kept, float* dx,
                                      void* stream) {
  using namespace eb::cuda;
  if (!fits(rows, channels, kept)) return EB_BAD_ARGUMENT;
  const int64_t n = product(rows, channels);
  const eb_status valid = kept > 0 ? check(n, dy, position, dx) : check(n, position, dx);
  if (valid != EB_OK || n == 0) return valid;
  return launch(select_backward_kernel, grid(ceil_div(n, kThreads)), kThreads, stream, dy, channels,
                position, kept, n, dx);
}
