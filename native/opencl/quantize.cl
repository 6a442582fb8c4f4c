// Rounding to a number format. Block floating point finds the exponents of all blocks first: largest
// exponents of pieces of blocks, their maximum, then all values. EB_FORMAT: 0 block floating point,
// 1 fixed point, 2 fixed point with ties away from zero, 3 floating point. EB_BITS: random bits per
// value, 0 for the nearest; EB_HALF: half a unit, added then.
#include "common/block_float.h"
#include "common/philox.h"
#include "common/small_formats.h"

// Values whose random bits are made together: many for the vectors of a processor, few for the
// work-items of a GPU.
#define EB_TILE (EB_GROUP == 1 ? 256 : 8)

// Random bits, or half a unit, of the tile's values i.. of the tensor; the blocks of Philox are drawn
// side by side, so that the compiler makes vectors of them.
static void addends(ulong seed, uint i, ulong step, uint hash, uint out[EB_TILE]) {
#if EB_BITS == 0
  for (int j = 0; j < EB_TILE; j++) out[j] = EB_HALF;
#elif EB_BITS <= 16
  for (int b = 0; b < EB_TILE / 8; b++) {
    const eb_philox4 four = eb_philox_block(seed, i / 8 + b, step, hash);
    for (int j = 0; j < 4; j++) {
      const uint word = eb_philox_pick(four, j);
      out[8 * b + 2 * j] = (word & 0xFFFFu) >> (16 - EB_BITS);
      out[8 * b + 2 * j + 1] = (word >> 16) >> (16 - EB_BITS);
    }
  }
#else
  for (int b = 0; b < EB_TILE / 4; b++) {
    const eb_philox4 four = eb_philox_block(seed, i / 4 + b, step, hash);
    for (int j = 0; j < 4; j++) out[4 * b + j] = eb_philox_pick(four, j) >> (32 - EB_BITS);
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

// Values in tiles. a, c: word and fraction length, or bits of exponent and mantissa.
kernel void quantize_f32(global const float* x, ulong x_at, global const ulong* step,
                         ulong step_at, ulong seed, uint hash, int a, int c, int clamp_values,
                         int symmetric, global const int* exponents, ulong exponents_at,
                         uint blocks, uint inner, uint n, global float* y, ulong y_at) {
  const ulong now = EB_BITS ? step[step_at] : 0;
#if EB_FORMAT == 0
  const uint keep = ~((1u << eb_block_random_bits(a)) - 1u);
#elif EB_FORMAT == 3
  const eb_small_float f = eb_small_float_of(a, c);
#else
  const eb_fixed f = eb_fixed_of(a, c, clamp_values, symmetric);
#endif
  EB_ITEMS(tile, (n + EB_TILE - 1) / EB_TILE) {
    uint addend[EB_TILE];
    const uint first = tile * EB_TILE;
    const uint count = min((uint)EB_TILE, n - first);
    addends(seed, first, now, hash, addend);
    global const float* from = x + x_at + first;
    global float* to = y + y_at + first;
#if EB_FORMAT == 0
    for (uint done = 0; done < count;) {
      const uint run = (first + done) / inner;
      const uint end = min(count, (run + 1) * inner - first);
      const eb_block block = eb_block_of(exponents[exponents_at + run % blocks], a);
      EB_INDEPENDENT
      for (uint j = done; j < end; j++) to[j] = eb_block_round(from[j], block, addend[j], keep);
      done = end;
    }
#else
    EB_INDEPENDENT
    for (uint j = 0; j < count; j++) {
#if EB_FORMAT == 1
      to[j] = eb_fixed_shifted(from[j], f, (float)addend[j] * 5.9604644775390625e-8f);
#elif EB_FORMAT == 2
      to[j] = eb_fixed_nearest_away(from[j], f);
#else
      to[j] = eb_small_float_round(from[j], f, addend[j]);
#endif
    }
#endif
  }
}
