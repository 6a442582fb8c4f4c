// Consecutive blocks of Philox (common/philox.h) in vectors.
//
// A 64-bit lane holds a counter word in its low half, so that the 32x32-bit products need no shuffle;
// what piles up in the high halves is never looked at. The lanes hold the blocks in such an order
// that interleaving the four words at the end stays within 128 bits.
#ifndef EARLYBIRD_CPU_PHILOX_BLOCKS_H
#define EARLYBIRD_CPU_PHILOX_BLOCKS_H

#include <immintrin.h>
#include <stdint.h>

#include "common/philox.h"

namespace eb::EB_ISA {

// A stream of random numbers: everything but the block.
struct Stream {
  uint64_t seed;
  uint64_t step;
  uint32_t hash;
};

#if defined(__AVX512F__)
using Words = __m512i;
// The forms with a mask, which cost nothing with this one: gcc 12 warns of those without.
constexpr __mmask8 kAll = 0xFF;
inline Words words_set(uint64_t x) { return _mm512_set1_epi64(static_cast<long long>(x)); }
inline Words words_mul(Words a, Words b) { return _mm512_maskz_mul_epu32(kAll, a, b); }
inline Words words_high(Words a) { return _mm512_maskz_srli_epi64(kAll, a, 32); }
inline Words words_xor3(Words a, Words b, Words c) {
  return _mm512_ternarylogic_epi64(a, b, c, 0x96);
}
inline Words words_add(Words a, Words b) { return _mm512_add_epi64(a, b); }
inline Words words_pair(Words low, Words high) {
  return _mm512_mask_blend_epi32(0xAAAA, low, _mm512_maskz_slli_epi64(kAll, high, 32));
}
inline Words words_first() { return _mm512_set_epi64(7, 3, 6, 2, 5, 1, 4, 0); }
inline void words_store(uint32_t* out, Words w01, Words w23) {
  _mm512_storeu_si512(out, _mm512_maskz_unpacklo_epi64(kAll, w01, w23));
  _mm512_storeu_si512(out + 16, _mm512_maskz_unpackhi_epi64(kAll, w01, w23));
}
#elif defined(__AVX2__)
using Words = __m256i;
inline Words words_set(uint64_t x) { return _mm256_set1_epi64x(static_cast<long long>(x)); }
inline Words words_mul(Words a, Words b) { return _mm256_mul_epu32(a, b); }
inline Words words_high(Words a) { return _mm256_srli_epi64(a, 32); }
inline Words words_xor3(Words a, Words b, Words c) {
  return _mm256_xor_si256(_mm256_xor_si256(a, b), c);
}
inline Words words_add(Words a, Words b) { return _mm256_add_epi64(a, b); }
inline Words words_pair(Words low, Words high) {
  return _mm256_blend_epi32(low, _mm256_slli_epi64(high, 32), 0xAA);
}
inline Words words_first() { return _mm256_set_epi64x(3, 1, 2, 0); }
inline void words_store(uint32_t* out, Words w01, Words w23) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm256_unpacklo_epi64(w01, w23));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 8), _mm256_unpackhi_epi64(w01, w23));
}
#else
using Words = __m128i;
inline Words words_set(uint64_t x) { return _mm_set1_epi64x(static_cast<long long>(x)); }
inline Words words_mul(Words a, Words b) { return _mm_mul_epu32(a, b); }
inline Words words_high(Words a) { return _mm_srli_epi64(a, 32); }
inline Words words_xor3(Words a, Words b, Words c) { return _mm_xor_si128(_mm_xor_si128(a, b), c); }
inline Words words_add(Words a, Words b) { return _mm_add_epi64(a, b); }
inline Words words_pair(Words low, Words high) {
  return _mm_blend_epi16(low, _mm_slli_epi64(high, 32), 0xCC);
}
inline Words words_first() { return _mm_set_epi64x(1, 0); }
inline void words_store(uint32_t* out, Words w01, Words w23) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm_unpacklo_epi64(w01, w23));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 4), _mm_unpackhi_epi64(w01, w23));
}
#endif

// Blocks that a vector holds.
constexpr int64_t kVectorBlocks = static_cast<int64_t>(sizeof(Words) / sizeof(uint64_t));

// Blocks are made in whole pairs of vectors.
constexpr int64_t kBlockGroup = 2 * kVectorBlocks;

// Writes the words of blocks first, first + 1, ... to out: `count` blocks, rounded up to a multiple of
// kBlockGroup.
inline void philox_blocks(const Stream& s, uint32_t first, int64_t count, uint32_t* out) {
  const Words m0 = words_set(0xD2511F53u);
  const Words m1 = words_set(0xCD9E8D57u);
  for (int64_t done = 0; done < count; done += kBlockGroup) {
    const uint32_t block = first + static_cast<uint32_t>(done);
    Words a0 = words_add(words_first(), words_set(block));
    Words b0 = words_add(a0, words_set(static_cast<uint64_t>(kVectorBlocks)));
    Words a1 = words_set(s.step & 0xFFFFFFFFu);
    Words b1 = a1;
    Words a2 = words_set(s.step >> 32);
    Words b2 = a2;
    Words a3 = words_set(s.hash);
    Words b3 = a3;
    uint32_t k0 = static_cast<uint32_t>(s.seed);
    uint32_t k1 = static_cast<uint32_t>(s.seed >> 32);
#pragma GCC unroll 10
    for (int round = 0; round < 10; round++) {
      const Words key0 = words_set(k0);
      const Words key1 = words_set(k1);
      const Words ap0 = words_mul(m0, a0);
      const Words bp0 = words_mul(m0, b0);
      const Words ap1 = words_mul(m1, a2);
      const Words bp1 = words_mul(m1, b2);
      a0 = words_xor3(words_high(ap1), a1, key0);
      b0 = words_xor3(words_high(bp1), b1, key0);
      a1 = ap1;
      b1 = bp1;
      a2 = words_xor3(words_high(ap0), a3, key1);
      b2 = words_xor3(words_high(bp0), b3, key1);
      a3 = ap0;
      b3 = bp0;
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    words_store(out + 4 * done, words_pair(a0, a1), words_pair(a2, a3));
    words_store(out + 4 * (done + kVectorBlocks), words_pair(b0, b1), words_pair(b2, b3));
  }
}

}  // namespace eb::EB_ISA

#endif
