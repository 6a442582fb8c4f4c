// The fp32 peak. Version 1: 24 chains, more than the latency of 4 to 5 cycles times two units wants
// (10) and few enough for the 32 registers of AVX-512; 12 chains for the 16 of AVX2 and SSE.
#include "cpu/fma_chains.h"

#include <immintrin.h>

#include "cpu/kernel_table.h"

namespace eb::EB_ISA {
namespace {

#if defined(__AVX512F__)
using Vector = __m512;
constexpr int kChains = 24;
inline Vector fill(float v) { return _mm512_set1_ps(v); }
inline Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
#elif defined(__FMA__)
using Vector = __m256;
constexpr int kChains = 12;
inline Vector fill(float v) { return _mm256_set1_ps(v); }
inline Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
#else
using Vector = __m128;
constexpr int kChains = 12;
inline Vector fill(float v) { return _mm_set1_ps(v); }
inline Vector multiply_add(Vector a, Vector b, Vector c) { return _mm_add_ps(_mm_mul_ps(a, b), c); }
#endif

constexpr int kLanes = sizeof(Vector) / sizeof(float);
constexpr int kUnroll = 16;

// The sum of what one thread computed.
float chains(int64_t rounds) {
  Vector sums[kChains];
  for (int c = 0; c < kChains; c++) sums[c] = fill(static_cast<float>(c));
  // x <- x/2 + 1 tends to 2: no overflow, no subnormals.
  Vector half = fill(0.5f);
  Vector one = fill(1.0f);
  for (int64_t r = 0; r < rounds; r++) {
#pragma GCC unroll 16
    for (int u = 0; u < kUnroll; u++) {
#pragma GCC unroll 24
      for (int c = 0; c < kChains; c++) sums[c] = multiply_add(sums[c], half, one);
    }
  }
  Vector total = fill(0);
  for (int c = 0; c < kChains; c++) total = multiply_add(sums[c], one, total);
  float lanes[kLanes];
  __builtin_memcpy(lanes, &total, sizeof(total));
  float sum = 0;
  for (float lane : lanes) sum += lane;
  return sum;
}

}  // namespace

eb_status fma_chains_f32(int64_t rounds, double* flops, float* sink) {
  return run_chains(chains, rounds, kUnroll * kChains * kLanes * 2, flops, sink);
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
eb_status eb_fma_chains_f32(int64_t rounds, double* flops, float* sink) {
  if (rounds < 1 || !flops || !sink) return EB_BAD_ARGUMENT;
  return eb::active().fma_chains_f32(rounds, flops, sink);
}
#endif
