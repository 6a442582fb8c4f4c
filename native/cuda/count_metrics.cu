// Metric counters. Version 1: one block, a warp per row; counts are integers, so any order of
// adding them gives the same bits.
#include <math.h>

#include "cuda/launch.h"
#include "earlybird/cuda/loss.h"

namespace eb::cuda {
namespace {

constexpr int kWarps = kThreads / kWarp;
constexpr int kCounters = 6;

// How many classes come before the label's: 0 is top-1. -1 if the label never counts.
__device__ int32_t rank(const float* logits, int32_t label, uint32_t classes, uint32_t lane) {
  if (label < 0 || static_cast<uint32_t>(label) >= classes) return -1;
  const float own = logits[label];
  int32_t before = 0;
  for (uint32_t j = lane; j < classes; j += kWarp) {
    const float other = logits[j];
    before += other > own || (other == own && j < static_cast<uint32_t>(label));
  }
  for (int step = kWarp / 2; step > 0; step /= 2) {
    before += __shfl_xor_sync(kAllLanes, before, step);
  }
  return own == own ? before : -1;
}

__global__ void __launch_bounds__(kThreads)
    metrics_kernel(const double* counters, const float* logits, const int32_t* labels,
                   const float* loss, const int64_t* step, uint32_t rows, uint32_t classes,
                   double* updated) {
  __shared__ int32_t top1[kWarps];
  __shared__ int32_t top5[kWarps];
  const uint32_t warp = threadIdx.x / kWarp;
  const uint32_t lane = threadIdx.x % kWarp;
  int32_t first = 0;
  int32_t among = 0;
  for (uint32_t row = warp; row < rows; row += kWarps) {
    const int32_t before = rank(logits + row * classes, labels[row], classes, lane);
    first += before == 0;
    among += before >= 0 && before < 5;
  }
  if (lane == 0) {
    top1[warp] = first;
    top5[warp] = among;
  }
  __syncthreads();
  if (threadIdx.x != 0) return;
  double c[kCounters];
  for (int i = 0; i < kCounters; i++) c[i] = counters[i];
  const double mean = static_cast<double>(loss[0]);
  c[0] += static_cast<double>(rows) * mean;
  c[1] += static_cast<double>(rows);
  for (int w = 0; w < kWarps; w++) {
    c[2] += top1[w];
    c[3] += top5[w];
  }
  c[4] += 1.0;
  if (!isfinite(mean) && c[5] == 0.0) c[5] = static_cast<double>(step[0] + 1);
  for (int i = 0; i < kCounters; i++) updated[i] = c[i];
}

}  // namespace
}  // namespace eb::cuda

eb_status eb_cuda_count_metrics_f32(const double* counters, const float* logits,
                                    const int32_t* labels, const float* loss, const int64_t* step,
                                    int64_t rows, int64_t classes, double* updated, void* stream) {
  using namespace eb::cuda;
  if (rows < 0 || classes < 0 || !counters || !loss || !step || !updated) return EB_BAD_ARGUMENT;
  const int64_t n = product(rows, classes);
  if (n > kMaxElements) return EB_UNSUPPORTED;
  if (n > 0 && (!logits || !labels)) return EB_BAD_ARGUMENT;
  return launch(metrics_kernel, grid(1), kThreads, stream, counters, logits, labels, loss, step,
                n > 0 ? rows : 0, classes, updated);
}
