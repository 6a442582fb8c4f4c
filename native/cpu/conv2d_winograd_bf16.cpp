// Convolution of bf16 images with 3x3 kernels, and both of its gradients, by Winograd's minimal
// filtering F(2x2, 3x3), see conv2d_winograd.cpp. Transforms are computed in fp32 from bf16 pixels and
// fp32 weights and rounded to bf16, so that AVX512-BF16 multiplies them, with sums in fp32: less exact
// than direct sums, whose bf16 operands are multiplied as they are.
//
// Version 1: the code of the fp32 kernels.
#include "cpu/kernel_table.h"

#if defined(__AVX512BF16__)
#include "cpu/conv2d_winograd_image.h"
#include "cpu/conv2d_winograd_weight.h"

namespace eb::EB_ISA {

using Image = WinogradImage<Bf16Pairs, AsStored, Filtering2>;
using Weight = WinogradWeight<Bf16Pairs, AsStored, Filtering2>;

int64_t conv2d_winograd_bf16_scratch(const eb_conv2d* s) { return Image(forward(*s)).bytes(); }

eb_status conv2d_winograd_bf16(const eb_conv2d* s, const uint16_t* x, const float* w,
                               const float* mean, const float* scale, const float* beta,
                               const uint16_t* residual, int32_t relu, uint16_t* y, void* scratch) {
  Image(forward(*s))
      .run(bf16(x), AsStored(s->in), w, {mean, scale, beta, bf16(residual), relu != 0}, bf16(y),
           scratch);
  return EB_OK;
}

int64_t conv2d_winograd_backward_data_bf16_scratch(const eb_conv2d* s) {
  return Image(backward_data(*s)).bytes();
}

eb_status conv2d_winograd_backward_data_bf16(const eb_conv2d* s, const uint16_t* dy, const float* w,
                                             uint16_t* dx, void* scratch) {
  Image(backward_data(*s)).run(bf16(dy), AsStored(s->out), w, {}, bf16(dx), scratch);
  return EB_OK;
}

int64_t conv2d_winograd_backward_weight_bf16_scratch(const eb_conv2d* s) {
  return Weight(forward(*s)).bytes();
}

eb_status conv2d_winograd_backward_weight_bf16(const eb_conv2d* s, const uint16_t* x,
                                               const uint16_t* dy, float* dw, void* scratch) {
  Weight(forward(*s)).run(bf16(x), AsStored(s->in), bf16(dy), dw, scratch);
  return EB_OK;
}

}  // namespace eb::EB_ISA
#endif

#ifdef EB_ENTRY_POINTS

#include "cpu/conv2d_check.h"

int64_t eb_conv2d_winograd_bf16_scratch(const eb_conv2d* shape) {
  if (!eb::fits_winograd(shape)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_winograd_bf16_scratch(shape);
}

eb_status eb_conv2d_winograd_bf16(const eb_conv2d* shape, const uint16_t* x, const float* w,
                                  const float* mean, const float* scale, const float* beta,
                                  const uint16_t* residual, int32_t relu, uint16_t* y,
                                  void* scratch) {
  if (!eb::fits_winograd(shape, x, w, mean, scale, beta, residual, y, scratch)) {
    return EB_BAD_ARGUMENT;
  }
  return eb::active().conv2d_winograd_bf16(shape, x, w, mean, scale, beta, residual, relu, y,
                                           scratch);
}

int64_t eb_conv2d_winograd_backward_data_bf16_scratch(const eb_conv2d* shape) {
  if (!eb::fits_winograd(shape)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_winograd_backward_data_bf16_scratch(shape);
}

eb_status eb_conv2d_winograd_backward_data_bf16(const eb_conv2d* shape, const uint16_t* dy,
                                                const float* w, uint16_t* dx, void* scratch) {
  if (!eb::fits_winograd(shape) || !dy || !w || !dx || !scratch) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_winograd_backward_data_bf16(shape, dy, w, dx, scratch);
}

int64_t eb_conv2d_winograd_backward_weight_bf16_scratch(const eb_conv2d* shape) {
  if (!eb::fits_winograd(shape)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_winograd_backward_weight_bf16_scratch(shape);
}

eb_status eb_conv2d_winograd_backward_weight_bf16(const eb_conv2d* shape, const uint16_t* x,
                                                  const uint16_t* dy, float* dw, void* scratch) {
  if (!eb::fits_winograd(shape) || !x || !dy || !dw || !scratch) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_winograd_backward_weight_bf16(shape, x, dy, dw, scratch);
}
#endif
