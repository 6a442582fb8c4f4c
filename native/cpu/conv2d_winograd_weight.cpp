// Gradient of 3x3 weights by the transposes of Winograd's F(2x2, 3x3) and F(4x4, 3x3), see
// conv2d_winograd.cpp: 16 products for each tile of four results and pair of channels, where the direct
// sum has 36, or 36 for each of sixteen, where it has 144.
//
// Version 1: tiles of x and of dy are transformed, as many as stay in the last cache; then each of the
// points is a matrix product over the tiles, added to what the tiles before gave; in the end the sums of
// all points become nine. Tiles are added in order, whatever the number of threads. Version 2: masks and
// half blocks for numbers of channels that do not fill vectors. Version 3: a small dw is summed in copies,
// each in the second cache of a thread together with the transforms of a few tiles, which do not leave it
// either: twice as fast for images of 32x32 with 64 channels. Version 4: the next tiles are asked for while
// those are multiplied. Version 5: F(4x4, 3x3) by the same code. Points lie so that their lines do not
// displace each other: F(2x2, 3x3) is 1.6 times as fast with 16 channels. Where all tiles are transformed
// at once, a few sums become weights before the next ones begin.
#include "cpu/conv2d_winograd_weight.h"

#include "cpu/conv2d_check.h"
#include "cpu/kernel_table.h"

namespace eb::EB_ISA {

template <class F>
using Weight = WinogradWeight<Floats, AsStored, F>;

int64_t conv2d_winograd_backward_weight_f32_scratch(const eb_conv2d* s) {
  return Weight<Filtering2>(forward(*s)).bytes();
}

eb_status conv2d_winograd_backward_weight_f32(const eb_conv2d* s, const float* x, const float* dy,
                                              float* dw, void* scratch) {
  Weight<Filtering2>(forward(*s)).run(x, AsStored(s->in), dy, dw, scratch);
  return EB_OK;
}

int64_t conv2d_winograd_4x4_backward_weight_f32_scratch(const eb_conv2d* s) {
  return Weight<Filtering4>(forward(*s)).bytes();
}

eb_status conv2d_winograd_4x4_backward_weight_f32(const eb_conv2d* s, const float* x,
                                                  const float* dy, float* dw, void* scratch) {
  Weight<Filtering4>(forward(*s)).run(x, AsStored(s->in), dy, dw, scratch);
  return EB_OK;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS

int64_t eb_conv2d_winograd_backward_weight_f32_scratch(const eb_conv2d* shape) {
  if (!eb::fits_winograd(shape)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_winograd_backward_weight_f32_scratch(shape);
}

eb_status eb_conv2d_winograd_backward_weight_f32(const eb_conv2d* shape, const float* x,
                                                 const float* dy, float* dw, void* scratch) {
  if (!eb::fits_winograd(shape) || !x || !dy || !dw || !scratch) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_winograd_backward_weight_f32(shape, x, dy, dw, scratch);
}

int64_t eb_conv2d_winograd_4x4_backward_weight_f32_scratch(const eb_conv2d* shape) {
  if (!eb::fits_winograd(shape)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_winograd_4x4_backward_weight_f32_scratch(shape);
}

eb_status eb_conv2d_winograd_4x4_backward_weight_f32(const eb_conv2d* shape, const float* x,
                                                     const float* dy, float* dw, void* scratch) {
  if (!eb::fits_winograd(shape) || !x || !dy || !dw || !scratch) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_winograd_4x4_backward_weight_f32(shape, x, dy, dw, scratch);
}
#endif
