// The kernels of conv2d_backward_weight_bf16.cpp and conv2d_norm_backward_weight_bf16.cpp for processors
// with AMX.
//
// Version 1: terms of a sum are a pixel of 32 images (for 1x1 kernels 32 pixels), so that shifts by a tap
// leave tiles whole, and taps in the padding are left out. Rows of pixels are packed, normalized on the
// way, and multiplied while they are in a thread's second cache; a small dw is summed in copies there.
#include "cpu/kernel_table.h"

#if defined(__AMX_BF16__)
#include "cpu/conv2d_amx_weight.h"
#include "cpu/conv2d_norm.h"
#include "cpu/conv2d_winograd_filtering.h"

namespace eb::EB_ISA {

using NormAny = NormProduct<Bf16Pairs, Filtering2, AmxPointwiseWeight, AmxWindowWeight>;

int64_t conv2d_backward_weight_bf16_scratch(const eb_conv2d* s) {
  return AmxWeight<AsStored>(forward(*s)).bytes();
}

eb_status conv2d_backward_weight_bf16(const eb_conv2d* s, const uint16_t* x, const uint16_t* dy,
                                      float* dw, void* scratch) {
  AmxWeight<AsStored>(forward(*s)).run(bf16(x), AsStored(s->in), bf16(dy), dw, scratch);
  return EB_OK;
}

int64_t conv2d_norm_backward_weight_bf16_scratch(const eb_conv2d* s, int64_t channels) {
  return NormAny::bytes(*s, channels);
}

eb_status conv2d_norm_backward_weight_bf16(const eb_conv2d* s, const eb_norm* norm,
                                           const uint16_t* x, const uint16_t* dy, float* dw,
                                           void* scratch) {
  return NormAny::run(*s, *norm, scratch, bf16(x), bf16(dy), dw);
}

}  // namespace eb::EB_ISA
#endif
