// Convolution of what batch norm, with statistics that are known, and ReLU make of an image: they do while
// pixels are packed for the product, so that it is neither written nor read.
//
// Version 1: 1x1 kernels, pixel by pixel, and 3x3 kernels by Winograd's F(2x2, 3x3). Version 2: 3x3 kernels
// by F(4x4, 3x3) too.
#include "cpu/conv2d_check.h"
#include "cpu/conv2d_norm_image.h"
#include "cpu/kernel_table.h"

namespace eb::EB_ISA {

using Image = NormImage<Floats, Filtering2>;
using Image4 = NormImage<Floats, Filtering4>;

int64_t conv2d_norm_f32_scratch(const eb_conv2d* s, int64_t channels) {
  return Image::bytes(*s, channels);
}

eb_status conv2d_norm_f32(const eb_conv2d* s, const eb_norm* norm, const float* x, const float* w,
                          const eb_norm* after, const float* residual, int32_t relu, float* y,
                          void* scratch) {
  return Image(*s, *norm, after).run(x, w, residual, relu != 0, y, scratch);
}

int64_t conv2d_norm_4x4_f32_scratch(const eb_conv2d* s, int64_t channels) {
  return Image4::bytes(*s, channels);
}

eb_status conv2d_norm_4x4_f32(const eb_conv2d* s, const eb_norm* norm, const float* x,
                              const float* w, const eb_norm* after, const float* residual,
                              int32_t relu, float* y, void* scratch) {
  return Image4(*s, *norm, after).run(x, w, residual, relu != 0, y, scratch);
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS

int64_t eb_conv2d_norm_f32_scratch(const eb_conv2d* shape, int64_t channels) {
  if (!eb::fits_norm(shape, channels)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_norm_f32_scratch(shape, channels);
}

eb_status eb_conv2d_norm_f32(const eb_conv2d* shape, const eb_norm* norm, const float* x,
                             const float* w, const eb_norm* after, const float* residual,
                             int32_t relu, float* y, void* scratch) {
  if (!eb::valid(shape, norm, x, w, after, residual, y, scratch)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_norm_f32(shape, norm, x, w, after, residual, relu, y, scratch);
}

int64_t eb_conv2d_norm_4x4_f32_scratch(const eb_conv2d* shape, int64_t channels) {
  if (!eb::fits_winograd(shape) || channels != shape->in) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_norm_4x4_f32_scratch(shape, channels);
}

eb_status eb_conv2d_norm_4x4_f32(const eb_conv2d* shape, const eb_norm* norm, const float* x,
                                 const float* w, const eb_norm* after, const float* residual,
                                 int32_t relu, float* y, void* scratch) {
  if (!eb::fits_winograd(shape)) return EB_BAD_ARGUMENT;
  if (!eb::valid(shape, norm, x, w, after, residual, y, scratch)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_norm_4x4_f32(shape, norm, x, w, after, residual, relu, y, scratch);
}
#endif
