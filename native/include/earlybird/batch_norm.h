// Batch norm over rows of channels: x [rows, channels], channels side by side (NHWC). Sums run over
// a fixed grid of chunks in double, so the bits are the same for any number of threads and any
// instruction set.
//
// Once the statistics are known, invstd = 1 / sqrt(variance + epsilon) is computed in double and
// rounded, scale = invstd gamma, and y = (x - mean) scale + beta, each rounded to fp32.
//
// A selection is `kept` channel numbers below `channels` that ascend without repeats, where channels
// is at most EB_MAX_SELECTABLE; null selects all channels, with kept = channels. Scratch memory
// starts on a multiple of 64 bytes and has the size that eb_batch_norm_scratch_bytes returns.
#ifndef EARLYBIRD_BATCH_NORM_H
#define EARLYBIRD_BATCH_NORM_H

#include "earlybird/api.h"

enum { EB_MAX_SELECTABLE = 4096 };

// Scratch bytes that any kernel of this header needs for x [rows, channels]; 0 if an extent is
// negative.
EB_API int64_t eb_batch_norm_scratch_bytes(int64_t rows, int64_t channels);

// y [rows, channels], mean [channels] and biased variance [channels] from x, gamma [channels] and
// beta [channels]. rows > 0. y may be x.
EB_API eb_status eb_batch_norm_f32(const float* x, const float* gamma, const float* beta,
                                   int64_t rows, int64_t channels, float epsilon, float* y,
                                   float* mean, float* variance, void* scratch);

// The same with ReLU, on the selected channels alone: y [rows, kept]; mean and variance [channels]
// are of all channels. y may be x if all are selected.
EB_API eb_status eb_batch_norm_relu_f32(const float* x, const float* gamma, const float* beta,
                                        int64_t rows, int64_t channels, const int32_t* selected,
                                        int64_t kept, float epsilon, float* y, float* mean,
                                        float* variance, void* scratch);

// mean and variance [channels] alone, with the bits of the functions above.
EB_API eb_status eb_batch_norm_statistics_f32(const float* x, int64_t rows, int64_t channels,
                                              float* mean, float* variance, void* scratch);

// scale [channels] = gamma / sqrt(variance + epsilon), with which convolutions normalise their own
// results.
EB_API eb_status eb_batch_norm_scale_f32(const float* gamma, const float* variance,
                                         int64_t channels, float epsilon, float* scale);

// y [rows, channels] from x and given gamma, beta, mean and variance [channels]. y may be x.
EB_API eb_status eb_batch_norm_inference_f32(const float* x, const float* gamma, const float* beta,
                                             const float* mean, const float* variance, int64_t rows,
                                             int64_t channels, float epsilon, float* y,
                                             void* scratch);

// The same with ReLU, on the selected channels alone: y [rows, kept], the bits of
// eb_batch_norm_relu_f32 for its statistics. rows > 0. y may be x if all are selected.
EB_API eb_status eb_batch_norm_inference_relu_f32(const float* x, const float* gamma,
                                                  const float* beta, const float* mean,
                                                  const float* variance, int64_t rows,
                                                  int64_t channels, const int32_t* selected,
                                                  int64_t kept, float epsilon, float* y,
                                                  void* scratch);

// Gradients of eb_batch_norm_f32 from x and dy [rows, channels]: dx [rows, channels], dgamma and
// dbeta [channels]. rows > 0. dx may be x or dy.
EB_API eb_status eb_batch_norm_backward_f32(const float* x, const float* dy, const float* mean,
                                            const float* variance, const float* gamma, int64_t rows,
                                            int64_t channels, float epsilon, float* dx,
                                            float* dgamma, float* dbeta, void* scratch);

// Gradients of eb_batch_norm_relu_f32 from x [rows, channels] and dy [rows, kept]: dx [rows,
// channels], dgamma and dbeta [channels], all zero for channels that are not selected. Where the
// ReLU was open is recomputed from x with the forward kernel's arithmetic. rows > 0. dx may be x,
// and dy if all are selected.
EB_API eb_status eb_batch_norm_relu_backward_f32(const float* x, const float* dy, const float* mean,
                                                 const float* variance, const float* gamma,
                                                 const float* beta, int64_t rows, int64_t channels,
                                                 const int32_t* selected, int64_t kept,
                                                 float epsilon, float* dx, float* dgamma,
                                                 float* dbeta, void* scratch);

// The same with dx + other [rows, channels] for dx, rounded once more; dx may be other
// too.
EB_API eb_status eb_batch_norm_relu_backward_add_f32(
    const float* x, const float* dy, const float* other, const float* mean, const float* variance,
    const float* gamma, const float* beta, int64_t rows, int64_t channels, const int32_t* selected,
    int64_t kept, float epsilon, float* dx, float* dgamma, float* dbeta, void* scratch);

// The same with x, y and their gradients as bf16 numbers; statistics, scales and their gradients stay
// fp32, and the arithmetic is the same.
EB_API eb_status eb_batch_norm_bf16(const uint16_t* x, const float* gamma, const float* beta,
                                    int64_t rows, int64_t channels, float epsilon, uint16_t* y,
                                    float* mean, float* variance, void* scratch);
EB_API eb_status eb_batch_norm_relu_bf16(const uint16_t* x, const float* gamma, const float* beta,
                                         int64_t rows, int64_t channels, const int32_t* selected,
                                         int64_t kept, float epsilon, uint16_t* y, float* mean,
                                         float* variance, void* scratch);
EB_API eb_status eb_batch_norm_statistics_bf16(const uint16_t* x, int64_t rows, int64_t channels,
                                               float* mean, float* variance, void* scratch);
EB_API eb_status eb_batch_norm_inference_bf16(const uint16_t* x, const float* gamma,
                                              const float* beta, const float* mean,
                                              const float* variance, int64_t rows, int64_t channels,
                                              float epsilon, uint16_t* y, void* scratch);
EB_API eb_status eb_batch_norm_inference_relu_bf16(const uint16_t* x, const float* gamma,
                                                   const float* beta, const float* mean,
                                                   const float* variance, int64_t rows,
                                                   int64_t channels, const int32_t* selected,
                                                   int64_t kept, float epsilon, uint16_t* y,
                                                   void* scratch);
EB_API eb_status eb_batch_norm_backward_bf16(const uint16_t* x, const uint16_t* dy,
                                             const float* mean, const float* variance,
                                             const float* gamma, int64_t rows, int64_t channels,
                                             float epsilon, uint16_t* dx, float* dgamma,
                                             float* dbeta, void* scratch);
EB_API eb_status eb_batch_norm_relu_backward_bf16(
    const uint16_t* x, const uint16_t* dy, const float* mean, const float* variance,
    const float* gamma, const float* beta, int64_t rows, int64_t channels, const int32_t* selected,
    int64_t kept, float epsilon, uint16_t* dx, float* dgamma, float* dbeta, void* scratch);

EB_API eb_status eb_batch_norm_relu_backward_add_bf16(const uint16_t* x, const uint16_t* dy,
                                                      const uint16_t* other, const float* mean,
                                                      const float* variance, const float* gamma,
                                                      const float* beta, int64_t rows,
                                                      int64_t channels, const int32_t* selected,
                                                      int64_t kept, float epsilon, uint16_t* dx,
                                                      float* dgamma, float* dbeta, void* scratch);

#endif
