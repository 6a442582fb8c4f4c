// The kernels of conv2d_bf16.cpp and conv2d_norm_bf16.cpp for processors with AMX.
//
// Version 1: a tile of rows is a pixel of 16 images (for 1x1 kernels 16 pixels), so that all of them need
// the same taps and taps in the padding are left out, however small images are; 32 images are packed row by
// row, normalized on the way, and stay in a thread's second cache until the last row of results that needs
// them is done. Large weights are divided among threads instead, which pack all images together.
#include "cpu/kernel_table.h"

#if defined(__AMX_BF16__)
#include "cpu/conv2d_amx_image.h"
#include "cpu/conv2d_norm_image.h"

namespace eb::EB_ISA {
namespace {

using NormAny = NormImage<Bf16Pairs, Filtering2, AmxPointwiseImage, AmxWindowImage>;

void run(const Product& p, const uint16_t* x, const uint16_t* w, void* y, int wide, void* scratch) {
  const AmxImage<AsStored> image(p);
  const AsStored read(p.in);
  if (wide) {
    image.run(bf16(x), read, w, EpilogueOf<float>{}, static_cast<float*>(y), scratch);
  } else {
    image.run(bf16(x), read, w, EpilogueOf<Bf16>{}, bf16(static_cast<uint16_t*>(y)), scratch);
  }
}

}  // namespace

int64_t conv2d_bf16_scratch(const eb_conv2d* s) {
  if (s->stride != 1) return v4_bf16::conv2d_bf16_scratch(s);
  return AmxImage<AsStored>(forward(*s)).bytes();
}

eb_status conv2d_bf16(const eb_conv2d* s, const uint16_t* x, const uint16_t* w, void* y, int wide,
                      void* scratch) {
  if (s->stride != 1) return v4_bf16::conv2d_bf16(s, x, w, y, wide, scratch);
  run(forward(*s), x, w, y, wide, scratch);
  return EB_OK;
}

int64_t conv2d_backward_data_bf16_scratch(const eb_conv2d* s) {
  if (s->stride != 1) return v4_bf16::conv2d_backward_data_bf16_scratch(s);
  return AmxImage<AsStored>(backward_data(*s)).bytes();
}

eb_status conv2d_backward_data_bf16(const eb_conv2d* s, const uint16_t* dy, const uint16_t* w,
                                    void* dx, int wide, void* scratch) {
  if (s->stride != 1) return v4_bf16::conv2d_backward_data_bf16(s, dy, w, dx, wide, scratch);
  run(backward_data(*s), dy, w, dx, wide, scratch);
  return EB_OK;
}

int64_t conv2d_f32_weight_bf16_scratch(const eb_conv2d* s) {
  if (s->stride != 1) return EB_UNSUPPORTED;
  return AmxImage<AsStored>(forward(*s)).bytes();
}

eb_status conv2d_f32_weight_bf16(const eb_conv2d* s, const uint16_t* x, const float* w,
                                 const float* mean, const float* scale, const float* beta,
                                 const uint16_t* residual, int32_t relu, uint16_t* y,
                                 void* scratch) {
  if (s->stride != 1) return EB_UNSUPPORTED;
  const EpilogueOf<Bf16> after{mean, scale, beta, bf16(residual), relu != 0};
  AmxImage<AsStored>(forward(*s)).run(bf16(x), AsStored(s->in), w, after, bf16(y), scratch);
  return EB_OK;
}

int64_t conv2d_f32_weight_backward_data_bf16_scratch(const eb_conv2d* s) {
  if (s->stride != 1) return EB_UNSUPPORTED;
  return AmxImage<AsStored>(backward_data(*s)).bytes();
}

eb_status conv2d_f32_weight_backward_data_bf16(const eb_conv2d* s, const uint16_t* dy,
                                               const float* w, uint16_t* dx, void* scratch) {
  if (s->stride != 1) return EB_UNSUPPORTED;
  AmxImage<AsStored>(backward_data(*s))
      .run(bf16(dy), AsStored(s->out), w, EpilogueOf<Bf16>{}, bf16(dx), scratch);
  return EB_OK;
}

int64_t conv2d_norm_bf16_scratch(const eb_conv2d* s, int64_t channels) {
  return NormAny::bytes(*s, channels);
}

eb_status conv2d_norm_bf16(const eb_conv2d* s, const eb_norm* norm, const uint16_t* x,
                           const float* w, const eb_norm* after, const uint16_t* residual,
                           int32_t relu, uint16_t* y, void* scratch) {
  return NormAny(*s, *norm, after).run(bf16(x), w, bf16(residual), relu != 0, bf16(y), scratch);
}

}  // namespace eb::EB_ISA
#endif
