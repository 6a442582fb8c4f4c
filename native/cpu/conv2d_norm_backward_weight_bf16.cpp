// As conv2d_norm_backward_weight.cpp, of bf16 images: what batch norm and ReLU make of a pixel is rounded
// to bf16 before it is multiplied, or, by Winograd's filtering, only once it is transformed.
#include "cpu/kernel_table.h"

#if defined(__AVX512BF16__)
#include "cpu/conv2d_norm_weight.h"

namespace eb::EB_ISA {

using Weight = NormWeight<Bf16Pairs>;

int64_t conv2d_norm_backward_weight_bf16_scratch(const eb_conv2d* s) { return Weight(*s).bytes(); }

eb_status conv2d_norm_backward_weight_bf16(const eb_conv2d* s, const uint16_t* x,
                                           const float* gamma, const float* beta, const float* mean,
                                           const float* variance, float epsilon, const uint16_t* dy,
                                           float* dw, void* scratch) {
  Weight(*s).run(bf16(x), gamma, beta, mean, variance, epsilon, bf16(dy), dw, scratch);
  return EB_OK;
}

}  // namespace eb::EB_ISA
#endif

#ifdef EB_ENTRY_POINTS

#include "cpu/conv2d_check.h"

int64_t eb_conv2d_norm_backward_weight_bf16_scratch(const eb_conv2d* shape) {
  if (!eb::fits_pointwise(shape) && !eb::fits_winograd(shape)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_norm_backward_weight_bf16_scratch(shape);
}

eb_status eb_conv2d_norm_backward_weight_bf16(const eb_conv2d* shape, const uint16_t* x,
                                              const float* gamma, const float* beta,
                                              const float* mean, const float* variance,
                                              float epsilon, const uint16_t* dy, float* dw,
                                              void* scratch) {
  if (!eb::fits_pointwise(shape) && !eb::fits_winograd(shape)) return EB_BAD_ARGUMENT;
  if (!x || !gamma || !beta || !mean || !variance || !dy || !dw || !scratch) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_norm_backward_weight_bf16(shape, x, gamma, beta, mean, variance,
                                                       epsilon, dy, dw, scratch);
}
#endif
