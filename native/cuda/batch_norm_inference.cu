// Batch norm with given statistics, alone or with ReLU and channel selection. Version 1: one pass.
// Version 2: bf16.
#include "cuda/batch_norm_apply.h"

eb_status eb_cuda_batch_norm_inference(int32_t element, const void* x, const float* gamma,
                                       const float* beta, const float* mean, const float* variance,
                                       int64_t rows, int64_t channels, float epsilon, void* y,
                                       void* stream) {
  using namespace eb::cuda;
  if (rows < 0 || channels < 0) return EB_BAD_ARGUMENT;
  if (rows == 0 || channels == 0) return EB_OK;
  if (!x || !gamma || !beta || !mean || !variance || !y) return EB_BAD_ARGUMENT;
  const eb_status valid = check_rows(rows, channels, nullptr, nullptr, channels);
  if (valid != EB_OK) return valid;
  return typed(element, [=](auto* type) {
    using T = Element<decltype(type)>;
    const Apply<T, false> apply = {static_cast<const T*>(x),
                                   gamma,
                                   beta,
                                   mean,
                                   variance,
                                   static_cast<uint32_t>(channels),
                                   nullptr,
                                   epsilon,
                                   static_cast<T*>(y)};
    return apply.run(rows, channels, stream);
  });
}

eb_status eb_cuda_batch_norm_inference_relu(int32_t element, const void* x, const float* gamma,
                                            const float* beta, const float* mean,
                                            const float* variance, int64_t rows, int64_t channels,
                                            const int32_t* selected, const int32_t* position,
                                            int64_t kept, float epsilon, void* y, void* stream) {
  using namespace eb::cuda;
  if (rows < 0 || channels < 0) return EB_BAD_ARGUMENT;
  if (rows == 0 || channels == 0) return EB_OK;
  const eb_status valid = check_rows(rows, channels, selected, position, kept);
  if (valid != EB_OK || kept == 0) return valid;
  if (!x || !gamma || !beta || !mean || !variance || !y || (selected && y == x)) {
    return EB_BAD_ARGUMENT;
  }
  return typed(element, [=](auto* type) {
    using T = Element<decltype(type)>;
    const Apply<T, true> apply = {static_cast<const T*>(x),
                                  gamma,
                                  beta,
                                  mean,
                                  variance,
                                  static_cast<uint32_t>(channels),
                                  selected,
                                  epsilon,
                                  static_cast<T*>(y)};
    return apply.run(rows, kept, stream);
  });
}
