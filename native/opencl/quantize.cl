// Rounding to a number format. Block floating point finds the exponents of all blocks first: largest
// exponents of pieces of blocks, their maximum, then all values. EB_FORMAT: 0 block floating point,
// 1 fixed point, 2 fixed point with ties away from zero, 3 floating point. EB_BITS: random bits per
// value, 0 for the nearest; EB_HALF: half a unit, added then.
#include "common/block_float.h"
#include "common/philox.h"
#include "common/small_formats.h"

// What is added below the bits that stay, to elements 8i.. of the tensor.
static void addends(ulong seed, uint block, ulong step, uint hash, uint out[8]) {
#if EB_BITS == 0
  for (int j = 0; j < 8; j++) out[j] = EB_HALF;
#elif EB_BITS <= 16
  const eb_philox4 b = eb_philox_block(seed, block, step, hash);
  for (int j = 0; j < 8; j++) {
    const uint word = eb_philox_pick(b, j / 2);
    out[j] = ((j & 1) ? word >> 16 : word & 0xFFFFu) >> (16 - EB_BITS);
  }
#else
  for (int pair = 0; pair < 2; pair++) {
    const eb_philox4 b = eb_philox_block(seed, 2 * block + pair, step, hash);
    for (int j = 0; j < 4; j++) out[4 * pair + j] = eb_philox_pick(b, j) >> (32 - EB_BITS);
  }
#endif
}

// Pieces of [outer, blocks, inner]: largest exponents over `piece` values of inner of one (outer,
// block); partial [blocks, outer, pieces].
kernel void block_exponents_f32(global const float* x, ulong x_at, uint outer, uint blocks,
                                uint inner, uint piece, uint pieces, global int* partial,
                                ulong partial_at) {
  EB_ITEMS(i, (size_t)blocks * outer * pieces) {
    const uint part = i % pieces;
    const uint o = i / pieces % outer;
    const uint b = i / pieces / outer;
    const uint end = min(inner, (part + 1) * piece);
    global const float* from = x + x_at + ((size_t)o * blocks + b) * inner;
    int most = 0;
    for (uint j = part * piece; j < end; j++) most = max(most, eb_exponent_in_place(from[j]));
    partial[partial_at + i] = most;
  }
}

kernel void join_exponents(global const int* partial, ulong partial_at, uint blocks, uint pieces,
                           global int* exponents, ulong exponents_at) {
  EB_ITEMS(b, blocks) {
    int most = 0;
    for (uint i = 0; i < pieces; i++) most = max(most, partial[partial_at + b * pieces + i]);
    exponents[exponents_at + b] = most;
  }
}

// Values in eights, which share blocks of Philox. a, c: word and fraction length, or bits of exponent
// and mantissa.
kernel void quantize_f32(global const float* x, ulong x_at, global const ulong* step,
                         ulong step_at, ulong seed, uint hash, int a, int c, int clamp_values,
                         int symmetric, global const int* exponents, ulong exponents_at,
                         uint blocks, uint inner, uint n, global float* y, ulong y_at) {
  const ulong now = EB_BITS ? step[step_at] : 0;
#if EB_FORMAT == 1 || EB_FORMAT == 2
  const eb_fixed f = eb_fixed_of(a, c, clamp_values, symmetric);
#elif EB_FORMAT == 3
  const eb_small_float f = eb_small_float_of(a, c);
#endif
  EB_ITEMS(eight, (n + 7) / 8) {
    uint addend[8];
    addends(seed, eight, now, hash, addend);
    const uint count = min(8u, n - 8 * (uint)eight);
    for (uint j = 0; j < count; j++) {
      const size_t i = 8 * eight + j;
      const float v = x[x_at + i];
#if EB_FORMAT == 0
      const eb_block block = eb_block_of(exponents[exponents_at + i / inner % blocks], a);
      y[y_at + i] =
          eb_block_round(v, block, addend[j], ~((1u << eb_block_random_bits(a)) - 1u));
#elif EB_FORMAT == 1
      y[y_at + i] = eb_fixed_shifted(v, f, (float)addend[j] * 5.9604644775390625e-8f);
#elif EB_FORMAT == 2
      y[y_at + i] = eb_fixed_nearest_away(v, f);
#else
      y[y_at + i] = eb_small_float_round(v, f, addend[j]);
#endif
    }
  }
}
