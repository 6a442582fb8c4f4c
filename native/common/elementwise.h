/*
 * Element formulas of ReLU, running averages and the sign term: the same text, and so the same
 * bits, on every backend. It compiles as C99, C++17, CUDA (host and device) and OpenCL C 1.2, which
 * must neither contract products and sums nor flush subnormal numbers.
 */
#ifndef EARLYBIRD_COMMON_ELEMENTWISE_H
#define EARLYBIRD_COMMON_ELEMENTWISE_H

#ifndef EB_HD
#include "portable.h"
#endif

/* x > 0 ? x : 0, written so that a NaN, which compares false, is kept: a formula, because OpenCL C
 * applies it to vectors too. */
#define EB_RELU_OF(x) ((x) <= 0.0f ? 0.0f : (x))

EB_HD float eb_relu(float x) { return EB_RELU_OF(x); }

/* dy where the ReLU's output y is positive, else +0 (also for a NaN); a formula too. */
#define EB_RELU_GRADIENT(y, dy) ((y) > 0.0f ? (dy) : 0.0f)

EB_HD float eb_relu_gradient(float y, float dy) { return EB_RELU_GRADIENT(y, dy); }

/* g + scale sign(w); the sign of both zeros and of NaN is +0. */
EB_HD float eb_add_sign(float g, float w, float scale) {
  return g + scale * (float)((w > 0.0f) - (w < 0.0f));
}

/* (1 - momentum) average + momentum (correction value), rounded after every operation. */
EB_HD float eb_average(float average, float value, float momentum, float correction) {
  const float keep = 1.0f - momentum;
  return keep * average + momentum * (correction * value);
}

#endif
