// Neighbouring channels in a register, whatever their element type.
#ifndef EARLYBIRD_CPU_LANES_H
#define EARLYBIRD_CPU_LANES_H

#include <immintrin.h>
#include <stdint.h>

#include "cpu/bf16_pairs.h"
#include "cpu/simd.h"

namespace eb::EB_ISA {

// The first n channels from p on, at most a vector of them; the others are zero.
inline Vec load_channels(const float* p, int64_t n) { return n < kLanes ? load(p, n) : load(p); }

// Writes the first n channels, at most a vector of them.
inline void store_channels(float* p, Vec v, int64_t n) {
  if (n < kLanes) {
    store(p, v, n);
  } else {
    store(p, v);
  }
}

#if defined(__AVX512F__)

// Sixteen neighbouring channels in a register. As eb_bf16_bits rounds, where they are stored as bf16.
inline __m512 load_lanes(const float* from, __mmask16 lanes) {
  return _mm512_maskz_loadu_ps(lanes, from);
}

inline __m512 load_lanes(const Bf16* from, __mmask16 lanes) {
  const __m256i bits = _mm256_maskz_loadu_epi16(lanes, from);
  return _mm512_castsi512_ps(
      _mm512_maskz_slli_epi32(lanes, _mm512_maskz_cvtepu16_epi32(lanes, bits), 16));
}

inline void store_lanes(float* to, __m512 v, __mmask16 lanes) {
  _mm512_mask_storeu_ps(to, lanes, v);
}

inline void store_lanes(Bf16* to, __m512 v, __mmask16 lanes) {
  const __m512i half = _mm512_maskz_srli_epi32(0xFFFF, bf16_in_upper_half(v), 16);
  _mm256_mask_storeu_epi16(to, lanes, _mm512_maskz_cvtepi32_epi16(0xFFFF, half));
}

inline Vec load_channels(const Bf16* p, int64_t n) { return load_lanes(p, first_lanes(n)); }

#endif

#if defined(__AVX512BF16__)
// Rounds to the nearest, ties to even; subnormal numbers become zero.
inline __m256i rounded(Vec v) { return (__m256i)_mm512_cvtneps_pbh(v); }

inline void store_channels(Bf16* p, Vec v, int64_t n) {
  _mm256_mask_storeu_epi16(p, first_lanes(n), rounded(v));
}
#endif

}  // namespace eb::EB_ISA

#endif
