// Convolution of what batch norm, with statistics that are known, and ReLU make of an image: they do while
// pixels are packed for the product, so that it is neither written nor read.
//
// Version 1: 1x1 kernels, pixel by pixel, and 3x3 kernels by Winograd's minimal filtering.
#include "cpu/conv2d_check.h"
#include "cpu/conv2d_norm_image.h"
#include "cpu/kernel_table.h"

namespace eb::EB_ISA {

using Image = NormImage<Floats>;

int64_t conv2d_norm_f32_scratch(const eb_conv2d* s) { return Image(*s).bytes(); }

eb_status conv2d_norm_f32(const eb_conv2d* s, const float* x, const float* gamma, const float* beta,
                          const float* mean, const float* variance, float epsilon, const float* w,
                          const float* residual, float* y, void* scratch) {
  Image(*s).run(x, gamma, beta, mean, variance, epsilon, w, residual, y, scratch);
  return EB_OK;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS

int64_t eb_conv2d_norm_f32_scratch(const eb_conv2d* shape) {
  if (!eb::fits_pointwise(shape) && !eb::fits_winograd(shape)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_norm_f32_scratch(shape);
}

eb_status eb_conv2d_norm_f32(const eb_conv2d* shape, const float* x, const float* gamma,
                             const float* beta, const float* mean, const float* variance,
                             float epsilon, const float* w, const float* residual, float* y,
                             void* scratch) {
  if (!eb::fits_pointwise(shape) && !eb::fits_winograd(shape)) return EB_BAD_ARGUMENT;
  if (!x || !gamma || !beta || !mean || !variance || !w || !y || !scratch || residual == y) {
    return EB_BAD_ARGUMENT;
  }
  return eb::active().conv2d_norm_f32(shape, x, gamma, beta, mean, variance, epsilon, w, residual,
                                      y, scratch);
}
#endif
