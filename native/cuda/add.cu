// Elementwise sum. Version 1: the frame of map.h. Version 2: bf16.
#include "cuda/map.h"

namespace {

struct Sum {
  __device__ float operator()(float a, float b) const { return a + b; }
};

}  // namespace

eb_status eb_cuda_add(int32_t element, const void* a, const void* b, void* y, int64_t n,
                      void* stream) {
  using namespace eb::cuda;
  return typed(element, [=](auto* type) {
    using T = Element<decltype(type)>;
    return map(Sum(), static_cast<T*>(y), n, stream, static_cast<const T*>(a),
               static_cast<const T*>(b));
  });
}
