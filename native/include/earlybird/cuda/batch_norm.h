// Batch norm and channel selection over rows of channels, x [rows, channels], channels side by side
// (NHWC). Sums are taken in double over a grid of chunks that depends on the shape alone, so the
// bits are the same on every run and every GPU.
//
// A selection is two arrays in device memory: `selected` [kept], channel numbers that ascend without
// repeats, and `position` [channels], the place of every channel in `selected` or -1. Both null
// selects all channels, with kept = channels. Scratch memory has the size that
// eb_cuda_batch_norm_scratch_bytes returns and starts on a multiple of 16 bytes. See elementwise.h
// for what all headers of this folder share, and batch_norm.h of the CPU library for the arithmetic.
#ifndef EARLYBIRD_CUDA_BATCH_NORM_H
#define EARLYBIRD_CUDA_BATCH_NORM_H

#include "earlybird/api.h"

// Scratch bytes that any kernel of this header needs for x [rows, channels]; 0 if an extent is
// negative.
EB_API int64_t eb_cuda_batch_norm_scratch_bytes(int64_t rows, int64_t channels);

// y [rows, channels], mean and biased variance [channels] from x, gamma and beta [channels].
// rows > 0. y may be x.
EB_API eb_status eb_cuda_batch_norm(int32_t element, const void* x, const float* gamma,
                                    const float* beta, int64_t rows, int64_t channels,
                                    float epsilon, void* y, float* mean, float* variance,
                                    void* scratch, void* stream);

// The same with ReLU, on the selected channels alone: y [rows, kept]; mean and variance [channels]
// are of all channels. y may be x if all are selected.
EB_API eb_status eb_cuda_batch_norm_relu(int32_t element, const void* x, const float* gamma,
                                         const float* beta, int64_t rows, int64_t channels,
                                         const int32_t* selected, const int32_t* position,
                                         int64_t kept, float epsilon, void* y, float* mean,
                                         float* variance, void* scratch, void* stream);

// y [rows, channels] from x and given gamma, beta, mean and variance [channels]. y may be x.
EB_API eb_status eb_cuda_batch_norm_inference(int32_t element, const void* x, const float* gamma,
                                              const float* beta, const float* mean,
                                              const float* variance, int64_t rows, int64_t channels,
                                              float epsilon, void* y, void* stream);

// The same with ReLU, on the selected channels alone: y [rows, kept]. y may be x if all are selected.
EB_API eb_status eb_cuda_batch_norm_inference_relu(
    int32_t element, const void* x, const float* gamma, const float* beta, const float* mean,
    const float* variance, int64_t rows, int64_t channels, const int32_t* selected,
    const int32_t* position, int64_t kept, float epsilon, void* y, void* stream);

// Gradients of eb_cuda_batch_norm from x and dy [rows, channels]: dx [rows, channels], dgamma
// and dbeta [channels]. rows > 0. dx may be x or dy.
EB_API eb_status eb_cuda_batch_norm_backward(int32_t element, const void* x, const void* dy,
                                             const float* mean, const float* variance,
                                             const float* gamma, int64_t rows, int64_t channels,
                                             float epsilon, void* dx, float* dgamma, float* dbeta,
                                             void* scratch, void* stream);

// Gradients of eb_cuda_batch_norm_relu from x [rows, channels] and dy [rows, kept]: dx [rows,
// channels], dgamma and dbeta [channels], all zero for channels that are not selected. Where the
// ReLU was open is recomputed from x. rows > 0. dx may be x, and dy if all are selected.
EB_API eb_status eb_cuda_batch_norm_relu_backward(
    int32_t element, const void* x, const void* dy, const float* mean, const float* variance,
    const float* gamma, const float* beta, int64_t rows, int64_t channels, const int32_t* selected,
    const int32_t* position, int64_t kept, float epsilon, void* dx, float* dgamma, float* dbeta,
    void* scratch, void* stream);

// y [rows, kept]: y[r][k] = x[r][selected[k]].
EB_API eb_status eb_cuda_select(int32_t element, const void* x, int64_t rows, int64_t channels,
                                const int32_t* selected, int64_t kept, void* y, void* stream);

// dx [rows, channels]: dx[r][selected[k]] = dy[r][k], 0 in all other channels; dy [rows, kept].
EB_API eb_status eb_cuda_select_backward(int32_t element, const void* dy, int64_t rows,
                                         int64_t channels, const int32_t* position, int64_t kept,
                                         void* dx, void* stream);

#endif
