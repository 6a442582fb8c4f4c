// Rounding a run of one block while the run that comes next is looked at: its values come from memory
// while random numbers are made, and its exponent costs almost nothing.
#ifndef EARLYBIRD_CPU_ROUND_AHEAD_H
#define EARLYBIRD_CPU_ROUND_AHEAD_H

#include "cpu/parallel.h"
#include "cpu/round_tiles.h"

namespace eb::EB_ISA {

#if defined(__AVX512F__)

// What rounds groups of 128 elements that share a block of the format.
struct GroupRounding {
  __m512 offset;
  __m512 largest;
  __m512i keep;
  __m128i shift;
};

// The forms with a mask, as in philox_blocks.h.
constexpr __mmask16 kAllFloats = 0xFFFF;

// 16 draws as numbers of 32 bits.
inline __m512i sixteen(const uint16_t* draws) {
  const __m256i halves = _mm256_load_si256(reinterpret_cast<const __m256i*>(draws));
  return _mm512_maskz_cvtepu16_epi32(kAllFloats, halves);
}

inline __m512i sixteen(const uint32_t* draws) { return _mm512_load_si512(draws); }

// 16 elements and their draws, in order.
template <class Draw>
inline __m512 round_16(const GroupRounding& r, const Draw* draws, const float* x) {
  const __m512i addend = _mm512_maskz_srl_epi32(kAllFloats, sixteen(draws), r.shift);
  const __m512 sum = _mm512_add_ps(_mm512_loadu_ps(x), r.offset);
  const __m512i kept = _mm512_and_si512(_mm512_add_epi32(_mm512_castps_si512(sum), addend), r.keep);
  // The smaller magnitude, with the sign of the first: eb_block_round_normal's two limits in one.
  constexpr int kSmallerMagnitude = 2;
  const __m512 rounded = _mm512_sub_ps(_mm512_castsi512_ps(kept), r.offset);
  return _mm512_maskz_range_ps(kAllFloats, rounded, r.largest, kSmallerMagnitude);
}

inline void store_16(float* y, __m512 values) { _mm512_storeu_ps(y, values); }

inline void stream_16(float* y, __m512 values) { _mm512_stream_ps(y, values); }

// As bf16, which holds them exactly: the upper halves.
inline __m256i upper_halves(__m512 values) {
  const __m512i bits = _mm512_castps_si512(values);
  return _mm512_maskz_cvtepi32_epi16(kAllFloats, _mm512_maskz_srli_epi32(kAllFloats, bits, 16));
}

inline void store_16(Bf16* y, __m512 values) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(y), upper_halves(values));
}

inline void stream_16(Bf16* y, __m512 values) {
  _mm256_stream_si256(reinterpret_cast<__m256i*>(y), upper_halves(values));
}

inline __m512i larger_exponents(__m512i most, const float* x) {
  const __m512i in_place = _mm512_set1_epi32(0x7F800000);
  return _mm512_maskz_max_epi32(kAllFloats, most,
                                _mm512_and_si512(_mm512_loadu_si512(x), in_place));
}

// Groups of blocks of draws, the first of which is `block`; returns the largest exponent in place of
// next[0..count). kStream: y is written past the cache and begins on a line.
template <class Draw, int64_t kDraws, bool kStream, class Y>
inline int32_t round_groups_ahead(const PhiloxBlocks& blocks, const GroupRounding& r,
                                  const float* x, uint32_t block, int64_t count, Y* y,
                                  const float* next) {
  constexpr int64_t kGroup = kDraws * kBlockGroup;
  // A page: the processor by itself does not fetch across its end.
  constexpr int64_t kFarAhead = 1024;
  __m512i most = _mm512_setzero_si512();
  for (int64_t at = 0; at < count; at += kGroup) {
    alignas(64) uint32_t words[4 * kBlockGroup];
    blocks.write(block + static_cast<uint32_t>(at / kDraws), kBlockGroup, words);
#pragma GCC unroll 8
    for (int64_t j = 0; j < kGroup; j += 16) {
      const __m512 rounded = round_16(r, reinterpret_cast<const Draw*>(words) + j, x + at + j);
      if (kStream) {
        stream_16(y + at + j, rounded);
      } else {
        store_16(y + at + j, rounded);
      }
      most = larger_exponents(most, next + at + j);
      _mm_prefetch(reinterpret_cast<const char*>(next + at + j + kFarAhead), _MM_HINT_T0);
    }
  }
  alignas(64) int32_t lanes[16];
  _mm512_store_si512(lanes, most);
  int32_t largest = 0;
  for (int32_t lane : lanes) largest = lane > largest ? lane : largest;
  return largest;
}

// The whole groups of a run, from its first block of draws on: adds to `least` and returns how many
// elements are done.
template <class Draw, int64_t kDraws, class Y>
inline int64_t round_most_ahead(const BlockRounding& rounding, const float* x, int64_t i,
                                int64_t count, int32_t exponent, Y* y, const float* next,
                                bool stream, int32_t* least) {
  constexpr int64_t kGroup = kDraws * kBlockGroup;
  const int64_t before = -i & (kDraws - 1);
  const int64_t groups = (count - before) / kGroup * kGroup;
  if (groups <= 0) return 0;
  if (before > 0) {
    rounding.run(x, i, before, exponent, y);
    *least = largest_exponent(next, before, *least);
  }
  const eb_block block = rounding.block(exponent);
  const int32_t shift =
      static_cast<int32_t>(8 * sizeof(Draw)) - static_cast<int32_t>(rounding.random_bits());
  const GroupRounding r = {_mm512_set1_ps(block.offset),
                           _mm512_set1_ps(eb_bits_float(static_cast<uint32_t>(block.largest))),
                           _mm512_set1_epi32(static_cast<int32_t>(rounding.keep())),
                           _mm_cvtsi32_si128(shift)};
  const bool on_lines = reinterpret_cast<uintptr_t>(y + before) % 64 == 0;
  const auto groups_ahead = stream && on_lines ? round_groups_ahead<Draw, kDraws, true, Y>
                                               : round_groups_ahead<Draw, kDraws, false, Y>;
  const int32_t most =
      groups_ahead(rounding.philox(), r, x + before, static_cast<uint32_t>((i + before) / kDraws),
                   groups, y + before, next + before);
  *least = most > *least ? most : *least;
  return before + groups;
}

#endif

// BlockRounding::run, which also returns the largest exponent in place of next[0..count). stream:
// write past the cache; the caller calls stream_end.
template <class Y>
inline int32_t round_ahead(const BlockRounding& rounding, const float* x, int64_t i, int64_t count,
                           int32_t exponent, Y* y, const float* next, bool stream) {
  int32_t least = 0;
  int64_t at = 0;
#if defined(__AVX512F__)
  typedef uint16_t __attribute__((may_alias)) Half;
  if (rounding.draws() && eb_block_is_normal(exponent)) {
    at = rounding.random_bits() <= 16
             ? round_most_ahead<Half, 8>(rounding, x, i, count, exponent, y, next, stream, &least)
             : round_most_ahead<uint32_t, 4>(rounding, x, i, count, exponent, y, next, stream,
                                             &least);
  }
#endif
  if (at == 0 && stream) {
    stream_range(y, count, [&](Y* out, int64_t j, int64_t n) {
      rounding.run(x + j, i + j, n, exponent, out);
    });
    return largest_exponent(next, count, 0);
  }
  if (at < count) {
    rounding.run(x + at, i + at, count - at, exponent, y + at);
    least = largest_exponent(next + at, count - at, least);
  }
  return least;
}

}  // namespace eb::EB_ISA

#endif
