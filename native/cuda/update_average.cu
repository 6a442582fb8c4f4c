// Running averages. Version 1: the frame of map.h; only small vectors come here.
#include "common/elementwise.h"
#include "cuda/map.h"
#include "earlybird/cuda/optimizer.h"

namespace {

struct Average {
  const float* momentum;
  float correction;

  __device__ float operator()(float average, float value) const {
    return eb_average(average, value, momentum[0], correction);
  }
};

}  // namespace

eb_status eb_cuda_update_average_f32(const float* average, const float* value,
                                     const float* momentum, float correction, float* y, int64_t n,
                                     void* stream) {
  if (!momentum) return EB_BAD_ARGUMENT;
  return eb::cuda::map(Average{momentum, correction}, y, n, stream, average, value);
}
