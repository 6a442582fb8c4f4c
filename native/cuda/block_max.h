// The largest exponent that a block of threads found.
#ifndef EARLYBIRD_CUDA_BLOCK_MAX_H
#define EARLYBIRD_CUDA_BLOCK_MAX_H

#include "cuda/launch.h"

namespace eb::cuda {

__device__ inline int32_t larger(int32_t a, int32_t b) { return a > b ? a : b; }

// The largest value of all threads, given to each of them; every thread must call it.
__device__ inline int32_t block_max(int32_t v) {
  __shared__ int32_t of_warp[kThreads / kWarp];
  for (int lanes = kWarp / 2; lanes > 0; lanes /= 2) {
    v = larger(v, __shfl_xor_sync(kAllLanes, v, lanes));
  }
  __syncthreads();  // The last call's readers are done.
  if (threadIdx.x % kWarp == 0) of_warp[threadIdx.x / kWarp] = v;
  __syncthreads();
  int32_t most = of_warp[0];
  for (int w = 1; w < kThreads / kWarp; w++) most = larger(most, of_warp[w]);
  return most;
}

}  // namespace eb::cuda

#endif
