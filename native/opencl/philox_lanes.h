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
#define EB_LOW 0xFFFFFFFFul
#define EB_PHILOX_M0 0xD2511F53ul
#define EB_PHILOX_M1 0xCD9E8D57ul

/* The words of the blocks that two vectors hold, in order. */
#define EB_WEAVE(a, b)                                                                      \
  (ulong16)((a).s0, (b).s0, (a).s2, (b).s2, (a).s4, (b).s4, (a).s6, (b).s6, (a).s1, (b).s1, \
            (a).s3, (b).s3, (a).s5, (b).s5, (a).s7, (b).s7)

/*
 * The words of 8 `vectors` blocks, two of them in each element, 16 blocks at a time: two independent
 * vectors hide the time of a product. Three of the four counter words are the same for all blocks, so
 * that half of the first two rounds is done once and joins their keys.
 */
static void philox_blocks(ulong seed, uint block, ulong step, uint hash, uint vectors,
                          ulong16* words) {
  ulong key0[10];
  ulong key1[10];
  EB_UNROLL
  for (int round = 0; round < 10; round++) {
    key0[round] = (uint)seed + round * 0x9E3779B9u;
    key1[round] = (uint)(seed >> 32) + round * 0xBB67AE85u;
  }
  const ulong step_high = (step >> 32) * EB_PHILOX_M1;
  const ulong second = (ulong)((uint)(step_high >> 32) ^ (uint)step ^ (uint)seed) * EB_PHILOX_M0;
  key1[0] ^= hash;
  key0[1] ^= step_high & EB_LOW;
  key1[1] ^= second >> 32;
  key1[2] ^= second & EB_LOW;
  for (uint v = 0; v < vectors; v += 2) {
    const ulong16 first =
        (ulong16)(0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15) + (ulong)(block + 8 * v);
    /* Rounds 0 to 2; p and q are the products of words 0 and 2. */
    ulong16 c3 = (first & EB_LOW) * EB_PHILOX_M0;
    ulong16 c1 = (((c3 >> 32) ^ key1[0]) & EB_LOW) * EB_PHILOX_M1;
    ulong16 c0 = (c1 >> 32) ^ key0[1];
    ulong16 c2 = c3 ^ key1[1];
    ulong16 p = (c0 & EB_LOW) * EB_PHILOX_M0;
    ulong16 q = (c2 & EB_LOW) * EB_PHILOX_M1;
    c0 = (q >> 32) ^ c1 ^ key0[2];
    c2 = (p >> 32) ^ key1[2];
    EB_UNROLL
    for (int round = 3; round < 9; round++) {
      c1 = q;
      c3 = p;
      p = (c0 & EB_LOW) * EB_PHILOX_M0;
      q = (c2 & EB_LOW) * EB_PHILOX_M1;
      c0 = (q >> 32) ^ c1 ^ key0[round];
      c2 = (p >> 32) ^ c3 ^ key1[round];
    }
    c1 = q;
    c3 = p;
    p = (c0 & EB_LOW) * EB_PHILOX_M0;
    q = (c2 & EB_LOW) * EB_PHILOX_M1;
    const ulong16 a = rotate(q, (ulong16)32) ^ ((c1 ^ key0[9]) & EB_LOW);
    const ulong16 b = rotate(p, (ulong16)32) ^ ((c3 ^ key1[9]) & EB_LOW);
    words[v] = EB_WEAVE(a.lo, b.lo);
    words[v + 1] = EB_WEAVE(a.hi, b.hi);
  }
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
  philox_blocks(seed, block, step, hash, EB_TILE / 32, words->blocks);
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
  philox_blocks(seed, block, step, hash, EB_TILE / 64, halves->blocks);
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
