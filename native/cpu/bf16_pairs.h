// Rows of bf16 numbers with AVX-512, 32 columns at a time: the even ones and the odd ones make a vector
// each, because a shift or a mask brings a bf16 number into the upper half of its lane, where it is a
// float. Tables of columns and sums over rows lie in the same order. For loops with few operations per
// element, which converting in the order of memory would double.
#ifndef EARLYBIRD_CPU_BF16_PAIRS_H
#define EARLYBIRD_CPU_BF16_PAIRS_H

#include <immintrin.h>
#include <stdint.h>

#include "cpu/element.h"

namespace eb::EB_ISA {

constexpr int64_t kPairColumns = 32;

#if defined(__AVX512F__)

struct Pair {
  __m512 even;
  __m512 odd;

  Pair operator+(Pair o) const { return {even + o.even, odd + o.odd}; }
  Pair operator-(Pair o) const { return {even - o.even, odd - o.odd}; }
  Pair operator*(Pair o) const { return {even * o.even, odd * o.odd}; }
};

// Columns in which something holds.
struct PairMask {
  __mmask16 even;
  __mmask16 odd;
};

inline PairMask positive(Pair v) {
  const __m512 zero = _mm512_setzero_ps();
  return {_mm512_cmp_ps_mask(v.even, zero, _CMP_GT_OQ),
          _mm512_cmp_ps_mask(v.odd, zero, _CMP_GT_OQ)};
}

// Not x <= 0: a NaN stays one in eb_relu.
inline PairMask stays_in_relu(Pair v) {
  const __m512 zero = _mm512_setzero_ps();
  return {_mm512_cmp_ps_mask(v.even, zero, _CMP_NLE_UQ),
          _mm512_cmp_ps_mask(v.odd, zero, _CMP_NLE_UQ)};
}

// v where the mask says so, else zero.
inline Pair where(PairMask mask, Pair v) {
  return {_mm512_maskz_mov_ps(mask.even, v.even), _mm512_maskz_mov_ps(mask.odd, v.odd)};
}

inline Pair no_pair() { return {_mm512_setzero_ps(), _mm512_setzero_ps()}; }

// The first n of 32 columns.
inline __mmask32 first_columns(int64_t n) { return n >= kPairColumns ? ~0u : (1u << n) - 1; }

// Of 32 bf16 numbers.
inline Pair pair_of(__m512i bits) {
  const __m512i upper = _mm512_set1_epi32(static_cast<int>(0xFFFF0000u));
  return {_mm512_castsi512_ps(_mm512_maskz_slli_epi32(0xFFFF, bits, 16)),
          _mm512_castsi512_ps(_mm512_and_si512(bits, upper))};
}

inline Pair load_pair(const Bf16* p) { return pair_of(_mm512_loadu_si512(p)); }

// Of a table in the order of pairs.
inline Pair load_pair(const float* p) { return {_mm512_load_ps(p), _mm512_load_ps(p + 16)}; }

inline void store_pair(float* p, Pair v) {
  _mm512_store_ps(p, v.even);
  _mm512_store_ps(p + 16, v.odd);
}

// The upper halves are eb_bf16_bits.
inline __m512i bf16_in_upper_half(__m512 v) {
  const __m512i bits = _mm512_castps_si512(v);
  const __mmask16 odd = _mm512_test_epi32_mask(bits, _mm512_set1_epi32(0x10000));
  const __mmask16 nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
  __m512i rounded = _mm512_add_epi32(bits, _mm512_set1_epi32(0x7FFF));
  rounded = _mm512_mask_add_epi32(rounded, odd, rounded, _mm512_set1_epi32(1));
  return _mm512_mask_or_epi32(rounded, nan, bits, _mm512_set1_epi32(0x400000));
}

// Whether all rows of y begin on lines.
template <class T>
bool rows_begin_lines(const T* y, int64_t width) {
  return reinterpret_cast<uintptr_t>(y) % 64 == 0 && width % (64 / int64_t{sizeof(T)}) == 0;
}

// 32 bf16 numbers, rounded as eb_bf16_bits.
inline __m512i bf16_of(Pair v) {
  const __m512i low = _mm512_maskz_srli_epi32(0xFFFF, bf16_in_upper_half(v.even), 16);
  return _mm512_mask_mov_epi16(bf16_in_upper_half(v.odd), 0x55555555u, low);
}

// Rounds; past the cache if `stream`, and p begins a line then.
inline void store_pair(Bf16* p, Pair v, bool stream) {
  if (stream) {
    _mm512_stream_si512(reinterpret_cast<__m512i*>(p), bf16_of(v));
  } else {
    _mm512_storeu_si512(p, bf16_of(v));
  }
}

// Brings columns into the order of pairs, as far as they fill pairs; the others stay as they are.
inline void to_pairs(const float* columns, int64_t n, float* paired) {
  const __m512i even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
  const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
  int64_t j = 0;
  for (; j + kPairColumns <= n; j += kPairColumns) {
    const __m512 a = _mm512_loadu_ps(columns + j);
    const __m512 b = _mm512_loadu_ps(columns + j + 16);
    store_pair(paired + j, {_mm512_permutex2var_ps(a, even, b), _mm512_permutex2var_ps(a, odd, b)});
  }
  for (; j < n; j++) paired[j] = columns[j];
}

// Brings them back, in place.
inline void from_pairs(float* paired, int64_t n) {
  const __m512i first = _mm512_set_epi32(23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  const __m512i second = _mm512_add_epi32(first, _mm512_set1_epi32(8));
  for (int64_t j = 0; j + kPairColumns <= n; j += kPairColumns) {
    const Pair v = load_pair(paired + j);
    store_pair(paired + j, {_mm512_permutex2var_ps(v.even, first, v.odd),
                            _mm512_permutex2var_ps(v.even, second, v.odd)});
  }
}

#endif

}  // namespace eb::EB_ISA

#endif
