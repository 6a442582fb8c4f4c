// Elementwise sum. Version 1: the frame of map.h.
#include "cuda/map.h"
#include "earlybird/cuda/elementwise.h"

namespace {

struct Sum {
  __device__ float operator()(float a, float b) const { return a + b; }
};

}  // namespace

eb_status eb_cuda_add_f32(const float* a, const float* b, float* y, int64_t n, void* stream) {
  return eb::cuda::map(Sum(), y, n, stream, a, b);
}
