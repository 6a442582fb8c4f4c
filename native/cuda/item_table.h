// Tables of tensors that one launch works on.
#ifndef EARLYBIRD_CUDA_ITEM_TABLE_H
#define EARLYBIRD_CUDA_ITEM_TABLE_H

#include "cuda/launch.h"

namespace eb::cuda {

// The item to which a block of threads belongs, by bisection; first[k]: how many blocks lie before
// item k.
__device__ inline int32_t item_of(const int32_t* first, int32_t count, int32_t block) {
  int32_t low = 0;
  int32_t high = count;
  while (high - low > 1) {
    const int32_t middle = (low + high) / 2;
    if (first[middle] <= block) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace eb::cuda

#endif
