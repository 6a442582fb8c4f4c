// ReLU, forward and backward. Version 1: the frame of map.h. Version 2: bf16.
#include "common/elementwise.h"
#include "cuda/map.h"

namespace {

struct Forward {
  __device__ float operator()(float x) const { return eb_relu(x); }
};

struct Backward {
  __device__ float operator()(float y, float dy) const { return eb_relu_gradient(y, dy); }
};

}  // namespace

eb_status eb_cuda_relu(int32_t element, const void* x, void* y, int64_t n, void* stream) {
  using namespace eb::cuda;
  return typed(element, [=](auto* type) {
    using T = Element<decltype(type)>;
    return map(Forward(), static_cast<T*>(y), n, stream, static_cast<const T*>(x));
  });
}

eb_status eb_cuda_relu_backward(int32_t element, const void* y, const void* dy, void* dx, int64_t n,
                                void* stream) {
  using namespace eb::cuda;
  return typed(element, [=](auto* type) {
    using T = Element<decltype(type)>;
    return map(Backward(), static_cast<T*>(dx), n, stream, static_cast<const T*>(y),
               static_cast<const T*>(dy));
  });
}
