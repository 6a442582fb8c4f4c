// Convolution with 3x3 kernels and its gradient with respect to the input by Winograd's minimal
// filtering (A. Lavin, S. Gray: Fast Algorithms for Convolutional Neural Networks, CVPR 2016,
// arXiv:1509.09308): F(2x2, 3x3) has 16 products for each four results of an input channel, where the
// direct sum has 36, and F(4x4, 3x3) 36 for each sixteen, where it has 144.
//
// Transforms of F(2x2, 3x3) add and subtract alone, halves are exact: results are as far from the exact
// ones as sums of neighbouring pixels' products round. Those of F(4x4, 3x3) round, and differences of
// large numbers become results: with uniform operands errors are, as a root mean square, 3.1 times
// those of F(2x2, 3x3), whatever the number of channels, and 2.3 times those of the direct sum with 16
// channels, 1.8 times with 256 (2x2: 0.75 and 0.6). The points 0, +-1/sqrt(2), +-sqrt(2) and infinity
// are why it is not more: with 0, +-1, +-2 and infinity errors are 2.1 times as large.
//
// Version 1: a thread transforms some tiles of 4x4 pixels, which stay in its second cache, multiplies
// them with one block of output channels after the other, and transforms the products back. Version 2:
// vectors that channels do not fill are loaded and stored by masks, and of a block that they fill by
// half, half is multiplied: what odd numbers of channels in pruned networks need.
// Version 3: of transforms that are rounded to bf16 too, see conv2d_winograd_bf16.cpp; tiles and their
// pixels are walked instead of computed from their number, which narrow channels had waited for.
// Version 4: F(4x4, 3x3) by the same code, 1.5 times as fast. Points lie so that their lines do not
// displace each other; the next pixels and the results are asked for while tiles are multiplied; weights
// that no cache holds are transformed part by part for all tiles.
#include "cpu/conv2d_check.h"
#include "cpu/conv2d_winograd_image.h"
#include "cpu/kernel_table.h"

namespace eb::EB_ISA {

template <class F>
using Image = WinogradImage<Floats, AsStored, F>;

int64_t conv2d_winograd_f32_scratch(const eb_conv2d* s) {
  return Image<Filtering2>(forward(*s)).bytes();
}

eb_status conv2d_winograd_f32(const eb_conv2d* s, const float* x, const float* w, const float* mean,
                              const float* scale, const float* beta, const float* residual,
                              int32_t relu, float* y, void* scratch) {
  const Epilogue after{mean, scale, beta, residual, relu != 0};
  Image<Filtering2>(forward(*s)).run(x, AsStored(s->in), w, after, y, scratch);
  return EB_OK;
}

int64_t conv2d_winograd_backward_data_f32_scratch(const eb_conv2d* s) {
  return Image<Filtering2>(backward_data(*s)).bytes();
}

eb_status conv2d_winograd_backward_data_f32(const eb_conv2d* s, const float* dy, const float* w,
                                            float* dx, void* scratch) {
  Image<Filtering2>(backward_data(*s)).run(dy, AsStored(s->out), w, {}, dx, scratch);
  return EB_OK;
}

int64_t conv2d_winograd_4x4_f32_scratch(const eb_conv2d* s) {
  return Image<Filtering4>(forward(*s)).bytes();
}

eb_status conv2d_winograd_4x4_f32(const eb_conv2d* s, const float* x, const float* w,
                                  const float* mean, const float* scale, const float* beta,
                                  const float* residual, int32_t relu, float* y, void* scratch) {
  const Epilogue after{mean, scale, beta, residual, relu != 0};
  Image<Filtering4>(forward(*s)).run(x, AsStored(s->in), w, after, y, scratch);
  return EB_OK;
}

int64_t conv2d_winograd_4x4_backward_data_f32_scratch(const eb_conv2d* s) {
  return Image<Filtering4>(backward_data(*s)).bytes();
}

eb_status conv2d_winograd_4x4_backward_data_f32(const eb_conv2d* s, const float* dy, const float* w,
                                                float* dx, void* scratch) {
  Image<Filtering4>(backward_data(*s)).run(dy, AsStored(s->out), w, {}, dx, scratch);
  return EB_OK;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS

int64_t eb_conv2d_winograd_f32_scratch(const eb_conv2d* shape) {
  if (!eb::fits_winograd(shape)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_winograd_f32_scratch(shape);
}

eb_status eb_conv2d_winograd_f32(const eb_conv2d* shape, const float* x, const float* w,
                                 const float* mean, const float* scale, const float* beta,
                                 const float* residual, int32_t relu, float* y, void* scratch) {
  if (!eb::fits_winograd(shape, x, w, mean, scale, beta, residual, y, scratch)) {
    return EB_BAD_ARGUMENT;
  }
  return eb::active().conv2d_winograd_f32(shape, x, w, mean, scale, beta, residual, relu, y,
                                          scratch);
}

int64_t eb_conv2d_winograd_backward_data_f32_scratch(const eb_conv2d* shape) {
  if (!eb::fits_winograd(shape)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_winograd_backward_data_f32_scratch(shape);
}

eb_status eb_conv2d_winograd_backward_data_f32(const eb_conv2d* shape, const float* dy,
                                               const float* w, float* dx, void* scratch) {
  if (!eb::fits_winograd(shape) || !dy || !w || !dx || !scratch) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_winograd_backward_data_f32(shape, dy, w, dx, scratch);
}

int64_t eb_conv2d_winograd_4x4_f32_scratch(const eb_conv2d* shape) {
  if (!eb::fits_winograd(shape)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_winograd_4x4_f32_scratch(shape);
}

eb_status eb_conv2d_winograd_4x4_f32(const eb_conv2d* shape, const float* x, const float* w,
                                     const float* mean, const float* scale, const float* beta,
                                     const float* residual, int32_t relu, float* y, void* scratch) {
  if (!eb::fits_winograd(shape, x, w, mean, scale, beta, residual, y, scratch)) {
    return EB_BAD_ARGUMENT;
  }
  return eb::active().conv2d_winograd_4x4_f32(shape, x, w, mean, scale, beta, residual, relu, y,
                                              scratch);
}

int64_t eb_conv2d_winograd_4x4_backward_data_f32_scratch(const eb_conv2d* shape) {
  if (!eb::fits_winograd(shape)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_winograd_4x4_backward_data_f32_scratch(shape);
}

eb_status eb_conv2d_winograd_4x4_backward_data_f32(const eb_conv2d* shape, const float* dy,
                                                   const float* w, float* dx, void* scratch) {
  if (!eb::fits_winograd(shape) || !dy || !w || !dx || !scratch) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_winograd_4x4_backward_data_f32(shape, dy, w, dx, scratch);
}
#endif
