/*
 * bf16: the upper half of a 32-bit floating-point number, with 8 significant bits. The same text in
 * C99, C++17, CUDA and OpenCL C, and so the same bits everywhere, subnormal numbers included.
 */
#ifndef EARLYBIRD_COMMON_BF16_H
#define EARLYBIRD_COMMON_BF16_H

#ifndef EB_HD
#include "portable.h"
#endif
#include "float_bits.h"

/* The value of a bf16 number; exact. */
EB_HD float eb_bf16_value(eb_u16 bits) { return eb_bits_float((eb_u32)bits << 16); }

/*
 * x rounded to the nearest bf16 number, ties to the even one; beyond the largest it is infinite. A
 * NaN stays one and becomes quiet; it keeps its sign and the upper bits of its payload.
 */
EB_HD eb_u16 eb_bf16_bits(float x) {
  const eb_u32 bits = eb_float_bits(x);
  const eb_u32 rounded = bits + 0x7FFFu + (bits >> 16 & 1u);
  const eb_u32 nan = bits | 0x400000u;
  return (eb_u16)(((bits & 0x7FFFFFFFu) > 0x7F800000u ? nan : rounded) >> 16);
}

#endif
