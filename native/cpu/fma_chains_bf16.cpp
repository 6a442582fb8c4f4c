// The peak of bf16 products with fp32 sums. Version 1: as fma_chains.cpp, whose chains are as many as hide
// the latency of these too.
#include "cpu/kernel_table.h"

#if defined(__AVX512BF16__)
#include <immintrin.h>

#include "cpu/fma_chains.h"

namespace eb::EB_ISA {
namespace {

constexpr int kChains = 24;
constexpr int kUnroll = 16;
// Products of two numbers and their sums in each of 16 lanes.
constexpr int kOperations = 16 * 2 * 2;

// The sum of what one thread computed.
float chains(int64_t rounds) {
  __m512 sums[kChains];
  for (int c = 0; c < kChains; c++) sums[c] = _mm512_set1_ps(static_cast<float>(c));
  // Sums of products of small numbers grow slowly: no overflow, no subnormals.
  const __m512bh small = (__m512bh)_mm512_set1_epi16(0x3000);
  for (int64_t r = 0; r < rounds; r++) {
#pragma GCC unroll 16
    for (int u = 0; u < kUnroll; u++) {
#pragma GCC unroll 24
      for (int c = 0; c < kChains; c++) sums[c] = _mm512_dpbf16_ps(sums[c], small, small);
    }
  }
  __m512 total = _mm512_setzero_ps();
  for (int c = 0; c < kChains; c++) total = _mm512_add_ps(sums[c], total);
  float lanes[16];
  _mm512_storeu_ps(lanes, total);
  float sum = 0;
  for (float lane : lanes) sum += lane;
  return sum;
}

}  // namespace

eb_status fma_chains_bf16(int64_t rounds, double* flops, float* sink) {
  return run_chains(chains, rounds, kUnroll * kChains * kOperations, flops, sink);
}

}  // namespace eb::EB_ISA
#endif

#ifdef EB_ENTRY_POINTS
eb_status eb_fma_chains_bf16(int64_t rounds, double* flops, float* sink) {
  if (rounds < 1 || !flops || !sink) return EB_BAD_ARGUMENT;
  return eb::active().fma_chains_bf16(rounds, flops, sink);
}
#endif
