// Softmax cross-entropy and its gradient. Version 1: one warp per row, in double; one block joins
// the rows' losses in a fixed order.
#include <math.h>

#include "cuda/launch.h"
#include "earlybird/cuda/loss.h"

namespace eb::cuda {
namespace {

constexpr int kWarps = kThreads / kWarp;

// The larger one; a NaN wins.
__device__ double larger(double a, double b) { return a != a || a > b ? a : b; }

__device__ double warp_max(double v) {
  for (int step = kWarp / 2; step > 0; step /= 2) {
    v = larger(v, __shfl_xor_sync(kAllLanes, v, step));
  }
  return v;
}

__device__ double warp_sum(double v) {
  for (int step = kWarp / 2; step > 0; step /= 2) v += __shfl_xor_sync(kAllLanes, v, step);
  return v;
}

__device__ bool in_range(int32_t label, uint32_t classes) {
  return label >= 0 && static_cast<uint32_t>(label) < classes;
}

__global__ void __launch_bounds__(kThreads)
    softmax_kernel(const float* logits, const int32_t* labels, uint32_t rows, uint32_t classes,
                   float* probabilities, double* losses) {
  const uint32_t row = blockIdx.x * kWarps + threadIdx.x / kWarp;
  const uint32_t lane = threadIdx.x % kWarp;
  if (row >= rows) return;
  const float* z = logits + row * classes;
  const int32_t label = labels[row];
  double own = in_range(label, classes) ? static_cast<double>(z[label]) : nan("");
  double most = -INFINITY;
  for (uint32_t j = lane; j < classes; j += kWarp) most = larger(static_cast<double>(z[j]), most);
  most = warp_max(most);
  double sum = 0.0;
  for (uint32_t j = lane; j < classes; j += kWarp) sum += exp(static_cast<double>(z[j]) - most);
  sum = warp_sum(sum);
  if (lane == 0) losses[row] = log(sum) - (own - most);
  for (uint32_t j = lane; j < classes; j += kWarp) {
    probabilities[row * classes + j] =
        static_cast<float>(exp(static_cast<double>(z[j]) - most) / sum);
  }
}

__global__ void __launch_bounds__(kThreads)
    mean_kernel(const double* losses, uint32_t rows, float* loss) {
  __shared__ double sums[kThreads];
  double sum = 0.0;
  for (uint32_t i = threadIdx.x; i < rows; i += kThreads) sum += losses[i];
  sums[threadIdx.x] = sum;
  for (uint32_t half = kThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
  }
  if (threadIdx.x == 0) loss[0] = static_cast<float>(sums[0] / static_cast<double>(rows));
}

__global__ void __launch_bounds__(kThreads)
    backward_kernel(const float* probabilities, const int32_t* labels, const float* dloss,
                    uint32_t classes, uint32_t n, double rows, float* dlogits) {
  const uint32_t i = blockIdx.x * kThreads + threadIdx.x;
  if (i >= n) return;
  const double hot = static_cast<uint32_t>(labels[i / classes]) == i % classes ? 1.0 : 0.0;
  const double d = static_cast<double>(dloss[0]) * (static_cast<double>(probabilities[i]) - hot);
  dlogits[i] = static_cast<float>(d / rows);
}

eb_status check_loss(int64_t rows, int64_t classes) {
  if (rows <= 0 || classes <= 0) return EB_BAD_ARGUMENT;
  return product(rows, classes) > kMaxElements ? EB_UNSUPPORTED : EB_OK;
}

}  // namespace
}  // namespace eb::cuda

eb_status eb_cuda_softmax_cross_entropy_f32(const float* logits, const int32_t* labels,
                                            int64_t rows, int64_t classes, float* loss,
                                            float* probabilities, void* scratch, void* stream) {
  using namespace eb::cuda;
  eb_status status = check_loss(rows, classes);
  if (status != EB_OK) return status;
  if (!logits || !labels || !loss || !probabilities || !scratch) return EB_BAD_ARGUMENT;
  double* losses = static_cast<double*>(scratch);
  status = launch(softmax_kernel, grid(ceil_div(rows, kWarps)), kThreads, stream, logits, labels,
                  rows, classes, probabilities, losses);
  if (status != EB_OK) return status;
  return launch(mean_kernel, grid(1), kThreads, stream, losses, rows, loss);
}

eb_status eb_cuda_softmax_cross_entropy_backward_f32(const float* probabilities,
                                                     const int32_t* labels, const float* dloss,
                                                     int64_t rows, int64_t classes, float* dlogits,
                                                     void* stream) {
  using namespace eb::cuda;
  const eb_status valid = check_loss(rows, classes);
  if (valid != EB_OK) return valid;
  if (!probabilities || !labels || !dloss || !dlogits) return EB_BAD_ARGUMENT;
  const int64_t n = rows * classes;
  return launch(backward_kernel, grid(ceil_div(n, kThreads)), kThreads, stream, probabilities,
                labels, dloss, classes, n, static_cast<double>(rows), dlogits);
}
