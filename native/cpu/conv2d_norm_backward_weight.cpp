// Gradient of a convolution's weight for an input that batch norm and ReLU make of what is stored, as they
// do in backward, where activations are computed again: here they are while they are packed, and neither
// written nor read.
//
// Version 1: 1x1 kernels, pixel by pixel, and 3x3 kernels by Winograd's F(2x2, 3x3). Version 2: 3x3 kernels
// by F(4x4, 3x3) too.
#include "cpu/conv2d_check.h"
#include "cpu/conv2d_norm_weight.h"
#include "cpu/kernel_table.h"

namespace eb::EB_ISA {

using Weight = NormWeight<Floats, Filtering2>;
using Weight4 = NormWeight<Floats, Filtering4>;

int64_t conv2d_norm_backward_weight_f32_scratch(const eb_conv2d* s, int64_t channels) {
  return Weight::bytes(*s, channels);
}

eb_status conv2d_norm_backward_weight_f32(const eb_conv2d* s, const eb_norm* norm, const float* x,
                                          const float* dy, float* dw, void* scratch) {
  return Weight::run(*s, *norm, scratch, x, dy, dw);
}

int64_t conv2d_norm_4x4_backward_weight_f32_scratch(const eb_conv2d* s, int64_t channels) {
  return Weight4::bytes(*s, channels);
}

eb_status conv2d_norm_4x4_backward_weight_f32(const eb_conv2d* s, const eb_norm* norm,
                                              const float* x, const float* dy, float* dw,
                                              void* scratch) {
  return Weight4::run(*s, *norm, scratch, x, dy, dw);
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS

int64_t eb_conv2d_norm_backward_weight_f32_scratch(const eb_conv2d* shape, int64_t channels) {
  if (!eb::fits_norm(shape, channels)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_norm_backward_weight_f32_scratch(shape, channels);
}

eb_status eb_conv2d_norm_backward_weight_f32(const eb_conv2d* shape, const eb_norm* norm,
                                             const float* x, const float* dy, float* dw,
                                             void* scratch) {
  if (!eb::valid(shape, norm) || !x || !dy || !dw || !scratch) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_norm_backward_weight_f32(shape, norm, x, dy, dw, scratch);
}

int64_t eb_conv2d_norm_4x4_backward_weight_f32_scratch(const eb_conv2d* shape, int64_t channels) {
  if (!eb::fits_winograd(shape) || channels != shape->in) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_norm_4x4_backward_weight_f32_scratch(shape, channels);
}

eb_status eb_conv2d_norm_4x4_backward_weight_f32(const eb_conv2d* shape, const eb_norm* norm,
                                                 const float* x, const float* dy, float* dw,
                                                 void* scratch) {
  if (!eb::fits_winograd(shape)) return EB_BAD_ARGUMENT;
  if (!eb::valid(shape, norm) || !x || !dy || !dw || !scratch) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_norm_4x4_backward_weight_f32(shape, norm, x, dy, dw, scratch);
}
#endif
