/*
 * Fixed point and small floating point as QPyTorch simulates them. The same bits as
 * io.earlybird.tensor.format.FixedPoint and FloatingPoint, which state the rules. It compiles as
 * C99, C++17, CUDA (host and device) and OpenCL C 1.2; fixed point takes double.
 */
#ifndef EARLYBIRD_COMMON_SMALL_FORMATS_H
#define EARLYBIRD_COMMON_SMALL_FORMATS_H

#ifndef EB_HD
#include "portable.h"
#endif
#if !defined(__OPENCL_VERSION__) && !defined(__OPENCL_C_VERSION__)
#include <math.h>
#endif

#include "float_bits.h"

/* Fixed point: multiples of `unit`, a power of two, within [low, high]. */
typedef struct {
  float to_units;
  double unit;
  double low;
  double high;
} eb_fixed;

/* The format; without clamping nothing is too large. */
EB_HD eb_fixed eb_fixed_of(eb_i32 word_length, eb_i32 fraction_length, eb_i32 clamp,
                           eb_i32 symmetric) {
  eb_fixed f;
  const double range = ldexp(1.0, word_length - fraction_length - 1);
  f.to_units = (float)ldexp(1.0, fraction_length);
  f.unit = ldexp(1.0, -fraction_length);
  f.low = clamp ? (symmetric ? -range + f.unit : -range) : -HUGE_VAL;
  f.high = clamp ? range - f.unit : HUGE_VAL;
  return f;
}

/* Written so that a NaN stays and a zero keeps its sign. */
EB_HD float eb_fixed_limited(double y, eb_fixed f) {
  const double below = y <= f.high || y != y ? y : f.high;
  return (float)(below > f.low || below != below ? below : f.low);
}

/* The even multiple nearest to x + (shift - 1/2) units: shift 1/2 for the nearest, or random. */
EB_HD float eb_fixed_shifted(float x, eb_fixed f, float shift) {
  const float sum = x * f.to_units + shift;
  return eb_fixed_limited(rint((double)sum - 0.5) * f.unit, f);
}

/* The nearest multiple, ties away from zero; -0 becomes +0. */
EB_HD float eb_fixed_nearest_away(float x, eb_fixed f) {
  const double units = (double)x * (double)f.to_units + 0.0;
  return eb_fixed_limited(copysign(floor(fabs(units) + 0.5), units) * f.unit, f);
}

/* Small floating point. */
typedef struct {
  /* Smallest power of two that is a normal number, and its exponent. */
  float smallest;
  eb_i32 lowest;
  /* Largest stored exponent. */
  eb_i32 highest;
  eb_u32 keep;
} eb_small_float;

EB_HD eb_small_float eb_small_float_of(eb_i32 exponent_bits, eb_i32 mantissa_bits) {
  eb_small_float f;
  f.lowest = -((1 << (exponent_bits - 1)) - 2);
  f.highest = 127 + (1 << (exponent_bits - 1));
  f.smallest = (float)ldexp(1.0, f.lowest);
  f.keep = 0xFFFFFFFFu << (23 - mantissa_bits);
  return f;
}

/* The value rounded; `addend` is half a unit of the mantissa or random bits below it. */
EB_HD float eb_small_float_round(float x, eb_small_float f, eb_u32 addend) {
  const eb_u32 bits = eb_float_bits(x);
  const eb_u32 sign = bits & 0x80000000u;
  if (x != x) return x;
  if ((eb_i32)((bits >> 23) & 0xFFu) - 127 < f.lowest) {
    const float shift = eb_bits_float(eb_float_bits(f.smallest) | sign);
    return eb_bits_float((eb_float_bits(x + shift) + addend) & f.keep) - shift;
  } else {
    const eb_u32 rounded = (bits + addend) & f.keep;
    const eb_u32 most = sign | ((eb_u32)f.highest << 23) | (0x7FFFFFu & f.keep);
    return eb_bits_float((eb_i32)((rounded >> 23) & 0xFFu) > f.highest ? most : rounded);
  }
}

#endif
