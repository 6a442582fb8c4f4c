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
inline Words words_xor(Words a, Words b) { return _mm512_xor_si512(a, b); }
inline Words words_xor3(Words a, Words b, Words c) {
  return _mm512_ternarylogic_epi64(a, b, c, 0x96);
}
inline Words words_add(Words a, Words b) { return _mm512_add_epi64(a, b); }
inline Words words_turned_xor_low(Words a, Words b) {
  const Words turned = _mm512_maskz_rol_epi64(kAll, a, 32);
  return _mm512_mask_xor_epi32(turned, 0x5555, turned, b);
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
inline Words words_xor(Words a, Words b) { return _mm256_xor_si256(a, b); }
inline Words words_xor3(Words a, Words b, Words c) { return words_xor(words_xor(a, b), c); }
inline Words words_add(Words a, Words b) { return _mm256_add_epi64(a, b); }
inline Words words_turned_xor_low(Words a, Words b) {
  const Words low = _mm256_blend_epi32(_mm256_setzero_si256(), b, 0x55);
  return words_xor(_mm256_shuffle_epi32(a, 0xB1), low);
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
inline Words words_xor(Words a, Words b) { return _mm_xor_si128(a, b); }
inline Words words_xor3(Words a, Words b, Words c) { return words_xor(words_xor(a, b), c); }
inline Words words_add(Words a, Words b) { return _mm_add_epi64(a, b); }
inline Words words_turned_xor_low(Words a, Words b) {
  const Words low = _mm_blend_epi16(_mm_setzero_si128(), b, 0x33);
  return words_xor(_mm_shuffle_epi32(a, 0xB1), low);
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

// The blocks of one stream. Three of the four counter words are the same for all of them, so that half
// of the first two rounds is done once.
class PhiloxBlocks {
 public:
  explicit PhiloxBlocks(const Stream& s) {
    uint32_t k0 = static_cast<uint32_t>(s.seed);
    uint32_t k1 = static_cast<uint32_t>(s.seed >> 32);
    for (int round = 0; round < 10; round++) {
      key0_[round] = k0;
      key1_[round] = k1;
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    const uint64_t step_high = (s.step >> 32) * kM1;
    const uint32_t first = static_cast<uint32_t>(step_high >> 32) ^ static_cast<uint32_t>(s.step) ^
                           static_cast<uint32_t>(key0_[0]);
    const uint64_t second = first * kM0;
    key1_[0] ^= s.hash;
    key0_[1] ^= step_high & 0xFFFFFFFFu;
    key1_[1] ^= second >> 32;
    key1_[2] ^= second & 0xFFFFFFFFu;
  }

  // Writes the words of blocks first, first + 1, ... to out: `count` blocks, rounded up to a multiple
  // of kBlockGroup.
  void write(uint32_t first, int64_t count, uint32_t* out) const {
    const Words m0 = words_set(kM0);
    const Words m1 = words_set(kM1);
    for (int64_t done = 0; done < count; done += kBlockGroup) {
      const uint32_t block = first + static_cast<uint32_t>(done);
      const Words a = words_add(words_first(), words_set(block));
      const Words b = words_add(a, words_set(static_cast<uint64_t>(kVectorBlocks)));
      // Rounds 0 and 1: words 0 and 1, and words 3 and 0, of what enters are the stream's.
      Words a3 = words_mul(m0, a);
      Words b3 = words_mul(m0, b);
      Words a1 = words_mul(m1, words_xor(words_high(a3), words_set(key1_[0])));
      Words b1 = words_mul(m1, words_xor(words_high(b3), words_set(key1_[0])));
      Words a0 = words_xor(words_high(a1), words_set(key0_[1]));
      Words b0 = words_xor(words_high(b1), words_set(key0_[1]));
      Words a2 = words_xor(a3, words_set(key1_[1]));
      Words b2 = words_xor(b3, words_set(key1_[1]));
      // Round 2, whose word 3 is the stream's.
      Words ap = words_mul(m0, a0);
      Words bp = words_mul(m0, b0);
      Words aq = words_mul(m1, a2);
      Words bq = words_mul(m1, b2);
      a0 = words_xor3(words_high(aq), a1, words_set(key0_[2]));
      b0 = words_xor3(words_high(bq), b1, words_set(key0_[2]));
      a2 = words_xor(words_high(ap), words_set(key1_[2]));
      b2 = words_xor(words_high(bp), words_set(key1_[2]));
#pragma GCC unroll 7
      for (int round = 3; round < 10; round++) {
        const Words key0 = words_set(key0_[round]);
        const Words key1 = words_set(key1_[round]);
        a1 = aq;
        b1 = bq;
        a3 = ap;
        b3 = bp;
        ap = words_mul(m0, a0);
        bp = words_mul(m0, b0);
        aq = words_mul(m1, a2);
        bq = words_mul(m1, b2);
        if (round < 9) {
          a0 = words_xor3(words_high(aq), a1, key0);
          b0 = words_xor3(words_high(bq), b1, key0);
          a2 = words_xor3(words_high(ap), a3, key1);
          b2 = words_xor3(words_high(bp), b3, key1);
        } else {
          words_store(out + 4 * done, words_turned_xor_low(aq, words_xor(a1, key0)),
                      words_turned_xor_low(ap, words_xor(a3, key1)));
          words_store(out + 4 * (done + kVectorBlocks),
                      words_turned_xor_low(bq, words_xor(b1, key0)),
                      words_turned_xor_low(bp, words_xor(b3, key1)));
        }
      }
    }
  }

 private:
  static constexpr uint64_t kM0 = 0xD2511F53u;
  static constexpr uint64_t kM1 = 0xCD9E8D57u;

  // Round keys; those of the first rounds together with what does not depend on the block.
  uint64_t key0_[10];
  uint64_t key1_[10];
};

}  // namespace eb::EB_ISA

#endif
