/*
 * Runs of consecutive blocks of Philox (common/philox.h), EB_TILE random numbers at a time. On
 * processors a lane of 64 bits holds a counter word in its low half, so that the 32x32-bit products
 * need no shuffle; what piles up in the high halves is never looked at.
 */
#ifndef EARLYBIRD_OPENCL_PHILOX_LANES_H
#define EARLYBIRD_OPENCL_PHILOX_LANES_H

#include "common/philox.h"

/* Many for the vectors of a processor, few for the work-items of a GPU; Spread.tile() knows it too. */
#define EB_TILE (EB_GROUP == 1 ? 256 : 8)

#if EB_GROUP == 1
/* The words of eight blocks in order, two of them in each element. */
static ulong16 philox_eight(ulong seed, uint block, ulong step, uint hash) {
  const ulong8 low = 0xFFFFFFFFul;
  ulong8 c0 = (ulong8)(0, 1, 2, 3, 4, 5, 6, 7) + block;
  ulong8 c1 = step & 0xFFFFFFFFul;
  ulong8 c2 = step >> 32;
  ulong8 c3 = hash;
  uint k0 = (uint)seed;
  uint k1 = (uint)(seed >> 32);
  EB_UNROLL
  for (int round = 0; round < 10; round++) {
    const ulong8 p0 = (c0 & low) * 0xD2511F53ul;
    const ulong8 p1 = (c2 & low) * 0xCD9E8D57ul;
    c0 = (p1 >> 32) ^ c1 ^ k0;
    c1 = p1;
    c2 = (p0 >> 32) ^ c3 ^ k1;
    c3 = p0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  const ulong8 a = (c0 & low) | (c1 << 32);
  const ulong8 b = (c2 & low) | (c3 << 32);
  return (ulong16)(a.s0, b.s0, a.s1, b.s1, a.s2, b.s2, a.s3, b.s3, a.s4, b.s4, a.s5, b.s5, a.s6,
                   b.s6, a.s7, b.s7);
}
#endif

/* EB_TILE random numbers of 32 or 16 bits; `blocks` is how a processor writes whole vectors. */
typedef union {
  uint at[EB_TILE];
#if EB_GROUP == 1
  ulong16 blocks[EB_TILE / 32];
#endif
} eb_words;

typedef union {
  ushort at[EB_TILE];
#if EB_GROUP == 1
  ulong16 blocks[EB_TILE / 64];
#endif
} eb_halves;

/* Words from a block on. */
static void philox_words(ulong seed, uint block, ulong step, uint hash, eb_words* words) {
#if EB_GROUP == 1
  for (int b = 0; b < EB_TILE / 32; b++) {
    words->blocks[b] = philox_eight(seed, block + 8 * b, step, hash);
  }
#else
  for (int b = 0; b < EB_TILE / 4; b++) {
    const eb_philox4 four = eb_philox_block(seed, block + b, step, hash);
    for (int j = 0; j < 4; j++) words->at[4 * b + j] = eb_philox_pick(four, j);
  }
#endif
}

/* The halves of words from a block on, the low one first. */
static void philox_halves(ulong seed, uint block, ulong step, uint hash, eb_halves* halves) {
#if EB_GROUP == 1
  for (int b = 0; b < EB_TILE / 64; b++) {
    halves->blocks[b] = philox_eight(seed, block + 8 * b, step, hash);
  }
#else
  for (int b = 0; b < EB_TILE / 8; b++) {
    const eb_philox4 four = eb_philox_block(seed, block + b, step, hash);
    for (int j = 0; j < 4; j++) {
      const uint word = eb_philox_pick(four, j);
      halves->at[8 * b + 2 * j] = word & 0xFFFFu;
      halves->at[8 * b + 2 * j + 1] = word >> 16;
    }
  }
#endif
}

#endif
