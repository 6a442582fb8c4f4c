// How the gradient of a convolution's weight from bf16 operands is cut into tiles, blocks of images
// and copies of dw, and how the sums of its tiles become dw.
#ifndef EARLYBIRD_CPU_CONV2D_WEIGHT_SUMS_BF16_H
#define EARLYBIRD_CPU_CONV2D_WEIGHT_SUMS_BF16_H

#include <algorithm>

#include "cpu/outer_product_bf16.h"
#include "cpu/parallel.h"
#include "cpu/simd.h"
#include "earlybird/products.h"

namespace eb::EB_ISA {

// Pairs of pixels that a tile sums in registers; their operands fit into the first cache.
constexpr int64_t kChunkPairs = 128;
// Largest dw for which groups of images sum in copies of their own, which stay in the second cache
// beside a block of packed images; the copies are limited in number and in size altogether.
constexpr int64_t kCopyBytes = 640 << 10;
constexpr int64_t kBlockBytes = 320 << 10;
constexpr int64_t kCopies = 16;
constexpr int64_t kCopiesBytes = int64_t{4} << 20;
// Packed images that all threads share.
constexpr int64_t kSharedBytes = int64_t{16} << 20;
// Sums of one tile that a thread keeps at hand.
constexpr int64_t kLocalSums = 8192;
constexpr int64_t kWordBytes = 4;

struct WeightPlan {
  eb_conv2d s;  // 1x1 windows without padding: images of one pixel
  int64_t oh;
  int64_t ow;
  bool swapped;  // rows are x's channels, columns are dy's
  Tiling tiling;
  PairSide rows;
  PairSide columns;
  int64_t block;   // pairs of images that are packed together
  int64_t copies;  // copies of dw
  bool shared;     // threads share blocks of images and divide tiles; else they divide copies of dw
  bool local;      // threads sum tile after tile at hand, not in scratch
  int64_t rows_size;
  int64_t columns_size;
  int64_t sums_size;

