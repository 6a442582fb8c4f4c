// Sixteen channels in a register, for pooling by hand with AVX-512.
#ifndef EARLYBIRD_CPU_POOL_REGISTERS_H
#define EARLYBIRD_CPU_POOL_REGISTERS_H

#include <immintrin.h>
#include <stdint.h>

#include "cpu/element.h"

namespace eb::EB_ISA {

#if defined(__AVX512F__)

// Numbers of channels that are a multiple of it are done in registers.
constexpr int64_t kAtOnce = 16;

// Of the plain intrinsics GCC 12 says that they read something uninitialised.
constexpr __mmask16 kAll = 0xFFFF;

inline __m512 load16(const float* x) { return _mm512_loadu_ps(x); }

inline __m512 load16(const Bf16* x) {
  const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x));
  return _mm512_castsi512_ps(
      _mm512_maskz_slli_epi32(kAll, _mm512_maskz_cvtepu16_epi32(kAll, bits), 16));
}

inline void store16(float* y, __m512 v) { _mm512_storeu_ps(y, v); }

// A bf16 number comes out as it went in.
inline void store16(Bf16* y, __m512 v) {
  const __m512i bits = _mm512_maskz_srli_epi32(kAll, _mm512_castps_si512(v), 16);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(y), _mm512_maskz_cvtepi32_epi16(kAll, bits));
}

#else

// No number of channels is a multiple of it.
constexpr int64_t kAtOnce = INT64_MAX;

#endif

}  // namespace eb::EB_ISA

#endif
