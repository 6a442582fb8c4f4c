// Gradients of a 1x1 convolution of what batch norm and ReLU make of x: of the weight, of the norm and of
// x. The gradient of what the ReLU gave, which has x's size, is neither written nor read: the first pass
// over x makes the sums of the norm's gradient and of the weight's, the second one computes the product
// with the weight again, which is cheaper than memory is where the convolution has fewer results than x
// has channels, and writes dx.
//
// Version 1: channels that the norm does not keep are computed with weights of zero, so that x is read as
// it lies. Version 2: with AVX-512 those that it keeps are brought together in registers.
#include "cpu/conv2d_norm_gradient.h"
#include "cpu/kernel_table.h"

namespace eb::EB_ISA {

using Gradient = NormGradient<Floats>;

int64_t conv2d_norm_backward_f32_scratch(const eb_conv2d* s, int64_t channels) {
  return Gradient(*s, channels).bytes();
}

eb_status conv2d_norm_backward_f32(const eb_conv2d* s, const eb_norm* norm, const float* x,
                                   const float* w, const float* dy, const float* other, float* dx,
                                   float* dgamma, float* dbeta, float* dw, void* scratch) {
  Gradient(*s, norm->channels).run(*norm, {x, w, dy, other, dx, dgamma, dbeta, dw}, scratch);
  return EB_OK;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS

int64_t eb_conv2d_norm_backward_f32_scratch(const eb_conv2d* shape, int64_t channels) {
  if (!eb::fits_pointwise(shape) || channels < shape->in) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_norm_backward_f32_scratch(shape, channels);
}

eb_status eb_conv2d_norm_backward_f32(const eb_conv2d* shape, const eb_norm* norm, const float* x,
                                      const float* w, const float* dy, const float* other,
                                      float* dx, float* dgamma, float* dbeta, float* dw,
                                      void* scratch) {
  if (!eb::fits_pointwise(shape) || !eb::valid(shape, norm)) return EB_BAD_ARGUMENT;
  if (!x || !w || !dy || !dx || !dgamma || !dbeta || !dw || !scratch) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_norm_backward_f32(shape, norm, x, w, dy, other, dx, dgamma, dbeta, dw,
                                               scratch);
}
#endif
