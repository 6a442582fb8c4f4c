/*
 * Block floating point as QPyTorch simulates it (Yang et al., "SWALP", ICML 2019): the values of a
 * block share the exponent of their largest magnitude. The same text, and so the same bits, on
 * every backend and, by hand, in io.earlybird.tensor.format.BlockFloat, which states the formula.
 * It compiles as C99, C++17, CUDA (host and device) and OpenCL C 1.2, which must neither contract
 * products and sums nor flush subnormal numbers.
 */
#ifndef EARLYBIRD_COMMON_BLOCK_FLOAT_H
#define EARLYBIRD_COMMON_BLOCK_FLOAT_H

#ifndef EB_HD
#include "portable.h"
#endif
#include "float_bits.h"

/* What all values of a block have in common. */
typedef struct {
  /* Added before and subtracted after rounding: 6 times the block's power of two. */
  float offset;
  /* 2^-8 and 2^8 where the offset would overflow; else 1. */
  float down;
  float up;
  /* The shared exponent in place, at the scale of the offset. */
  eb_i32 exponent;
  /* The largest magnitude, as bits at that scale. */
  eb_i32 largest;
} eb_block;

/* Exponent of a value in place: the maximum over a block is what eb_block_of takes. */
EB_HD eb_i32 eb_exponent_in_place(float x) { return (eb_i32)(eb_float_bits(x) & 0x7F800000u); }

/* Random bits that stochastic rounding takes per value. */
EB_HD eb_u32 eb_block_random_bits(eb_u32 word_length) { return 23u - word_length; }

/* The block with this shared exponent, in place. An infinity or NaN makes all its values NaN. */
EB_HD eb_block eb_block_of(eb_i32 exponent, eb_u32 word_length) {
  eb_block b;
  const int huge = exponent >= (253 << 23);
  b.down = huge ? 0.00390625f : 1.0f;
  b.up = huge ? 256.0f : 1.0f;
  b.exponent = huge ? exponent - (8 << 23) : exponent;
  b.offset = 6.0f * eb_bits_float((eb_u32)b.exponent);
  b.largest = b.exponent | (0x7FFFFF & -(1 << (25 - (eb_i32)word_length)));
  if (exponent == (255 << 23)) b.up = eb_bits_float(0x7FC00000u);
  return b;
}

/*
 * A value of the block, rounded: `addend` is half a unit for the nearest value, or random bits;
 * `keep` has ones for the bits that stay.
 */
EB_HD float eb_block_round(float x, eb_block b, eb_u32 addend, eb_u32 keep) {
  const float sum = x * b.down + b.offset;
  const float y = eb_bits_float((eb_float_bits(sum) + addend) & keep) - b.offset;
  const eb_u32 sign = eb_float_bits(y) & 0x80000000u;
  const float clipped = eb_bits_float(sign | (eb_u32)b.largest);
  return (eb_exponent_in_place(y) > b.exponent ? clipped : y) * b.up;
}

/*
 * Whether values of a block with this shared exponent, in place, can be rounded by
 * eb_block_round_normal: it is neither subnormal nor huge.
 */
EB_HD int eb_block_is_normal(eb_i32 exponent) {
  return exponent - (1 << 23) < (252 << 23) && exponent >= (1 << 23);
}

/*
 * eb_block_round of such a block, in fewer operations: what exceeds the largest magnitude is the
 * next power of two, so that clipping it and limiting it are the same.
 */
EB_HD float eb_block_round_normal(float x, float offset, float largest, eb_u32 addend,
                                  eb_u32 keep) {
  const float sum = x + offset;
  const float y = eb_bits_float((eb_float_bits(sum) + addend) & keep) - offset;
  const float low = y > -largest ? y : -largest;
  return low < largest ? low : largest;
}

#endif