  int64_t pairs() const { return ceil_div(s.n, 2); }
  int64_t blocks() const { return ceil_div(pairs(), block); }
  int64_t taps() const { return s.kernel_height * s.kernel_width; }
  int64_t dw_size() const { return ceil_div(s.out, kBlock) * kBlock * taps() * s.in; }
  int64_t tiles() const { return tiling.row_tiles * tiling.column_tiles; }
  int64_t tile_columns() const { return tiling.vectors * kWordLanes; }
  int64_t tile_sums() const { return taps() * tiling.rows * tile_columns(); }
  int64_t packed_size() const { return rows_size + columns_size; }
  int64_t copy_size() const { return packed_size() + (local ? 0 : sums_size); }
};

inline PairSide image_of(int64_t height, int64_t width, int64_t channels) {
  return {channels, height, width, height * width * channels, width * channels, channels, 0, 0, 0};
}

inline WeightPlan make_plan(const eb_conv2d& s) {
  WeightPlan p{};
  p.s = s;
  p.oh = (s.height + 2 * s.padding - s.kernel_height) / s.stride + 1;
  p.ow = (s.width + 2 * s.padding - s.kernel_width) / s.stride + 1;
  PairSide x = image_of(s.height, s.width, s.in);
  PairSide y = image_of(p.oh, p.ow, s.out);
  if (s.kernel_height == 1 && s.kernel_width == 1 && s.padding == 0) {
    p.s.stride = 1;
    if (s.stride == 1) {
      p.s.n *= s.height * s.width;
      p.oh = p.ow = 1;
      x = image_of(1, 1, s.in);
      y = image_of(1, 1, s.out);
    } else {
      x.height = p.oh;
      x.width = p.ow;
      x.row_step *= s.stride;
      x.column_step *= s.stride;
    }
    p.s.height = p.oh;
    p.s.width = p.ow;
  }
  const Tiling straight = tiling(s.out, s.in, p.taps());
  const Tiling swapped = tiling(s.in, s.out, p.taps());
  p.swapped = swapped.cost <= straight.cost;
  p.tiling = p.swapped ? swapped : straight;
  p.rows = p.swapped ? x : y;
  p.columns = p.swapped ? y : x;
  p.rows.tiles = p.tiling.row_tiles;
  p.rows.tile = p.rows.pitch = p.tiling.rows;
  p.columns.tiles = p.tiling.column_tiles;
  p.columns.tile = p.columns.pitch = p.tile_columns();
  p.sums_size = p.tiles() * p.tile_sums();
  p.shared = p.sums_size * kWordBytes > kCopyBytes;
  const int64_t pair_bytes = (p.rows.size(1) + p.columns.size(1)) * kWordBytes;
  const int64_t room = p.shared ? kSharedBytes : kBlockBytes;
  p.block = std::max<int64_t>(1, room / pair_bytes);
  p.block = std::min(p.pairs(), p.block);
  p.local = p.shared && p.block == p.pairs() && p.tile_sums() <= kLocalSums;
  p.rows_size = ceil_div(p.rows.size(p.block), kLine) * kLine;
  p.columns_size = ceil_div(p.columns.size(p.block), kLine) * kLine;
  p.copies = p.shared ? 1
                      : std::min({kCopies, p.blocks(),
                                  std::max<int64_t>(1, kCopiesBytes / (p.sums_size * kWordBytes))});
  return p;
}

// The sums of all copies, added in order.
inline __m512 total(const WeightPlan& p, const float* sums, int64_t copy_step) {
  __m512 sum = _mm512_loadu_ps(sums);
  for (int64_t copy = 1; copy < p.copies; copy++) {
    sum = _mm512_add_ps(sum, _mm512_loadu_ps(sums + copy * copy_step));
  }
  return sum;
}

// Writes one tile of dw whose columns are output channels. What a block of output channels lacks is
// written as zeros.
inline void write_swapped(const WeightPlan& p, int64_t row_tile, int64_t column_tile,
                          const float* sums, int64_t copy_step, float* dw) {
  const int64_t first = row_tile * p.rows.tile;
  const int64_t rows = std::min(p.rows.tile, p.s.in - first);
  const int64_t out = column_tile * p.columns.tile;
  const int64_t columns = std::min(p.columns.tile, p.s.out - out);
  const int64_t pitch = ceil_div(columns, kWordLanes) * kWordLanes;
  const bool last = out + columns == p.s.out;
  const int64_t end = last ? ceil_div(p.s.out, kBlock) * kBlock : out + columns;
  const bool stream = should_stream_lines(dw, p.dw_size());
  for (int64_t tap = 0; tap < p.taps(); tap++) {
    const float* tap_sums = sums + tap * p.tiling.rows * p.tile_columns();
    for (int64_t o = out; o < end; o += kWordLanes) {
      float* to = dw + ((o / kBlock * p.taps() + tap) * p.s.in + first) * kBlock + o % kBlock;
      const float* from = tap_sums + o - out;
      for (int64_t r = 0; r < rows; r++, from += pitch, to += kBlock) {
        const bool exists = o < out + columns;
        const __m512 sum = exists ? total(p, from, copy_step) : _mm512_setzero_ps();
        if (stream) {
          _mm512_stream_ps(to, sum);
        } else {
          _mm512_storeu_ps(to, sum);
        }
      }
    }
  }
}

// As above where rows are output channels.
inline void write_straight(const WeightPlan& p, int64_t row_tile, int64_t column_tile,
                           const float* sums, int64_t copy_step, float* dw) {
  const int64_t out = row_tile * p.rows.tile;
  const int64_t rows = std::min(p.rows.tile, p.s.out - out);
  const int64_t in = column_tile * p.columns.tile;
  const int64_t columns = std::min(p.columns.tile, p.s.in - in);
  const int64_t pitch = ceil_div(columns, kWordLanes) * kWordLanes;
  const bool last = out + rows == p.s.out;
  const int64_t end = last ? ceil_div(p.s.out, kBlock) * kBlock : out + rows;
  for (int64_t tap = 0; tap < p.taps(); tap++) {
    const float* tap_sums = sums + tap * p.tiling.rows * p.tile_columns();
    for (int64_t o = out; o < end; o++) {
      float* to = dw + ((o / kBlock * p.taps() + tap) * p.s.in + in) * kBlock + o % kBlock;
      for (int64_t c = 0; c < columns; c += kWordLanes) {
        alignas(64) float line[kWordLanes] = {};
        if (o < p.s.out)
          _mm512_store_ps(line, total(p, tap_sums + (o - out) * pitch + c, copy_step));
        const int64_t count = std::min(kWordLanes, columns - c);
        for (int64_t i = 0; i < count; i++) to[(c + i) * kBlock] = line[i];
      }
    }
  }
}

inline void write_tile(const WeightPlan& p, int64_t tile, const float* sums, int64_t copy_step,
                       float* dw) {
  const int64_t row_tile = tile % p.tiling.row_tiles;
  const int64_t column_tile = tile / p.tiling.row_tiles;
  if (p.swapped) {
    write_swapped(p, row_tile, column_tile, sums, copy_step, dw);
  } else {
    write_straight(p, row_tile, column_tile, sums, copy_step, dw);
  }
}

}  // namespace eb::EB_ISA

#endif
