// As conv2d_norm.cpp, of bf16 images: what batch norm and ReLU make of a pixel is rounded to bf16 before it
// is multiplied, or, by Winograd's filtering, only once it is transformed.
#include "cpu/kernel_table.h"

#if defined(__AVX512BF16__)
#include "cpu/conv2d_norm_image.h"

namespace eb::EB_ISA {

using Image = NormImage<Bf16Pairs, Filtering2>;

int64_t conv2d_norm_bf16_scratch(const eb_conv2d* s, int64_t channels) {
  return Image::bytes(*s, channels);
}

eb_status conv2d_norm_bf16(const eb_conv2d* s, const eb_norm* norm, const uint16_t* x,
                           const float* w, const eb_norm* after, const uint16_t* residual,
                           int32_t relu, uint16_t* y, void* scratch) {
  return Image(*s, *norm, after).run(bf16(x), w, bf16(residual), relu != 0, bf16(y), scratch);
}

}  // namespace eb::EB_ISA
#endif

#ifdef EB_ENTRY_POINTS

#include "cpu/conv2d_check.h"

int64_t eb_conv2d_norm_bf16_scratch(const eb_conv2d* shape, int64_t channels) {
  if (!eb::fits_norm(shape, channels)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_norm_bf16_scratch(shape, channels);
}

eb_status eb_conv2d_norm_bf16(const eb_conv2d* shape, const eb_norm* norm, const uint16_t* x,
                              const float* w, const eb_norm* after, const uint16_t* residual,
                              int32_t relu, uint16_t* y, void* scratch) {
  if (!eb::valid(shape, norm, x, w, after, residual, y, scratch)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_norm_bf16(shape, norm, x, w, after, residual, relu, y, scratch);
}
#endif
