// Element-wise kernels: every output element depends on the input elements of the same index, so
// the bits are the same for any number of threads, any instruction set and any backend.
#ifndef EARLYBIRD_ELEMENTWISE_H
#define EARLYBIRD_ELEMENTWISE_H

#include "earlybird/api.h"

// y[i] = x[i] > 0 ? x[i] : 0 for i in [0, n); a NaN stays a NaN and -0 becomes +0. y may be x.
EB_API eb_status eb_relu_f32(const float* x, float* y, int64_t n);

// dx[i] = y[i] > 0 ? dy[i] : 0 for i in [0, n), where y is the output of eb_relu_f32; where y is a
// NaN the result is +0. dx may be dy or y.
EB_API eb_status eb_relu_backward_f32(const float* y, const float* dy, float* dx, int64_t n);

// y[i] = a[i] + b[i] for i in [0, n). y may be a or b.
EB_API eb_status eb_add_f32(const float* a, const float* b, float* y, int64_t n);

// The same on bf16 numbers.
EB_API eb_status eb_relu_bf16(const uint16_t* x, uint16_t* y, int64_t n);
EB_API eb_status eb_relu_backward_bf16(const uint16_t* y, const uint16_t* dy, uint16_t* dx,
                                       int64_t n);
EB_API eb_status eb_add_bf16(const uint16_t* a, const uint16_t* b, uint16_t* y, int64_t n);

// y[i] = value for i in [0, n).
EB_API eb_status eb_fill_f32(float value, float* y, int64_t n);

// y[i] = x[i] for i in [0, n), rounded to bf16 or exact.
EB_API eb_status eb_convert_f32_bf16(const float* x, uint16_t* y, int64_t n);
EB_API eb_status eb_convert_bf16_f32(const uint16_t* x, float* y, int64_t n);

// Copies `bytes` bytes.
EB_API eb_status eb_copy(const void* from, void* to, int64_t bytes);

#endif
