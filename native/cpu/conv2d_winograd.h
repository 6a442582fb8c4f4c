// Transforms of Winograd's minimal filtering F(2x2, 3x3), see conv2d_winograd.cpp.
#ifndef EARLYBIRD_CPU_CONV2D_WINOGRAD_H
#define EARLYBIRD_CPU_CONV2D_WINOGRAD_H

#include <algorithm>
#include <utility>

#include "cpu/conv2d_taps.h"
#include "cpu/lanes.h"
#include "cpu/simd.h"

namespace eb::EB_ISA {

constexpr int kPoints = 16;

// What is multiplied. A row and a column of a product are read as terms, each of kNumbers numbers that
// stand for neighbouring channels or tiles; sums are fp32.
struct Floats {
  using Element = float;  // of images
  using Term = float;
  using Column = Vec;
  static constexpr int64_t kNumbers = 1;

  // Puts a vector of numbers in sequence into terms.
  static void put(Term* to, int64_t at, Vec v) { store(to + at, v); }

  // Puts kLanes terms, each of the numbers of one lane.
  static void pack(Term* to, const Vec* v) { store(to, v[0]); }

  static Column column(const Term* p) { return load(p); }

  static Vec add_product(Vec sum, const Term* row, Column column) {
    return fma(broadcast(row), column, sum);
  }
};

#if defined(__AVX512BF16__)
// Transforms of bf16 numbers, computed in fp32 and rounded to bf16 before they are multiplied.
struct Bf16Pairs {
  using Element = Bf16;
  using Term = uint32_t;
  using Column = __m512i;
  static constexpr int64_t kNumbers = 2;

  static void put(Term* to, int64_t at, Vec v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(reinterpret_cast<uint16_t*>(to) + at),
                        rounded(v));
  }

  static void pack(Term* to, const Vec* v) {
    const __m512i low = _mm512_maskz_cvtepu16_epi32(kAll, rounded(v[0]));
    const __m512i high = _mm512_maskz_cvtepu16_epi32(kAll, rounded(v[1]));
    _mm512_storeu_si512(to, _mm512_or_si512(low, _mm512_maskz_slli_epi32(kAll, high, 16)));
  }

  static Column column(const Term* p) { return _mm512_loadu_si512(p); }

  static Vec add_product(Vec sum, const Term* row, Column column) {
    return _mm512_dpbf16_ps(sum, (__m512bh)column,
                            (__m512bh)_mm512_set1_epi32(static_cast<int>(*row)));
  }

 private:
  static constexpr __mmask16 kAll = 0xFFFF;
};
#endif

// Terms that hold n numbers.
template <class N>
constexpr int64_t terms_of(int64_t n) {
  return (n + N::kNumbers - 1) / N::kNumbers;
}

// Vectors of block `block` of `channels` that hold any.
inline int64_t vectors_of(int64_t channels, int64_t block) {
  return channels - block * kBlock > kLanes ? 2 : 1;
}

// Rows of a block of sums of V vectors that stay in registers.
constexpr int rows_of(int64_t v) { return (kLanes == 16 ? 24 : 12) / static_cast<int>(v); }

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

// Channel `i` and those after it of the pixels under a tile; void where there are none.
template <class T>
inline void load_pixels(const Product& p, const Tile& tile, const T* x, int64_t i,
                        Vec (&d)[kPoints]) {
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
      d[4 * r + c] = any && inside[c] ? load_channels(line + (c - 1) * p.in, count) : zero();
    }
  }
}

// Adds R rows x V vectors of products to sums [R, kBlock], or begins them if `fresh`. Term i of row r
// is rows[r * pitch + i], or, if the rows lie side by side, rows[i * pitch + r]; columns are
// [terms, kBlock].
template <class N, bool kSideBySide, int V, int R>
void multiply(const typename N::Term* rows, int64_t pitch, const typename N::Term* columns,
              int64_t terms, bool fresh, float* sums) {
  const int64_t row_step = kSideBySide ? 1 : pitch;
  const int64_t term_step = kSideBySide ? pitch : 1;
  Vec acc[R][V];
#pragma GCC unroll 32
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 2
    for (int v = 0; v < V; v++) acc[r][v] = fresh ? zero() : load(sums + r * kBlock + v * kLanes);
  }
  for (int64_t i = 0; i < terms; i++, rows += term_step, columns += kBlock) {
    typename N::Column column[V];
#pragma GCC unroll 2
    for (int v = 0; v < V; v++) column[v] = N::column(columns + v * kLanes);
#pragma GCC unroll 32
    for (int r = 0; r < R; r++) {
#pragma GCC unroll 2
      for (int v = 0; v < V; v++) {
        acc[r][v] = N::add_product(acc[r][v], rows + r * row_step, column[v]);
      }
    }
  }
#pragma GCC unroll 32
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 2
    for (int v = 0; v < V; v++) store(sums + r * kBlock + v * kLanes, acc[r][v]);
  }
}

template <class N>
using Multiply = void (*)(const typename N::Term*, int64_t, const typename N::Term*, int64_t, bool,
                          float*);

template <class N, bool kSideBySide, int V, int... R>
Multiply<N> multiply_of(int64_t rows, std::integer_sequence<int, R...>) {
  static constexpr Multiply<N> all[] = {multiply<N, kSideBySide, V, R + 1>...};
  return all[rows - 1];
}

template <class N, bool kSideBySide>
Multiply<N> multiply_of(int64_t rows, int64_t vectors) {
  return vectors == 1
             ? multiply_of<N, kSideBySide, 1>(rows, std::make_integer_sequence<int, rows_of(1)>())
             : multiply_of<N, kSideBySide, 2>(rows, std::make_integer_sequence<int, rows_of(2)>());
}

}  // namespace eb::EB_ISA

#endif
