// Products of bf16 operands with sums in fp32, beside oneDNN's, for processors with AVX512-BF16, by AMX
// where the processor has it; on others every function returns EB_UNSUPPORTED. A bf16 number is the upper
// half of a 32-bit floating-point number. Subnormal numbers count as zero. Results do not depend on the
// number of threads. The functions named ..._scratch return bytes of scratch for as many threads as the
// calling thread would use, or a status; scratch starts on a cache line.
#ifndef EARLYBIRD_PRODUCTS_BF16_H
#define EARLYBIRD_PRODUCTS_BF16_H

#include "earlybird/products.h"

EB_API int64_t eb_conv2d_bf16_scratch(const eb_conv2d* shape);

// y = x convolved with w, as fp32 if `wide` is not 0, else as bf16. With B = eb_conv2d_block(), w is
// stored as [ceil(out / B), kernel_height, kernel_width, ceil(in / 2), B, 2]; channels beyond `out`
// and `in` are stored as zeros.
EB_API eb_status eb_conv2d_bf16(const eb_conv2d* shape, const uint16_t* x, const uint16_t* w,
                                void* y, int wide, void* scratch);

EB_API int64_t eb_conv2d_backward_data_bf16_scratch(const eb_conv2d* shape);

// dx (of x's shape) = gradient of the input for dy (of y's shape) and w, as fp32 if `wide` is not 0,
// else as bf16. w is stored as [ceil(in / B), kernel_height, kernel_width, ceil(out / 2), B, 2];
// channels beyond `in` and `out` are zeros.
EB_API eb_status eb_conv2d_backward_data_bf16(const eb_conv2d* shape, const uint16_t* dy,
                                              const uint16_t* w, void* dx, int wide, void* scratch);

EB_API int64_t eb_conv2d_backward_weight_bf16_scratch(const eb_conv2d* shape);

// dw, fp32 and stored as the w of eb_conv2d_f32, = gradient of the weight for x and dy (of y's
// shape).
EB_API eb_status eb_conv2d_backward_weight_bf16(const eb_conv2d* shape, const uint16_t* x,
                                                const uint16_t* dy, float* dw, void* scratch);

// As eb_conv2d_norm_f32 and its gradient, of bf16 images; what the ReLU gives is rounded to bf16 before it
// is multiplied, or, for 3x3 kernels without AMX, once it is transformed. Weights and their gradients are fp32 and
// stored as there.

EB_API int64_t eb_conv2d_norm_bf16_scratch(const eb_conv2d* shape, int64_t channels);

EB_API eb_status eb_conv2d_norm_bf16(const eb_conv2d* shape, const eb_norm* norm, const uint16_t* x,
                                     const float* w, const eb_norm* after, const uint16_t* residual,
                                     int32_t relu, uint16_t* y, void* scratch);

EB_API int64_t eb_conv2d_norm_backward_weight_bf16_scratch(const eb_conv2d* shape,
                                                           int64_t channels);

EB_API eb_status eb_conv2d_norm_backward_weight_bf16(const eb_conv2d* shape, const eb_norm* norm,
                                                     const uint16_t* x, const uint16_t* dy,
                                                     float* dw, void* scratch);

// As eb_conv2d_norm_backward_f32; the gradient of what the ReLU gave is not rounded.
EB_API int64_t eb_conv2d_norm_backward_bf16_scratch(const eb_conv2d* shape, int64_t channels);
EB_API eb_status eb_conv2d_norm_backward_bf16(const eb_conv2d* shape, const eb_norm* norm,
                                              const uint16_t* x, const float* w, const uint16_t* dy,
                                              const uint16_t* other, uint16_t* dx, float* dgamma,
                                              float* dbeta, float* dw, void* scratch);

// y = x convolved with w, and the gradient of the input, as bf16, with weights that are rounded to bf16 as
// they are read: w is stored as for eb_conv2d_f32, also for the gradient. What follows y as for
// eb_conv2d_epilogue_f32: mean, scale and beta, all or none, residual and relu. For a stride of 1, with AMX;
// else EB_UNSUPPORTED.

EB_API int64_t eb_conv2d_f32_weight_bf16_scratch(const eb_conv2d* shape);

EB_API eb_status eb_conv2d_f32_weight_bf16(const eb_conv2d* shape, const uint16_t* x,
                                           const float* w, const float* mean, const float* scale,
                                           const float* beta, const uint16_t* residual,
                                           int32_t relu, uint16_t* y, void* scratch);

EB_API int64_t eb_conv2d_f32_weight_backward_data_bf16_scratch(const eb_conv2d* shape);

EB_API eb_status eb_conv2d_f32_weight_backward_data_bf16(const eb_conv2d* shape, const uint16_t* dy,
                                                         const float* w, uint16_t* dx,
                                                         void* scratch);

// As eb_conv2d_winograd_f32 and its gradients, of bf16 images: numbers that are made of neighbouring
// pixels, or of the weights of a kernel, are rounded to bf16 before they are multiplied. Weights and
// their gradients are fp32 and stored as there.

EB_API int64_t eb_conv2d_winograd_bf16_scratch(const eb_conv2d* shape);

EB_API eb_status eb_conv2d_winograd_bf16(const eb_conv2d* shape, const uint16_t* x, const float* w,
                                         const float* mean, const float* scale, const float* beta,
                                         const uint16_t* residual, int32_t relu, uint16_t* y,
                                         void* scratch);

EB_API int64_t eb_conv2d_winograd_backward_data_bf16_scratch(const eb_conv2d* shape);

EB_API eb_status eb_conv2d_winograd_backward_data_bf16(const eb_conv2d* shape, const uint16_t* dy,
                                                       const float* w, uint16_t* dx, void* scratch);

EB_API int64_t eb_conv2d_winograd_backward_weight_bf16_scratch(const eb_conv2d* shape);

EB_API eb_status eb_conv2d_winograd_backward_weight_bf16(const eb_conv2d* shape, const uint16_t* x,
                                                         const uint16_t* dy, float* dw,
                                                         void* scratch);

#endif
