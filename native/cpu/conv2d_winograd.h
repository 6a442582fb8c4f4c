// Transforms of Winograd's minimal filtering F(2x2, 3x3), see conv2d_winograd.cpp.
#ifndef EARLYBIRD_CPU_CONV2D_WINOGRAD_H
#define EARLYBIRD_CPU_CONV2D_WINOGRAD_H

#include "cpu/conv2d_numbers.h"
#include "cpu/conv2d_taps.h"

namespace eb::EB_ISA {

constexpr int kPoints = 16;

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

// The 3 values g of a line of weights become G g.
inline Four weight_transform(Vec a, Vec b, Vec c) {
  const Vec ends = add(a, c);
  return {{a, half(add(ends, b)), half(sub(ends, b)), c}};
}

// Two results A^T m of four products.
inline void output_transform(Vec a, Vec b, Vec c, Vec d, Vec* first, Vec* second) {
  const Vec sum = add(b, c);
  const Vec difference = sub(b, c);
  *first = add(a, sum);
  *second = sub(difference, d);
}

// Calls put(point, values) with B^T d B for the 4x4 pixels d of a vector of channels.
template <class Put>
inline void transform_pixels(const Vec (&d)[kPoints], Put put) {
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
    for (int c = 0; c < 4; c++) put(4 * r + c, f.v[c]);
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

  void next(const Tiling& tiling) {
    column += 2;
    if (column < 2 * tiling.columns) return;
    column = 0;
    row += 2;
    if (row < 2 * tiling.rows) return;
    row = 0;
    image++;
  }
};

// Channel `i` and those after it of the pixels under a tile; zeros where there are none.
template <class T, class Read>
inline void load_pixels(const Product& p, const Tile& tile, const T* x, const Read& read, int64_t i,
                        Vec (&d)[kPoints]) {
  const auto channels = read.at(i / kLanes);
  const int64_t count = p.in - i;
  const T* line = x + ((tile.image * p.in_height + tile.row) * p.in_width + tile.column) * p.in + i;
  line -= p.in_width * p.in;
  const bool inside[4] = {tile.column > 0, true, tile.column + 1 < p.in_width,
                          tile.column + 2 < p.in_width};
#pragma GCC unroll 4
  for (int r = 0; r < 4; r++, line += p.in_width * p.in) {
    const int64_t row = tile.row - 1 + r;
    const bool any = row >= 0 && row < p.in_height;
#pragma GCC unroll 4
    for (int c = 0; c < 4; c++) {
      d[4 * r + c] =
          any && inside[c] ? channels(load_channels(line + (c - 1) * p.in, count)) : zero();
    }
  }
}

}  // namespace eb::EB_ISA

#endif
