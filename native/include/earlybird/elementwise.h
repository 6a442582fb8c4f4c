// Element-wise kernels: every output element depends on the input elements of the same index, so
// the bits are the same for any number of threads, any instruction set and any backend.
#ifndef EARLYBIRD_ELEMENTWISE_H
#define EARLYBIRD_ELEMENTWISE_H

#include "earlybird/api.h"

// y[i] = x[i] > 0 ? x[i] : 0 for i in [0, n); a NaN stays a NaN and -0 becomes +0. y may be x.
EB_API eb_status eb_relu_f32(const float* x, float* y, int64_t n);

// dx[i] = y[i] > 0 ? dy[i] : 0 for i in [0, n), where y is the output of eb_relu_f32; where y is a
// NaN the result is +0. dx may be dy.
EB_API eb_status eb_relu_backward_f32(const float* y, const float* dy, float* dx, int64_t n);

#endif
