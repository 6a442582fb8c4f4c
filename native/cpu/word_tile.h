// Sums of products whose operands are read as 32-bit words, each of some neighbouring terms of a
// sum that one instruction multiplies and adds. A tile of rows x columns of sums stays in registers
// over a run of words: the row operand is broadcast, the column operand is read as vectors.
#ifndef EARLYBIRD_CPU_WORD_TILE_H
#define EARLYBIRD_CPU_WORD_TILE_H

#include <immintrin.h>
#include <stdint.h>

#include <utility>

namespace eb::EB_ISA {

// Columns of a tile: 1 to 4 vectors of this many.
constexpr int64_t kWordLanes = 16;
constexpr int kMostVectors = 4;

// Most rows of a tile of V vectors of columns: what 32 registers hold.
constexpr int most_rows(int64_t v) { return v == 1 ? 28 : v == 2 ? 14 : v == 3 ? 9 : 6; }

inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Words of two bf16 numbers, with sums in fp32.
struct Pairs {
  using Number = float;
  using Sums = __m512;

  static Sums zero() { return _mm512_setzero_ps(); }

  static Sums add_products(Sums sums, uint32_t a, __m512i b) {
    return _mm512_dpbf16_ps(sums, (__m512bh)b, (__m512bh)_mm512_set1_epi32(static_cast<int>(a)));
  }

  static void add_to(Number* p, Sums sums) {
    _mm512_storeu_ps(p, _mm512_add_ps(_mm512_loadu_ps(p), sums));
  }
};

#if defined(__AVX512VNNI__)
// Words of four 8-bit integers, signed ones in rows and unsigned ones in columns, with exact sums in
// 32 bits.
struct Quads {
  using Number = int32_t;
  using Sums = __m512i;

  static Sums zero() { return _mm512_setzero_si512(); }

  static Sums add_products(Sums sums, uint32_t a, __m512i b) {
    return _mm512_dpbusd_epi32(sums, b, _mm512_set1_epi32(static_cast<int>(a)));
  }

  static void add_to(Number* p, Sums sums) {
    _mm512_storeu_si512(p, _mm512_add_epi32(_mm512_loadu_si512(p), sums));
  }
};
#endif

// `rows` x `columns` runs of `length` words, with steps in words.
struct WordRuns {
  int64_t rows;
  int64_t columns;
  int64_t length;
  int64_t a_row, a_column, a_step;
  int64_t b_row, b_column, b_step;
};

// Adds R rows x V vectors of columns to sums [R][V vectors]. The loops over a tile are unrolled, or
// its sums would live in memory.
template <class Words, int R, int V>
void word_tile(const WordRuns& runs, const uint32_t* a, const uint32_t* b,
               typename Words::Number* sums) {
  typename Words::Sums acc[R][V];
#pragma GCC unroll 32
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 4
    for (int v = 0; v < V; v++) acc[r][v] = Words::zero();
  }
  const int64_t a_step = runs.a_step;
  const int64_t b_step = runs.b_step;
  for (int64_t y = 0; y < runs.rows; y++) {
    for (int64_t x = 0; x < runs.columns; x++) {
      const uint32_t* pa = a + y * runs.a_row + x * runs.a_column;
      const uint32_t* pb = b + y * runs.b_row + x * runs.b_column;
      for (int64_t t = 0; t < runs.length; t++, pa += a_step, pb += b_step) {
        __m512i column[V];
#pragma GCC unroll 4
        for (int v = 0; v < V; v++) column[v] = _mm512_loadu_si512(pb + v * kWordLanes);
#pragma GCC unroll 32
        for (int r = 0; r < R; r++) {
#pragma GCC unroll 4
          for (int v = 0; v < V; v++) {
            acc[r][v] = Words::add_products(acc[r][v], pa[r], column[v]);
          }
        }
      }
    }
  }
#pragma GCC unroll 32
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 4
    for (int v = 0; v < V; v++) Words::add_to(sums + (r * V + v) * kWordLanes, acc[r][v]);
  }
}

template <class Words>
using WordTile = void (*)(const WordRuns&, const uint32_t*, const uint32_t*,
                          typename Words::Number*);

template <class Words, int V, int... R>
WordTile<Words> word_tile_of(int64_t rows, std::integer_sequence<int, R...>) {
  static constexpr WordTile<Words> tiles[] = {word_tile<Words, R + 1, V>...};
  return tiles[rows - 1];
}

template <class Words>
WordTile<Words> word_tile_of(int64_t rows, int64_t vectors) {
  switch (vectors) {
    case 1:
      return word_tile_of<Words, 1>(rows, std::make_integer_sequence<int, most_rows(1)>());
    case 2:
      return word_tile_of<Words, 2>(rows, std::make_integer_sequence<int, most_rows(2)>());
    case 3:
      return word_tile_of<Words, 3>(rows, std::make_integer_sequence<int, most_rows(3)>());
    default:
      return word_tile_of<Words, 4>(rows, std::make_integer_sequence<int, most_rows(4)>());
  }
}

}  // namespace eb::EB_ISA

#endif
