/*
 * Element formulas of batch norm (Ioffe and Szegedy 2015). Forward, inference and the ReLU's mask in
 * the backward pass must agree to the last bit, so all of them come here; see elementwise.h for what
 * that asks of the compiler.
 */
#ifndef EARLYBIRD_COMMON_BATCH_NORM_H
#define EARLYBIRD_COMMON_BATCH_NORM_H

#ifndef EB_HD
#include "portable.h"
#endif
#if !defined(__OPENCL_VERSION__) && !defined(__OPENCL_C_VERSION__)
#include <math.h>
#endif

/* 1 / sqrt(variance + epsilon) in double. */
EB_HD double eb_batch_norm_invstd(float variance, float epsilon) {
  return 1.0 / sqrt((double)variance + (double)epsilon);
}

/* gamma / sqrt(variance + epsilon): the reciprocal is rounded to fp32, then the product. */
EB_HD float eb_batch_norm_scale(float gamma, float variance, float epsilon) {
  return (float)eb_batch_norm_invstd(variance, epsilon) * gamma;
}

/* (x - mean) scale + beta: a formula, because OpenCL C applies it to vectors too. */
#define EB_BATCH_NORM_APPLY(x, mean, scale, beta) (((x) - (mean)) * (scale) + (beta))

EB_HD float eb_batch_norm_apply(float x, float mean, float scale, float beta) {
  return EB_BATCH_NORM_APPLY(x, mean, scale, beta);
}

/*
 * Gradient of the input: scale (d - shift - (x - mean) slope), where d is the gradient of the
 * output, shift = dbeta / rows and slope = dgamma / (rows sqrt(variance + epsilon)); a formula too.
 */
#define EB_BATCH_NORM_DX(x, d, mean, scale, shift, slope) \
  ((scale) * (((d) - (shift)) - ((x) - (mean)) * (slope)))

EB_HD float eb_batch_norm_dx(float x, float d, float mean, float scale, float shift, float slope) {
  return EB_BATCH_NORM_DX(x, d, mean, scale, shift, slope);
}

#endif
