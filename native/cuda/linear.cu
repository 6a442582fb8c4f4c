// What a matrix product leaves to do in a fully connected layer: its bias and the bias's gradient.
// Version 1: one thread per element of the bias's rows; one warp line per 32 columns of the sums.
#include "cuda/launch.h"
#include "earlybird/cuda/elementwise.h"

namespace eb::cuda {
namespace {

__global__ void __launch_bounds__(kThreads)
    fill_rows_kernel(const float* x, uint32_t columns, uint32_t n, float* y) {
  const uint32_t i = blockIdx.x * kThreads + threadIdx.x;
  if (i < n) y[i] = x[i % columns];
}

// A block sums 32 columns: line l takes rows l, l + 8, …, then the eight lines are added in order.
__global__ void __launch_bounds__(kThreads)
    column_sums_kernel(const float* x, uint32_t rows, uint32_t columns, float* y) {
  constexpr int kLines = kThreads / kWarp;
  __shared__ double sums[kLines][kWarp];
  const uint32_t lane = threadIdx.x % kWarp;
  const uint32_t line = threadIdx.x / kWarp;
  const uint32_t column = blockIdx.x * kWarp + lane;
  double sum = 0.0;
  if (column < columns) {
    for (uint32_t r = line; r < rows; r += kLines) {
      sum += static_cast<double>(x[r * columns + column]);
    }
  }
  sums[line][lane] = sum;
  __syncthreads();
  if (line == 0 && column < columns) {
    for (int l = 1; l < kLines; l++) sum += sums[l][lane];
    y[column] = static_cast<float>(sum);
  }
}

}  // namespace
}  // namespace eb::cuda

eb_status eb_cuda_fill_rows_f32(const float* x, int64_t rows, int64_t columns, float* y,
                                void* stream) {
  using namespace eb::cuda;
  const int64_t n = product(rows, columns);
  const eb_status valid = check(n, x, y);
  if (valid != EB_OK || n == 0) return valid;
  return launch(fill_rows_kernel, grid(ceil_div(n, kThreads)), kThreads, stream, x, columns, n, y);
}

eb_status eb_cuda_column_sums_f32(const float* x, int64_t rows, int64_t columns, float* y,
                                  void* stream) {
  using namespace eb::cuda;
  const int64_t n = product(rows, columns);
  if (n < 0 || (columns > 0 && !y) || (n > 0 && !x)) return EB_BAD_ARGUMENT;
  if (n > kMaxElements) return EB_UNSUPPORTED;
  if (columns == 0) return EB_OK;
  return launch(column_sums_kernel, grid(ceil_div(columns, kWarp)), kThreads, stream, x, rows,
                columns, y);
}
