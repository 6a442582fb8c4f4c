// As conv2d_norm_backward_weight.cpp, of bf16 images: what batch norm and ReLU make of a pixel is rounded
// to bf16 before it is multiplied, or, by Winograd's filtering, only once it is transformed.
#include "cpu/kernel_table.h"

#if defined(__AVX512BF16__)
#include "cpu/conv2d_norm_weight.h"

namespace eb::EB_ISA {

using Weight = NormWeight<Bf16Pairs, Filtering2>;

int64_t conv2d_norm_backward_weight_bf16_scratch(const eb_conv2d* s, int64_t channels) {
  return Weight::bytes(*s, channels);
}

eb_status conv2d_norm_backward_weight_bf16(const eb_conv2d* s, const eb_norm* norm,
                                           const uint16_t* x, const uint16_t* dy, float* dw,
                                           void* scratch) {
  return Weight::run(*s, *norm, scratch, bf16(x), bf16(dy), dw);
}

}  // namespace eb::EB_ISA
#endif

#ifdef EB_ENTRY_POINTS

#include "cpu/conv2d_check.h"

int64_t eb_conv2d_norm_backward_weight_bf16_scratch(const eb_conv2d* shape, int64_t channels) {
  if (!eb::fits_norm(shape, channels)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_norm_backward_weight_bf16_scratch(shape, channels);
}

eb_status eb_conv2d_norm_backward_weight_bf16(const eb_conv2d* shape, const eb_norm* norm,
                                              const uint16_t* x, const uint16_t* dy, float* dw,
                                              void* scratch) {
  if (!eb::valid(shape, norm) || !x || !dy || !dw || !scratch) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_norm_backward_weight_bf16(shape, norm, x, dy, dw, scratch);
}
#endif
