/* The bits of a 32-bit floating-point number, in C, C++, CUDA and OpenCL C. */
#ifndef EARLYBIRD_COMMON_FLOAT_BITS_H
#define EARLYBIRD_COMMON_FLOAT_BITS_H

#ifndef EB_HD
#include "portable.h"
#endif

#if defined(__OPENCL_VERSION__) || defined(__OPENCL_C_VERSION__)
EB_HD eb_u32 eb_float_bits(float x) { return as_uint(x); }
EB_HD float eb_bits_float(eb_u32 bits) { return as_float(bits); }
#elif defined(__CUDA_ARCH__)
EB_HD eb_u32 eb_float_bits(float x) { return __float_as_uint(x); }
EB_HD float eb_bits_float(eb_u32 bits) { return __uint_as_float(bits); }
#else
#include <string.h>
EB_HD eb_u32 eb_float_bits(float x) {
  eb_u32 bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}
EB_HD float eb_bits_float(eb_u32 bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}
#endif

#endif
