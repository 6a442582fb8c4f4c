// Transforms of Winograd's minimal filtering F(2x2, 3x3), see conv2d_winograd.cpp.
#ifndef EARLYBIRD_CPU_CONV2D_WINOGRAD_H
#define EARLYBIRD_CPU_CONV2D_WINOGRAD_H

#include <algorithm>

#include "cpu/conv2d_taps.h"
#include "cpu/simd.h"

namespace eb::EB_ISA {

constexpr int kPoints = 16;

// Vectors of block `block` of `channels` that hold any.
inline int64_t vectors_of(int64_t channels, int64_t block) {
  return channels - block * kBlock > kLanes ? 2 : 1;
}

// Rows of a block of sums that stay in registers.
constexpr int kWinogradRows = kLanes == 16 ? 12 : 6;

inline Vec half(Vec v) {
  static const float kHalf = 0.5f;
  return mul(v, broadcast(&kHalf));
}

// The 2x2 results that are computed together.
struct Tiling {
  int64_t rows;
  int64_t columns;
  int64_t tiles;

  explicit Tiling(const Product& p)
      : rows((p.out_height + 1) / 2), columns((p.out_width + 1) / 2), tiles(p.n * rows * columns) {}
};

// Four values t of B^T d for four values d.
struct Four {
  Vec v[4];
};

inline Four input_transform(Vec a, Vec b, Vec c, Vec d) {
  return {{sub(a, c), add(b, c), sub(c, b), sub(b, d)}};
}

// The 4x4 pixels d of a vector of channels become B^T d B, `step` floats from point to point.
inline void transform_pixels(const Vec (&d)[kPoints], float* out, int64_t step) {
  Vec t[kPoints];
#pragma GCC unroll 4
  for (int c = 0; c < 4; c++) {
    const Four f = input_transform(d[c], d[4 + c], d[8 + c], d[12 + c]);
#pragma GCC unroll 4
    for (int r = 0; r < 4; r++) t[4 * r + c] = f.v[r];
  }
#pragma GCC unroll 4
  for (int r = 0; r < 4; r++) {
    const Four f = input_transform(t[4 * r], t[4 * r + 1], t[4 * r + 2], t[4 * r + 3]);
#pragma GCC unroll 4
    for (int c = 0; c < 4; c++) store(out + (4 * r + c) * step, f.v[c]);
  }
}

// The place of a tile: its results begin at (row, column).
struct Tile {
  int64_t image;
  int64_t row;
  int64_t column;

  Tile(const Tiling& tiling, int64_t tile) {
    column = tile % tiling.columns * 2;
    row = tile / tiling.columns % tiling.rows * 2;
    image = tile / tiling.columns / tiling.rows;
  }
};

// Channel `i` and those after it of the pixels under a tile; void where there are none.
inline void load_pixels(const Product& p, const Tile& tile, const float* x, int64_t i,
                        Vec (&d)[kPoints]) {
  const int64_t count = std::min<int64_t>(kLanes, p.in - i);
  for (int64_t r = 0; r < 4; r++) {
    const int64_t row = tile.row - 1 + r;
    for (int64_t c = 0; c < 4; c++) {
      const int64_t column = tile.column - 1 + c;
      Vec value = zero();
      if (row >= 0 && row < p.in_height && column >= 0 && column < p.in_width) {
        const float* from = x + ((tile.image * p.in_height + row) * p.in_width + column) * p.in + i;
        value = count == kLanes ? load(from) : load(from, count);
      }
      d[4 * r + c] = value;
    }
  }
}

}  // namespace eb::EB_ISA

#endif
