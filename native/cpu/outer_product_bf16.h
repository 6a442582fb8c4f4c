// Sums of outer products over pairs of pixels: of two bf16 images of equal size in pixels, every
// channel of one times every channel of the other, with sums in fp32. Two pixels lie in the halves
// of a 32-bit word.
#ifndef EARLYBIRD_CPU_OUTER_PRODUCT_BF16_H
#define EARLYBIRD_CPU_OUTER_PRODUCT_BF16_H

#include <immintrin.h>
#include <stdint.h>

#include <algorithm>

#include "cpu/word_tile.h"

namespace eb::EB_ISA {

// What packing up to 32 channels of a pair of pixels takes.
constexpr double kZipCycles = 4;

// How a matrix of rows x columns is cut into tiles.
struct Tiling {
  int64_t rows;     // of a tile; the last one may have fewer
  int64_t vectors;  // of a tile; the last one may have fewer
  int64_t row_tiles;
  int64_t column_tiles;
  double cost;  // cycles that one pair of pixels and one tap take
};

// Products issue two a cycle and need kLatency cycles; so do reads of vectors, of which a tile does
// R + V for its R V products.
inline double tile_cost(int64_t rows, int64_t vectors) {
  constexpr int64_t kLatency = 6;
  return 0.5 * static_cast<double>(std::max({rows * vectors, rows + vectors, 2 * kLatency}));
}

// `taps`: how often packed operands are used.
inline Tiling tiling(int64_t rows, int64_t columns, int64_t taps) {
  Tiling best{};
  const int64_t vectors = ceil_div(columns, kWordLanes);
  for (int64_t most = 1; most <= kMostVectors; most++) {
    Tiling t{};
    t.column_tiles = ceil_div(vectors, most);
    t.vectors = ceil_div(vectors, t.column_tiles);
    t.row_tiles = ceil_div(rows, most_rows(t.vectors));
    t.rows = ceil_div(rows, t.row_tiles);
    t.row_tiles = ceil_div(rows, t.rows);
    t.column_tiles = ceil_div(vectors, t.vectors);
    for (int64_t r = 0; r < rows; r += t.rows) {
      for (int64_t v = 0; v < vectors; v += t.vectors) {
        t.cost += tile_cost(std::min(t.rows, rows - r), std::min(t.vectors, vectors - v));
      }
    }
    t.cost += kZipCycles / static_cast<double>(taps) *
              static_cast<double>(t.row_tiles + t.column_tiles * ceil_div(t.vectors, 2));
    if (most == 1 || t.cost < best.cost) best = t;
  }
  return best;
}

// One operand, packed in tiles as [tile][row][column][pair of images][pitch] words, and where its
// pixels lie, with steps in elements.
struct PairSide {
  int64_t channels;
  int64_t height;
  int64_t width;
  int64_t image_step;
  int64_t row_step;
  int64_t column_step;
  int64_t tile;  // channels of a tile
  int64_t tiles;
  int64_t pitch;  // words of a packed pair of pixels

  int64_t row_size(int64_t pairs) const { return width * pairs * pitch; }
  int64_t tile_size(int64_t pairs) const { return height * row_size(pairs); }
  int64_t size(int64_t pairs) const { return tiles * tile_size(pairs); }
};

// Writes to[i] = (a[i], b[i]) for the valid i < 32, and zeros for others of the pitch.
struct Zip {
  Zip(int64_t count, int64_t pitch)
      : low(_mm512_set_epi16(47, 15, 46, 14, 45, 13, 44, 12, 43, 11, 42, 10, 41, 9, 40, 8, 39, 7,
                             38, 6, 37, 5, 36, 4, 35, 3, 34, 2, 33, 1, 32, 0)),
        high(_mm512_add_epi16(low, _mm512_set1_epi16(16))),
        valid(0xFFFFFFFFu >> (32 - count)),
        stored(0xFFFFFFFFu >> (32 - pitch)) {}

  void operator()(const uint16_t* a, const uint16_t* b, uint32_t* to) const {
    const __m512i va = _mm512_maskz_loadu_epi16(valid, a);
    const __m512i vb = b ? _mm512_maskz_loadu_epi16(valid, b) : _mm512_setzero_si512();
    _mm512_mask_storeu_epi32(to, static_cast<__mmask16>(stored & 0xFFFFu),
                             _mm512_permutex2var_epi16(va, low, vb));
    if (stored >> 16) {
      _mm512_mask_storeu_epi32(to + kWordLanes, static_cast<__mmask16>(stored >> 16),
                               _mm512_permutex2var_epi16(va, high, vb));
    }
  }

  __m512i low;
  __m512i high;
  __mmask32 valid;
  __mmask32 stored;
};

// Packs row `row` of tile `tile` of `images` images that start at `from`. An odd last image is
// paired with zeros.
inline void pack_pairs(const PairSide& side, const uint16_t* from, int64_t images, int64_t tile,
                       int64_t row, uint32_t* packed) {
  const int64_t pairs = ceil_div(images, 2);
  const int64_t first = tile * side.tile;
  const int64_t count = std::min(side.tile, side.channels - first);
  const uint16_t* source = from + row * side.row_step + first;
  uint32_t* target = packed + tile * side.tile_size(pairs) + row * side.row_size(pairs);
  for (int64_t k = 0; k < count; k += 32) {
    const Zip zip(std::min<int64_t>(32, count - k), std::min<int64_t>(32, side.pitch - k));
    uint32_t* to = target + k;
    for (int64_t c = 0; c < side.width; c++) {
      const uint16_t* a = source + k + c * side.column_step;
      for (int64_t q = 0; q < images / 2; q++, a += 2 * side.image_step, to += side.pitch) {
        zip(a, a + side.image_step, to);
      }
      if (images % 2) {
        zip(a, nullptr, to);
        to += side.pitch;
      }
    }
  }
}

}  // namespace eb::EB_ISA

#endif
