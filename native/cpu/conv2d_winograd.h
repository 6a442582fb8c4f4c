// Tiles of Winograd's minimal filtering and their transforms, see conv2d_winograd.cpp. F is one of
// conv2d_winograd_filtering.h.
#ifndef EARLYBIRD_CPU_CONV2D_WINOGRAD_H
#define EARLYBIRD_CPU_CONV2D_WINOGRAD_H

#include <algorithm>
#include <utility>

#include "cpu/conv2d_numbers.h"
#include "cpu/conv2d_taps.h"
#include "cpu/conv2d_winograd_filtering.h"

namespace eb::EB_ISA {

// Squares of results that are computed together, `side` each way.
struct Tiling {
  int64_t side;
  int64_t rows;
  int64_t columns;
  int64_t tiles;

  Tiling(const Product& p, int64_t results)
      : side(results),
        rows((p.out_height + side - 1) / side),
        columns((p.out_width + side - 1) / side),
        tiles(p.n * rows * columns) {}
};

// The place of a tile: its results begin at (row, column).
struct Tile {
  int64_t image;
  int64_t row;
  int64_t column;

  Tile(const Tiling& tiling, int64_t tile) {
    column = tile % tiling.columns * tiling.side;
    row = tile / tiling.columns % tiling.rows * tiling.side;
    image = tile / tiling.columns / tiling.rows;
  }

  void next(const Tiling& tiling) {
    column += tiling.side;
    if (column < tiling.side * tiling.columns) return;
    column = 0;
    row += tiling.side;
    if (row < tiling.side * tiling.rows) return;
    row = 0;
    image++;
  }

  // Pixels of images of this height and width that come before it, if rows of tiles are read whole.
  int64_t pixels(const Tiling& tiling, int64_t height, int64_t width) const {
    const int64_t lines = std::min(tiling.side, height - row);
    return (image * height + row) * width + lines * std::min(column, width);
  }
};

template <class Body, int... I>
inline void each(Body body, std::integer_sequence<int, I...>) {
  (body(I), ...);
}

// body(i) for i < N. Lines that registers do not hold are not unrolled: GCC would first load them all,
// and store them again.
template <bool kUnrolled, int N, class Body>
inline void each(Body body) {
  if constexpr (kUnrolled) {
    each(body, std::make_integer_sequence<int, N>());
  } else {
#pragma GCC unroll 1
    for (int i = 0; i < N; i++) body(i);
  }
}

// Transforms columns, then rows, of a square of kFrom values a side to one of kTo: kLine transforms a
// line, get(row, column) has the values, put(row, column, value) takes the results.
template <bool kUnrolled, int kFrom, int kTo, void (*kLine)(const Vec (&)[kFrom], Vec (&)[kTo]),
          class Get, class Put>
[[gnu::always_inline]] inline void transform(Get get, Put put) {
  Vec t[kTo * kFrom];
  each<kUnrolled, kFrom>([&](int c) {
    Vec from[kFrom];
    Vec to[kTo];
    each<true, kFrom>([&](int r) { from[r] = get(r, c); });
    kLine(from, to);
    each<true, kTo>([&](int r) { t[r * kFrom + c] = to[r]; });
  });
  each<kUnrolled, kTo>([&](int r) {
    Vec from[kFrom];
    Vec to[kTo];
    each<true, kFrom>([&](int c) { from[c] = t[r * kFrom + c]; });
    kLine(from, to);
    each<true, kTo>([&](int c) { put(r, c, to[c]); });
  });
}

// Calls put(point, values) with B^T d B for channel `i` and those after it of the pixels d under a tile;
// there are zeros around an image.
template <class F, class T, class Read, class Put>
[[gnu::always_inline]] inline void transform_pixels(const Product& p, const Tile& tile, const T* x,
                                                    const Read& read, int64_t i, Put put) {
  const auto channels = read.at(i / kLanes);
  const int64_t count = p.in - i;
  const int64_t pixel = p.in;
  const int64_t line = p.in_width * pixel;
  const int64_t top = tile.row - 1;
  const int64_t left = tile.column - 1;
  const uint64_t height = static_cast<uint64_t>(p.in_height);
  const uint64_t width = static_cast<uint64_t>(p.in_width);
  const T* from = x + (tile.image * p.in_height + top) * line + left * pixel + i;
  transform<F::kUnrolled, F::kLine, F::kLine, F::input>(
      [=](int r, int c) {
        const bool any =
            static_cast<uint64_t>(top + r) < height && static_cast<uint64_t>(left + c) < width;
        return any ? channels(load_channels(from + r * line + c * pixel, count)) : zero();
      },
      [=](int r, int c, Vec v) { put(r * F::kLine + c, v); });
}

}  // namespace eb::EB_ISA

#endif
