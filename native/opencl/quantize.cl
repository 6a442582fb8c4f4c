// Rounding to a number format. Block floating point finds the exponents of all blocks first: largest
// exponents of pieces of blocks, their maximum, then all values. EB_FORMAT: 0 block floating point,
// 1 fixed point, 2 fixed point with ties away from zero, 3 floating point. EB_BITS: random bits per
// value, 0 for the nearest; EB_HALF: half a unit, added then.
// Version 1: the random words of a tile scattered to their values one by one. Version 2: eight blocks
// of Philox in the lanes of a vector (philox_lanes.h). Version 3: a processor rounds a block right
// after it found its exponent, while it is in the cache. Version 4: and fetches the next one meanwhile.
#include "common/block_float.h"
#include "common/small_formats.h"
#include "opencl/philox_lanes.h"

// What is added to value j of a tile: half a unit, or its random bits.
#if EB_BITS == 0
#define EB_DRAW(seed, i, step, hash, random)
#define EB_ADDEND(random, j) EB_HALF
typedef uint eb_random;
typedef eb_words eb_tile;
#elif EB_BITS <= 16
#define EB_DRAW(seed, i, step, hash, random) philox_halves(seed, (i) / 8, step, hash, random)
#define EB_ADDEND(random, j) ((uint)(random)[j] >> (16 - EB_BITS))
typedef ushort eb_random;
typedef eb_halves eb_tile;
#else
#define EB_DRAW(seed, i, step, hash, random) philox_words(seed, (i) / 4, step, hash, random)
#define EB_ADDEND(random, j) ((random)[j] >> (32 - EB_BITS))
typedef uint eb_random;
typedef eb_words eb_tile;
#endif

// The largest exponent of n values.
static int largest_exponent(global const float* x, uint n) {
  int16 many = 0;
  uint i = 0;
  for (; i + 16 <= n; i += 16) many = max(many, as_int16(load16(x + i)) & 0x7F800000);
  const int8 eight = max(many.lo, many.hi);
  const int4 four = max(eight.lo, eight.hi);
  int most = max(max(four.x, four.y), max(four.z, four.w));
  for (; i < n; i++) most = max(most, eb_exponent_in_place(x[i]));
  return most;
}

#if EB_FORMAT == 0
#if EB_GROUP == 1
#if EB_BITS == 0
#define EB_ADDENDS(random, j) (uint16)(EB_HALF)
#elif EB_BITS <= 16
#define EB_ADDENDS(random, j) (convert_uint16(load16((random) + (j))) >> (16 - EB_BITS))
#else
#define EB_ADDENDS(random, j) (load16((random) + (j)) >> (32 - EB_BITS))
#endif

// eb_block_round of 16 values.
static float16 round_vector(float16 x, eb_block block, uint16 addend, uint keep) {
  const float16 sum = x * block.down + block.offset;
  const float16 y = as_float16((as_uint16(sum) + addend) & keep) - block.offset;
  const uint16 sign = as_uint16(y) & 0x80000000u;
  const float16 clipped = as_float16(sign | (uint)block.largest);
  const int16 over = (as_int16(y) & 0x7F800000) > block.exponent;
  return select(y, clipped, over) * block.up;
}
#endif

// Values first to last of a tile that lie in one block.
static void round_run(global const float* x, global float* y, const eb_random* random, uint first,
                      uint last, eb_block block, uint keep) {
  uint j = first;
#if EB_GROUP == 1
  for (; j + 16 <= last; j += 16) {
    put16(round_vector(load16(x + j), block, EB_ADDENDS(random, j), keep), y + j);
  }
#endif
  for (; j < last; j++) y[j] = eb_block_round(x[j], block, EB_ADDEND(random, j), keep);
}
#endif

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
    partial[partial_at + i] = largest_exponent(from + part * piece, end - part * piece);
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

#if EB_FORMAT == 0 && EB_GROUP == 1
// Whole blocks [blocks, inner], each by one work-item.
kernel void quantize_blocks_f32(global const float* x, ulong x_at, global const ulong* step,
                                ulong step_at, ulong seed, uint hash, int word_length, uint inner,
                                global float* y, ulong y_at) {
  const ulong now = EB_BITS ? step[step_at] : 0;
  const uint keep = ~((1u << eb_block_random_bits(word_length)) - 1u);
  const uint begin = get_global_id(0) * inner;
  const uint end = begin + inner;
  x += x_at;
  y += y_at;
  const eb_block block = eb_block_of(largest_exponent(x + begin, inner), word_length);
  // Random numbers are drawn from a whole block of Philox on.
  for (uint tile = begin / 8 * 8; tile < end; tile += EB_TILE) {
    eb_tile drawn;
    const eb_random* random = drawn.at;
    const uint first = max(tile, begin) - tile;
    const uint last = min(tile + EB_TILE, end) - tile;
    for (uint j = 0; j < EB_TILE; j += EB_LINE) EB_PREFETCH(x + tile + inner + j);
    EB_DRAW(seed, tile, now, hash, &drawn);
    round_run(x + tile, y + tile, random, first, last, block, keep);
  }
}
#endif

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
    eb_tile drawn;
    const eb_random* random = drawn.at;
    const uint first = tile * EB_TILE;
    const uint count = min((uint)EB_TILE, n - first);
    EB_DRAW(seed, first, now, hash, &drawn);
    global const float* from = x + x_at + first;
    global float* to = y + y_at + first;
#if EB_FORMAT == 0
    for (uint done = 0; done < count;) {
      const uint run = (first + done) / inner;
      const uint end = min(count, (run + 1) * inner - first);
      const eb_block block = eb_block_of(exponents[exponents_at + run % blocks], a);
      round_run(from, to, random, done, end, block, keep);
      done = end;
    }
#else
    float rounded[EB_TILE];
    EB_INDEPENDENT
    for (uint j = 0; j < count; j++) {
#if EB_FORMAT == 1
      rounded[j] = eb_fixed_shifted(from[j], f, (float)EB_ADDEND(random, j) * 5.9604644775390625e-8f);
#elif EB_FORMAT == 2
      rounded[j] = eb_fixed_nearest_away(from[j], f);
#else
      rounded[j] = eb_small_float_round(from[j], f, EB_ADDEND(random, j));
#endif
    }
    put_run(rounded, to, count);
#endif
  }
}
