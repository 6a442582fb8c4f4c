// As conv2d_norm_backward.cpp, of bf16 images: dy is multiplied by the weight rounded to bf16, and by what
// the ReLU gave rounded to bf16; only dx is rounded after that.
#include "cpu/kernel_table.h"

#if defined(__AVX512BF16__)
#include "cpu/conv2d_norm_gradient.h"

namespace eb::EB_ISA {

using Gradient = NormGradient<Bf16Pairs>;

int64_t conv2d_norm_backward_bf16_scratch(const eb_conv2d* s, int64_t channels) {
  return Gradient(*s, channels).bytes();
}

eb_status conv2d_norm_backward_bf16(const eb_conv2d* s, const eb_norm* norm, const uint16_t* x,
                                    const float* w, const uint16_t* dy, const uint16_t* other,
                                    uint16_t* dx, float* dgamma, float* dbeta, float* dw,
                                    void* scratch) {
  Gradient(*s, norm->channels)
      .run(*norm, {bf16(x), w, bf16(dy), bf16(other), bf16(dx), dgamma, dbeta, dw}, scratch);
  return EB_OK;
}

}  // namespace eb::EB_ISA
#endif

#ifdef EB_ENTRY_POINTS

#include "cpu/conv2d_check.h"

int64_t eb_conv2d_norm_backward_bf16_scratch(const eb_conv2d* shape, int64_t channels) {
  if (!eb::fits_pointwise(shape) || channels < shape->in) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_norm_backward_bf16_scratch(shape, channels);
}

eb_status eb_conv2d_norm_backward_bf16(const eb_conv2d* shape, const eb_norm* norm,
                                       const uint16_t* x, const float* w, const uint16_t* dy,
                                       const uint16_t* other, uint16_t* dx, float* dgamma,
                                       float* dbeta, float* dw, void* scratch) {
  if (!eb::fits_pointwise(shape) || !eb::valid(shape, norm)) return EB_BAD_ARGUMENT;
  if (!x || !w || !dy || !dx || !dgamma || !dbeta || !dw || !scratch) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_norm_backward_bf16(shape, norm, x, w, dy, other, dx, dgamma, dbeta, dw,
                                                scratch);
}
#endif
