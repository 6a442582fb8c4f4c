// A counter. Version 1: one thread; unsigned, so that it may wrap.
#include "cuda/launch.h"
#include "earlybird/cuda/optimizer.h"

namespace {

__global__ void increment_kernel(const int64_t* counter, int64_t by, int64_t* y) {
  y[0] = static_cast<int64_t>(static_cast<uint64_t>(counter[0]) + static_cast<uint64_t>(by));
}

}  // namespace

eb_status eb_cuda_increment_i64(const int64_t* counter, int64_t by, int64_t* y, void* stream) {
  if (!counter || !y) return EB_BAD_ARGUMENT;
  return eb::cuda::launch(increment_kernel, eb::cuda::grid(1), 1, stream, counter, by, y);
}
