// Rounding to number formats of few bits, as io.earlybird.tensor.format defines them. Every backend,
// instruction set and number of threads gives the same bits.
#ifndef EARLYBIRD_QUANTIZE_H
#define EARLYBIRD_QUANTIZE_H

#include "earlybird/api.h"

enum {
  // word_length bits (2 to 16) per value, and an exponent for each of `blocks` blocks.
  EB_BLOCK_FLOAT = 0,
  // Multiples of 2^-fraction_length (-100 to 100); clamp: within what word_length (1 to 24) bits
  // hold; symmetric: without the lowest of those; ties_away: ties away from zero, else to even.
  EB_FIXED_POINT = 1,
  // exponent_bits (1 to 8) and mantissa_bits (1 to 22).
  EB_FLOATING_POINT = 2
};

// A format and how a tensor [outer, blocks, inner] is rounded to it. Only block floating point looks
// at the extents by themselves: its blocks are the values of equal middle index.
typedef struct {
  int32_t format;
  int32_t word_length;
  int32_t fraction_length;
  int32_t clamp;
  int32_t symmetric;
  int32_t ties_away;
  int32_t exponent_bits;
  int32_t mantissa_bits;
  // Whether rounding takes random numbers: Philox with this seed, the hash of the stream's name and
  // the step that is passed; the element is the index in the tensor (docs/philox.md).
  int32_t stochastic;
  uint32_t hash;
  int64_t seed;
  int64_t outer;
  int64_t blocks;
  int64_t inner;
} eb_quantization;

// y[i] = x[i], rounded. step: one number, not read unless stochastic. exponents: scratch for `blocks`
// numbers, not touched by other formats than block floating point. y may be x.
EB_API eb_status eb_quantize_f32(const eb_quantization* q, const float* x, const int64_t* step,
                                 int32_t* exponents, float* y);

// The same, stored as bf16: exact for formats of up to 8 significant bits and a bf16's exponents, such
// as block floating point of word_length up to 9.
EB_API eb_status eb_quantize_f32_bf16(const eb_quantization* q, const float* x, const int64_t* step,
                                      int32_t* exponents, uint16_t* y);

#endif
