// Convolution and its gradient with respect to the input from bf16 operands, as one direct product:
// every output pixel is a sum over taps and pairs of input channels, in fp32.
//
// Version 1: as conv2d.cpp, a tile is one pixel of some images x a block of output channels, so that
// all rows of a tile need the same taps and taps in the padding are left out. The images of a tile
// are packed so that a pair of channels of all of them lies in sequence: image strides are powers of
// two, and their lines would push each other out of the first cache.
#include "cpu/kernel_table.h"

#if defined(__AVX512BF16__)
#include <algorithm>
#include <cstring>

#include "cpu/conv2d_taps.h"
#include "cpu/outer_product_bf16.h"
#include "cpu/parallel.h"
#include "cpu/simd.h"

namespace eb::EB_ISA {
namespace {

// Images of a tile.
constexpr int64_t kRows = most_rows(kBlock / kPairLanes);

struct Images {
  explicit Images(const Product& p)
      : groups(ceil_div(p.n, kRows)), pairs(ceil_div(p.in, 2)), pixels(p.in_height * p.in_width) {}

  Part group(const Product& p, int64_t g) const {
    return {p.n * g / groups, p.n * (g + 1) / groups};
  }

  int64_t groups;
  int64_t pairs;  // of channels
  int64_t pixels;
};

// Packs one pixel of a group of images as [pair of channels][image]; an odd last channel is paired
// with a zero.
void pack_pixel(const Product& p, const Images& all, Part images, int64_t pixel, const uint16_t* x,
                uint32_t* packed) {
  const int64_t rows = images.end - images.begin;
  uint32_t* to = packed + (images.begin * all.pixels + pixel * rows) * all.pairs;
  for (int64_t r = 0; r < rows; r++) {
    const uint16_t* from = x + ((images.begin + r) * all.pixels + pixel) * p.in;
    for (int64_t i = 0; i < p.in / 2; i++) std::memcpy(to + i * rows + r, from + 2 * i, 4);
    if (p.in % 2) to[(all.pairs - 1) * rows + r] = from[p.in - 1];
  }
}

// Writes one pixel of a group of images: `columns` sums of every row, as fp32 or bf16.
void write_pixel(const Product& p, int64_t rows, int64_t columns, const float* sums, bool wide,
                 void* y, int64_t at) {
  const int64_t image = p.out_height * p.out_width * p.out;
  const int64_t vectors = ceil_div(columns, kPairLanes);
  for (int64_t r = 0; r < rows; r++, at += image) {
    for (int64_t v = 0; v < vectors; v++) {
      const __m512 sum = _mm512_loadu_ps(sums + (r * vectors + v) * kPairLanes);
      const int64_t count = std::min(kPairLanes, columns - v * kPairLanes);
      const __mmask16 valid = static_cast<__mmask16>(0xFFFFu >> (kPairLanes - count));
      if (wide) {
        _mm512_mask_storeu_ps(static_cast<float*>(y) + at + v * kPairLanes, valid, sum);
      } else {
        _mm256_mask_storeu_epi16(static_cast<uint16_t*>(y) + at + v * kPairLanes, valid,
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
  const int64_t vectors = ceil_div(columns, kPairLanes);
  const PairTile run = pair_tile_of(rows, vectors);
  const Taps down = taps_of(p, row, p.kernel_height, p.in_height);
  const int64_t a_pixel = all.pairs * rows;
  const int64_t b_tap = all.pairs * kBlock;
  const uint32_t* a = packed + images.begin * all.pixels * all.pairs;
  const uint32_t* b = w + block * p.kernel_height * p.kernel_width * b_tap;
  for (int64_t column = 0; column < p.out_width; column++) {
    const Taps across = taps_of(p, column, p.kernel_width, p.in_width);
    PairRuns runs{};
    runs.rows = down.count;
    runs.columns = across.count;
    runs.length = all.pairs;
    runs.a_row = down.source_step * p.in_width * a_pixel;
    runs.a_column = across.source_step * a_pixel;
    runs.a_step = rows;
    runs.b_row = down.step * p.kernel_width * b_tap;
    runs.b_column = across.step * b_tap;
    runs.b_step = kBlock;
    alignas(64) float sums[kRows * kBlock] = {};
    if (down.count > 0 && across.count > 0) {
      run(runs, a + (down.source * p.in_width + across.source) * a_pixel,
          b + (down.first * p.kernel_width + across.first) * b_tap, sums);
    }
    const int64_t pixel = (images.begin * p.out_height + row) * p.out_width + column;
    write_pixel(p, rows, columns, sums, wide, y, pixel * p.out + block * kBlock);
  }
}

int64_t scratch_bytes(const Product& p) {
  const Images all(p);
  return p.n * all.pixels * all.pairs * static_cast<int64_t>(sizeof(uint32_t));
}

void run(const Product& p, const uint16_t* x, const void* w, bool wide, void* y, void* scratch) {
  const Images all(p);
  uint32_t* packed = static_cast<uint32_t*>(scratch);
  const int64_t blocks = ceil_div(p.out, kBlock);
#pragma omp parallel
  {
#pragma omp for schedule(static)
    for (int64_t item = 0; item < all.groups * all.pixels; item++) {
      pack_pixel(p, all, all.group(p, item / all.pixels), item % all.pixels, x, packed);
    }
    // A block of weights stays in the second cache while all images pass.
    const Part mine = my_part(blocks * all.groups * p.out_height);
    for (int64_t item = mine.begin; item < mine.end; item++) {
      const int64_t group = item / p.out_height;
      write_row(p, all, all.group(p, group % all.groups), item % p.out_height, group / all.groups,
                packed, static_cast<const uint32_t*>(w), wide, y);
    }
  }
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
#endif
