// Convolution and its gradient with respect to the input from bf16 operands, as one direct product:
// every output pixel is a sum over taps and pairs of input channels, in fp32.
//
// Version 1: tiles of conv2d_words.h.
#include "cpu/kernel_table.h"

#if defined(__AVX512BF16__)
#include <cstring>

#include "cpu/conv2d_words.h"

namespace eb::EB_ISA {
namespace {

int64_t pairs_of(const Product& p) { return ceil_div(p.in, 2); }

// Packs one pixel of a group of images as [pair of channels][image]; an odd last channel is paired
// with a zero.
void pack_pixel(const Product& p, const Images& all, Part images, int64_t pixel, const uint16_t* x,
                uint32_t* packed) {
  const int64_t rows = images.end - images.begin;
  uint32_t* to = packed + all.at(images, pixel);
  for (int64_t r = 0; r < rows; r++) {
    const uint16_t* from = x + ((images.begin + r) * all.pixels + pixel) * p.in;
    for (int64_t i = 0; i < p.in / 2; i++) std::memcpy(to + i * rows + r, from + 2 * i, 4);
    if (p.in % 2) to[p.in / 2 * rows + r] = from[p.in - 1];
  }
}

// Writes one pixel of a group of images: `columns` sums of every row, as fp32 or bf16.
void write_pixel(const Product& p, int64_t rows, int64_t columns, const float* sums, bool wide,
                 void* y, int64_t at) {
  const int64_t image = p.out_height * p.out_width * p.out;
  const int64_t vectors = ceil_div(columns, kWordLanes);
  for (int64_t r = 0; r < rows; r++, at += image) {
    for (int64_t v = 0; v < vectors; v++) {
      const __m512 sum = _mm512_loadu_ps(sums + (r * vectors + v) * kWordLanes);
      const __mmask16 valid = first_lanes(columns - v * kWordLanes);
      if (wide) {
        _mm512_mask_storeu_ps(static_cast<float*>(y) + at + v * kWordLanes, valid, sum);
      } else {
        _mm256_mask_storeu_epi16(static_cast<uint16_t*>(y) + at + v * kWordLanes, valid,
                                 (__m256i)_mm512_cvtneps_pbh(sum));
      }
    }
  }
}

// One row of output pixels of a group of images, for one block of output channels.
void write_row(const Product& p, const Images& all, Part images, int64_t row, int64_t block,
               const uint32_t* packed, const uint32_t* w, bool wide, void* y) {
  const int64_t rows = images.end - images.begin;
  const int64_t columns = std::min(kBlock, p.out - block * kBlock);
  const WordTile<Pairs> run = word_tile_of<Pairs>(rows, ceil_div(columns, kWordLanes));
  const uint32_t* weights = w + block * p.kernel_height * p.kernel_width * all.words * kBlock;
  for_each_pixel(p, all, images, row, all.words,
                 [&](int64_t column, const WordRuns& runs, int64_t a, int64_t b) {
                   alignas(64) float sums[kRows * kBlock] = {};
                   if (runs.columns > 0) run(runs, packed + a, weights + b, sums);
                   const int64_t pixel = (images.begin * p.out_height + row) * p.out_width + column;
                   write_pixel(p, rows, columns, sums, wide, y, pixel * p.out + block * kBlock);
                 });
}

int64_t scratch_bytes(const Product& p) {
  return Images(p, pairs_of(p)).size(p) * static_cast<int64_t>(sizeof(uint32_t));
}

void run(const Product& p, const uint16_t* x, const void* w, bool wide, void* y, void* scratch) {
  const Images all(p, pairs_of(p));
  auto* packed = static_cast<uint32_t*>(scratch);
#pragma omp parallel
  walk(
      p, all, [&](Part images, int64_t pixel) { pack_pixel(p, all, images, pixel, x, packed); },
      [&](Part images, int64_t row, int64_t block) {
        write_row(p, all, images, row, block, packed, static_cast<const uint32_t*>(w), wide, y);
      });
}

}  // namespace

int64_t conv2d_bf16_scratch(const eb_conv2d* shape) { return scratch_bytes(forward(*shape)); }

eb_status conv2d_bf16(const eb_conv2d* shape, const uint16_t* x, const uint16_t* w, void* y,
                      int wide, void* scratch) {
  run(forward(*shape), x, w, wide, y, scratch);
  return EB_OK;
}

int64_t conv2d_backward_data_bf16_scratch(const eb_conv2d* shape) {
  return scratch_bytes(backward_data(*shape));
}

eb_status conv2d_backward_data_bf16(const eb_conv2d* shape, const uint16_t* dy, const uint16_t* w,
                                    void* dx, int wide, void* scratch) {
  run(backward_data(*shape), dy, w, wide, dx, scratch);
  return EB_OK;
}

}  // namespace eb::EB_ISA
#endif

#ifdef EB_ENTRY_POINTS

#include "cpu/conv2d_check.h"

int64_t eb_conv2d_bf16_scratch(const eb_conv2d* shape) {
  if (!eb::valid(shape)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_bf16_scratch(shape);
}

eb_status eb_conv2d_bf16(const eb_conv2d* shape, const uint16_t* x, const uint16_t* w, void* y,
                         int wide, void* scratch) {
  if (!eb::valid(shape) || !x || !w || !y || !scratch) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_bf16(shape, x, w, y, wide, scratch);
}

int64_t eb_conv2d_backward_data_bf16_scratch(const eb_conv2d* shape) {
  if (!eb::valid(shape)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_backward_data_bf16_scratch(shape);
}

eb_status eb_conv2d_backward_data_bf16(const eb_conv2d* shape, const uint16_t* dy,
                                       const uint16_t* w, void* dx, int wide, void* scratch) {
  if (!eb::valid(shape) || !dy || !w || !dx || !scratch) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_backward_data_bf16(shape, dy, w, dx, wide, scratch);
}

int64_t eb_conv2d_f32_weight_bf16_scratch(const eb_conv2d* shape) {
  if (!eb::valid(shape)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_f32_weight_bf16_scratch(shape);
}

eb_status eb_conv2d_f32_weight_bf16(const eb_conv2d* shape, const uint16_t* x, const float* w,
                                    const float* mean, const float* scale, const float* beta,
                                    const uint16_t* residual, int32_t relu, uint16_t* y,
                                    void* scratch) {
  if (!eb::fits(shape, x, w, mean, scale, beta, residual, y, scratch)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_f32_weight_bf16(shape, x, w, mean, scale, beta, residual, relu, y,
                                             scratch);
}

int64_t eb_conv2d_f32_weight_backward_data_bf16_scratch(const eb_conv2d* shape) {
  if (!eb::valid(shape)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_f32_weight_backward_data_bf16_scratch(shape);
}

eb_status eb_conv2d_f32_weight_backward_data_bf16(const eb_conv2d* shape, const uint16_t* dy,
                                                  const float* w, uint16_t* dx, void* scratch) {
  if (!eb::valid(shape) || !dy || !w || !dx || !scratch) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_f32_weight_backward_data_bf16(shape, dy, w, dx, scratch);
}
#endif
