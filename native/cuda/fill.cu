// Fill with one value. Version 1: the frame of map.h without operands.
#include "cuda/map.h"
#include "earlybird/cuda/elementwise.h"

namespace eb::cuda {
namespace {

// map.h makes four elements of four operands; here there are none.
__global__ void __launch_bounds__(kThreads)
    fill_kernel(float value, float* y, uint32_t n, uint32_t whole) {
  const uint32_t thread = blockIdx.x * kThreads + threadIdx.x;
  const uint32_t all = gridDim.x * kThreads;
  const float4 four = make_float4(value, value, value, value);
  for (uint32_t i = thread; i < whole / 4; i += all) store4(y + 4 * i, four);
  for (uint32_t i = whole + thread; i < n; i += all) y[i] = value;
}

}  // namespace
}  // namespace eb::cuda

eb_status eb_cuda_fill_f32(float value, float* y, int64_t n, void* stream) {
  using namespace eb::cuda;
  const eb_status valid = check(n, y);
  if (valid != EB_OK || n == 0) return valid;
  const int64_t whole = aligned(y) ? n / 4 * 4 : 0;
  const int64_t blocks = ceil_div(whole > 0 ? whole / 4 : n, kThreads);
  return launch(fill_kernel, grid(blocks < kMapBlocks ? blocks : kMapBlocks), kThreads, stream,
                value, y, n, whole);
}
