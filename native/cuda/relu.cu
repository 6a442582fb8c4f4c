// ReLU, forward and backward. Version 1: the frame of map.h.
#include "common/elementwise.h"
#include "cuda/map.h"
#include "earlybird/cuda/elementwise.h"

namespace {

struct Forward {
  __device__ float operator()(float x) const { return eb_relu(x); }
};

struct Backward {
  __device__ float operator()(float y, float dy) const { return eb_relu_gradient(y, dy); }
};

}  // namespace

eb_status eb_cuda_relu_f32(const float* x, float* y, int64_t n, void* stream) {
  return eb::cuda::map(Forward(), y, n, stream, x);
}

eb_status eb_cuda_relu_backward_f32(const float* y, const float* dy, float* dx, int64_t n,
                                    void* stream) {
  return eb::cuda::map(Backward(), dx, n, stream, y, dy);
}
