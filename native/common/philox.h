/*
 * Philox-4x32-10, the counter-based generator of Salmon et al., "Parallel random numbers: as easy
 * as 1, 2, 3" (SC 2011).
 *
 * How counters, keys, elements and draws are laid out is a wire format: docs/philox.md. It is the
 * same, bit for bit, in io.earlybird.random.Philox. This text compiles as C99, C++17, CUDA (host
 * and device) and OpenCL C 1.2.
 */
#ifndef EARLYBIRD_COMMON_PHILOX_H
#define EARLYBIRD_COMMON_PHILOX_H

#ifndef EB_HD
#include "portable.h"
#endif

/*
 * One block: four 32-bit words. Fields, not an array, so that compilers keep them in registers and
 * vectorize over blocks.
 */
typedef struct {
  eb_u32 w0;
  eb_u32 w1;
  eb_u32 w2;
  eb_u32 w3;
} eb_philox4;

/* The bare function on counter words c0..c3 and key words k0, k1. */
EB_HD eb_philox4 eb_philox_rounds(eb_u32 c0, eb_u32 c1, eb_u32 c2, eb_u32 c3, eb_u32 k0,
                                  eb_u32 k1) {
  eb_philox4 out;
  int round;
  for (round = 0; round < 10; ++round) {
    const eb_u64 p0 = (eb_u64)0xD2511F53u * c0;
    const eb_u64 p1 = (eb_u64)0xCD9E8D57u * c2;
    c0 = (eb_u32)(p1 >> 32) ^ c1 ^ k0;
    c1 = (eb_u32)p1;
    c2 = (eb_u32)(p0 >> 32) ^ c3 ^ k1;
    c3 = (eb_u32)p0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  out.w0 = c0;
  out.w1 = c1;
  out.w2 = c2;
  out.w3 = c3;
  return out;
}

/* Block `block` of the stream (seed, step, hash); hash is FNV-1a-32 of "name:purpose". */
EB_HD eb_philox4 eb_philox_block(eb_u64 seed, eb_u32 block, eb_u64 step, eb_u32 hash) {
  return eb_philox_rounds(block, (eb_u32)step, (eb_u32)(step >> 32), hash, (eb_u32)seed,
                          (eb_u32)(seed >> 32));
}

/* Word i (0..3) of a block. */
EB_HD eb_u32 eb_philox_pick(eb_philox4 b, eb_u32 i) {
  const eb_u32 low = (i & 1u) ? b.w1 : b.w0;
  const eb_u32 high = (i & 1u) ? b.w3 : b.w2;
  return (i & 2u) ? high : low;
}

/* The wide draw (17 to 32 bits) of one element: four elements share a block. element < 2^34. */
EB_HD eb_u32 eb_philox_word(eb_u64 seed, eb_u64 element, eb_u64 step, eb_u32 hash) {
  const eb_philox4 b = eb_philox_block(seed, (eb_u32)(element >> 2), step, hash);
  return eb_philox_pick(b, (eb_u32)element & 3u);
}

/*
 * The narrow draw (up to 16 bits) of one element: eight elements share a block, even ones the low
 * half. element < 2^35.
 */
EB_HD eb_u32 eb_philox_half(eb_u64 seed, eb_u64 element, eb_u64 step, eb_u32 hash) {
  const eb_philox4 b = eb_philox_block(seed, (eb_u32)(element >> 3), step, hash);
  const eb_u32 word = eb_philox_pick(b, (eb_u32)(element >> 1) & 3u);
  return (element & 1u) ? word >> 16 : word & 0xFFFFu;
}

/* A word as an integer in [0, n), n >= 1: the high half of the product. */
EB_HD eb_u32 eb_philox_bounded(eb_u32 word, eb_u32 n) { return (eb_u32)(((eb_u64)word * n) >> 32); }

/* A word as a float in [0, 1): its top 24 bits, exact. */
EB_HD float eb_philox_uniform(eb_u32 word) { return (float)(word >> 8) * 5.9604644775390625e-8f; }

#endif
