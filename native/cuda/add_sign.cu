// The L1 subgradient of network slimming. Version 1: the frame of map.h.
#include "common/elementwise.h"
#include "cuda/map.h"
#include "earlybird/cuda/optimizer.h"

namespace {

struct AddSign {
  float scale;

  __device__ float operator()(float g, float w) const { return eb_add_sign(g, w, scale); }
};

}  // namespace

eb_status eb_cuda_add_sign_f32(const float* g, const float* w, float scale, float* y, int64_t n,
                               void* stream) {
  return eb::cuda::map(AddSign{scale}, y, n, stream, g, w);
}
