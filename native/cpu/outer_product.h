// Sums of outer products over pixels: of two images of equal size in pixels, every channel of one
// times every channel of the other. A tile of rows x columns stays in registers over a run of
// pixels: the row operand is broadcast, the column operand is read as vectors.
#ifndef EARLYBIRD_CPU_OUTER_PRODUCT_H
#define EARLYBIRD_CPU_OUTER_PRODUCT_H

#include <algorithm>
#include <utility>

#include "cpu/simd.h"

namespace eb::EB_ISA {

// Most rows of a tile; it has kBlock columns.
constexpr int kRows = kLanes == 16 ? 12 : 6;
// Floats between two pixels of a packed row operand.
constexpr int64_t kRowPitch = kLanes == 16 ? 16 : 8;

inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// One operand, packed as [tile][row][column][image][pitch].
struct Side {
  int64_t channels;
  int64_t height;
  int64_t width;
  int64_t tile;  // channels of a tile
  int64_t tiles;
  int64_t pitch;  // floats of a packed pixel
};

// Packs row `row` of tile `tile` of `images` images that start at `from`.
inline void pack_row(const Side& side, const float* from, int64_t images, int64_t tile, int64_t row,
                     float* packed) {
  const int64_t first = tile * side.tile;
  const int64_t count = std::min(side.tile, side.channels - first);
  const int64_t image = side.height * side.width * side.channels;
  const float* source = from + row * side.width * side.channels + first;
  float* target = packed + (tile * side.height + row) * side.width * images * side.pitch;
  const bool whole = first + side.pitch <= side.channels;
  for (int64_t c = 0; c < side.width; c++) {
    for (int64_t n = 0; n < images; n++, target += side.pitch) {
      const float* pixel = source + n * image + c * side.channels;
      if (whole) {
        for (int64_t k = 0; k < side.pitch; k += kLanes) store(target + k, load(pixel + k));
      } else {
        for (int64_t k = 0; k < count; k++) target[k] = pixel[k];
        for (int64_t k = count; k < side.pitch; k++) target[k] = 0.0f;
      }
    }
  }
}

// Pixels of a chunk for one tap: `rows` x `columns` runs of `length`, with steps in floats.
struct Runs {
  int64_t rows;
  int64_t columns;
  int64_t length;
  int64_t a_row, a_column, a_step;
  int64_t b_row, b_column, b_step;
};

// Adds R rows x V vectors of columns. The loops over a tile are unrolled, or its sums would live in
// memory.
template <int R, int V>
void tile(const Runs& runs, const float* a, const float* b, float* sums) {
  Vec acc[R][V];
#pragma GCC unroll 16
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 16
    for (int v = 0; v < V; v++) acc[r][v] = zero();
  }
  const int64_t a_step = runs.a_step;
  const int64_t b_step = runs.b_step;
  for (int64_t y = 0; y < runs.rows; y++) {
    for (int64_t x = 0; x < runs.columns; x++) {
      const float* pa = a + y * runs.a_row + x * runs.a_column;
      const float* pb = b + y * runs.b_row + x * runs.b_column;
      for (int64_t t = 0; t < runs.length; t++, pa += a_step, pb += b_step) {
        Vec column[V];
#pragma GCC unroll 16
        for (int v = 0; v < V; v++) column[v] = load(pb + v * kLanes);
#pragma GCC unroll 16
        for (int r = 0; r < R; r++) {
          const Vec value = broadcast(pa + r);
#pragma GCC unroll 16
          for (int v = 0; v < V; v++) acc[r][v] = fma(value, column[v], acc[r][v]);
        }
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 16
    for (int v = 0; v < V; v++) {
      float* p = sums + r * kBlock + v * kLanes;
      store(p, add(load(p), acc[r][v]));
    }
  }
}

using Tile = void (*)(const Runs&, const float*, const float*, float*);

template <int V, int... R>
Tile tile_of(int64_t rows, std::integer_sequence<int, R...>) {
  static constexpr Tile tiles[] = {tile<R + 1, V>...};
  return tiles[rows - 1];
}

inline Tile tile_of(int64_t rows, int64_t columns) {
  constexpr auto heights = std::make_integer_sequence<int, kRows>();
  return columns > kLanes ? tile_of<2>(rows, heights) : tile_of<1>(rows, heights);
}

}  // namespace eb::EB_ISA

#endif
