// As conv2d_norm.cpp, of bf16 images: what batch norm and ReLU make of a pixel is rounded to bf16 before it
// is multiplied, or, by Winograd's filtering, only once it is transformed.
#include "cpu/kernel_table.h"

#if defined(__AVX512BF16__)
#include "cpu/conv2d_norm_image.h"

namespace eb::EB_ISA {

using Image = NormImage<Bf16Pairs>;

int64_t conv2d_norm_bf16_scratch(const eb_conv2d* s) { return Image(*s).bytes(); }

eb_status conv2d_norm_bf16(const eb_conv2d* s, const uint16_t* x, const float* gamma,
                           const float* beta, const float* mean, const float* variance,
                           float epsilon, const float* w, const uint16_t* residual, uint16_t* y,
                           void* scratch) {
  Image(*s).run(bf16(x), gamma, beta, mean, variance, epsilon, w, bf16(residual), bf16(y), scratch);
  return EB_OK;
}

}  // namespace eb::EB_ISA
#endif

#ifdef EB_ENTRY_POINTS

#include "cpu/conv2d_check.h"

int64_t eb_conv2d_norm_bf16_scratch(const eb_conv2d* shape) {
  if (!eb::fits_pointwise(shape) && !eb::fits_winograd(shape)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_norm_bf16_scratch(shape);
}

eb_status eb_conv2d_norm_bf16(const eb_conv2d* shape, const uint16_t* x, const float* gamma,
                              const float* beta, const float* mean, const float* variance,
                              float epsilon, const float* w, const uint16_t* residual, uint16_t* y,
                              void* scratch) {
  if (!eb::fits_pointwise(shape) && !eb::fits_winograd(shape)) return EB_BAD_ARGUMENT;
  if (!x || !gamma || !beta || !mean || !variance || !w || !y || !scratch || residual == y) {
    return EB_BAD_ARGUMENT;
  }
  return eb::active().conv2d_norm_bf16(shape, x, gamma, beta, mean, variance, epsilon, w, residual,
                                       y, scratch);
}
#endif
