// Rounding to number formats of few bits; the same bits as quantize.h of the CPU library. See
// elementwise.h for what all headers of this folder share.
#ifndef EARLYBIRD_CUDA_QUANTIZE_H
#define EARLYBIRD_CUDA_QUANTIZE_H

#include "earlybird/api.h"

enum {
  EB_CUDA_BLOCK_FLOAT = 0,
  EB_CUDA_FIXED_POINT = 1,
  EB_CUDA_FLOATING_POINT = 2,
  // Elements of one block of the format that one block of threads looks at.
  EB_CUDA_QUANTIZE_PIECE = 4096
};

// A format and how a tensor [outer, blocks, inner] is rounded to it; host memory. Fields and ranges
// are those of eb_quantization of the CPU library.
typedef struct {
  int32_t format;
  int32_t word_length;
  int32_t fraction_length;
  int32_t clamp;
  int32_t symmetric;
  int32_t ties_away;
  int32_t exponent_bits;
  int32_t mantissa_bits;
  int32_t stochastic;
  uint32_t hash;
  int64_t seed;
  int64_t outer;
  int64_t blocks;
  int64_t inner;
} eb_cuda_quantization;

// How many numbers eb_cuda_quantize needs as scratch: exponents of the blocks, or of their
// pieces.
EB_API int64_t eb_cuda_quantize_scratch(const eb_cuda_quantization* q);

// y[i] = x[i], rounded, and stored as the element type, which is exact for bf16 where the format has
// no more bits. step: one number, not read unless stochastic. exponents: scratch for
// eb_cuda_quantize_scratch numbers. y may be x if it is fp32.
EB_API eb_status eb_cuda_quantize(const eb_cuda_quantization* q, const float* x,
                                  const int64_t* step, int32_t* exponents, int32_t element, void* y,
                                  void* stream);

#endif
