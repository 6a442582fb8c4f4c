// Element-wise CUDA kernels; the same bits as elementwise.h of the CPU library.
//
// In every header of this folder pointers are device memory unless a comment says host, `stream` is
// a cudaStream_t (null: the default stream), and work is only enqueued. The status is EB_OK, an
// EB_ code for arguments that do not fit, or a positive cudaError_t. No tensor may have 2^31 or more
// elements (EB_UNSUPPORTED). Where a function takes an element type, that is the type of all
// operands and results without one; what it computes is fp32 either way, and rounded once.
#ifndef EARLYBIRD_CUDA_ELEMENTWISE_H
#define EARLYBIRD_CUDA_ELEMENTWISE_H

#include "earlybird/api.h"

// Element types.
enum { EB_CUDA_F32 = 0, EB_CUDA_BF16 = 1 };

// y[i] = value for i in [0, n).
EB_API eb_status eb_cuda_fill_f32(float value, float* y, int64_t n, void* stream);

// Copies `bytes` bytes within device memory.
EB_API eb_status eb_cuda_copy(const void* from, void* to, int64_t bytes, void* stream);

// y[i] = x[i] > 0 ? x[i] : 0; a NaN stays a NaN and -0 becomes +0. y may be x.
EB_API eb_status eb_cuda_relu(int32_t element, const void* x, void* y, int64_t n, void* stream);

// dx[i] = y[i] > 0 ? dy[i] : 0, where y is the output of eb_cuda_relu. dx may be dy or y.
EB_API eb_status eb_cuda_relu_backward(int32_t element, const void* y, const void* dy, void* dx,
                                       int64_t n, void* stream);

// y[i] = a[i] + b[i]. y may be a or b.
EB_API eb_status eb_cuda_add(int32_t element, const void* a, const void* b, void* y, int64_t n,
                             void* stream);

// y[i] = x[i], from one element type to another; to bf16, the nearest, ties to even.
EB_API eb_status eb_cuda_convert(int32_t from, const void* x, int32_t to, void* y, int64_t n,
                                 void* stream);

// y [batch][columns][rows]: the matrices of x [batch][rows][columns], transposed. Turns NHWC into
// NCHW and a weight [O,I,KH,KW] into [O,KH,KW,I], and back; `from` and `to` are the element types of
// x and y. y must not overlap x.
EB_API eb_status eb_cuda_transpose(int32_t from, const void* x, int64_t batch, int64_t rows,
                                   int64_t columns, int32_t to, void* y, void* stream);

// y [rows, columns]: every row is x [columns].
EB_API eb_status eb_cuda_fill_rows_f32(const float* x, int64_t rows, int64_t columns, float* y,
                                       void* stream);

// y [columns]: the sums over the rows of x [rows, columns], in double and in an order that depends
// on the shape alone.
EB_API eb_status eb_cuda_column_sums_f32(const float* x, int64_t rows, int64_t columns, float* y,
                                         void* stream);

#endif
