// The widest float vectors of an instruction set. fma() rounds once where the processor can; on
// x86-64-v2 it rounds twice, so kernels that use it are judged within a tolerance, not bit for bit.
// stream() writes past the cache, where a vector may begin. relu() is eb_relu, NaN kept, but for the sign of a zero: the maximum is its second operand then.
#ifndef EARLYBIRD_CPU_SIMD_H
#define EARLYBIRD_CPU_SIMD_H

#include <immintrin.h>
#include <stdint.h>

namespace eb::EB_ISA {

#if defined(__AVX512F__)
using Vec = __m512;
constexpr int kLanes = 16;
inline Vec load(const float* p) { return _mm512_loadu_ps(p); }
inline void store(float* p, Vec v) { _mm512_storeu_ps(p, v); }
inline void stream(float* p, Vec v) { _mm512_stream_ps(p, v); }
inline Vec broadcast(const float* p) { return _mm512_set1_ps(*p); }
inline Vec add(Vec a, Vec b) { return _mm512_add_ps(a, b); }
inline Vec sub(Vec a, Vec b) { return _mm512_sub_ps(a, b); }
inline Vec mul(Vec a, Vec b) { return _mm512_mul_ps(a, b); }
inline Vec relu(Vec v) {
  // Not _mm512_max_ps, of which GCC 12 says that it reads something uninitialised.
  return _mm512_maskz_max_ps(static_cast<__mmask16>(-1), _mm512_setzero_ps(), v);
}
inline Vec where_positive(Vec v, Vec d) {
  return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_GT_OQ), d);
}
inline Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
inline Vec zero() { return _mm512_setzero_ps(); }
// The first n lanes, all of them if n is larger.
inline __mmask16 first_lanes(int64_t n) {
  return static_cast<__mmask16>(n >= kLanes ? 0xFFFFu : (1u << n) - 1);
}
// The first n lanes; the others are zero, and memory behind them is not touched.
inline Vec load(const float* p, int64_t n) { return _mm512_maskz_loadu_ps(first_lanes(n), p); }
inline void store(float* p, Vec v, int64_t n) { _mm512_mask_storeu_ps(p, first_lanes(n), v); }
#elif defined(__FMA__)
using Vec = __m256;
constexpr int kLanes = 8;
inline Vec load(const float* p) { return _mm256_loadu_ps(p); }
inline void store(float* p, Vec v) { _mm256_storeu_ps(p, v); }
inline void stream(float* p, Vec v) { _mm256_stream_ps(p, v); }
inline Vec broadcast(const float* p) { return _mm256_broadcast_ss(p); }
inline Vec add(Vec a, Vec b) { return _mm256_add_ps(a, b); }
inline Vec sub(Vec a, Vec b) { return _mm256_sub_ps(a, b); }
inline Vec mul(Vec a, Vec b) { return _mm256_mul_ps(a, b); }
inline Vec relu(Vec v) { return _mm256_max_ps(_mm256_setzero_ps(), v); }
inline Vec where_positive(Vec v, Vec d) {
  return _mm256_and_ps(_mm256_cmp_ps(v, _mm256_setzero_ps(), _CMP_GT_OQ), d);
}
inline Vec fma(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }
inline Vec zero() { return _mm256_setzero_ps(); }
#else
using Vec = __m128;
constexpr int kLanes = 4;
inline Vec load(const float* p) { return _mm_loadu_ps(p); }
inline void store(float* p, Vec v) { _mm_storeu_ps(p, v); }
inline void stream(float* p, Vec v) { _mm_stream_ps(p, v); }
inline Vec broadcast(const float* p) { return _mm_set1_ps(*p); }
inline Vec add(Vec a, Vec b) { return _mm_add_ps(a, b); }
inline Vec sub(Vec a, Vec b) { return _mm_sub_ps(a, b); }
inline Vec mul(Vec a, Vec b) { return _mm_mul_ps(a, b); }
inline Vec relu(Vec v) { return _mm_max_ps(_mm_setzero_ps(), v); }
inline Vec where_positive(Vec v, Vec d) { return _mm_and_ps(_mm_cmpgt_ps(v, _mm_setzero_ps()), d); }
inline Vec fma(Vec a, Vec b, Vec c) { return _mm_add_ps(_mm_mul_ps(a, b), c); }
inline Vec zero() { return _mm_setzero_ps(); }
#endif

#if !defined(__AVX512F__)
// The first n <= kLanes lanes; the others are zero, and memory behind them is not touched.
inline Vec load(const float* p, int64_t n) {
  float lanes[kLanes] = {};
  for (int64_t i = 0; i < n; i++) lanes[i] = p[i];
  return load(lanes);
}
inline void store(float* p, Vec v, int64_t n) {
  float lanes[kLanes];
  store(lanes, v);
  for (int64_t i = 0; i < n; i++) p[i] = lanes[i];
}
#endif

// Channels of a block of stored convolution weights: the columns of a tile.
constexpr int64_t kBlock = 2 * kLanes;

}  // namespace eb::EB_ISA

#endif
