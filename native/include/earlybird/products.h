// Products that oneDNN computes too; these are further candidates, chosen where they are faster.
// Sums are fused where the instruction set can, so results agree within rounding, not bit for bit,
// between instruction sets; they do not depend on the number of threads.
#ifndef EARLYBIRD_PRODUCTS_H
#define EARLYBIRD_PRODUCTS_H

#include "earlybird/api.h"

// A convolution of x [n, height, width, in] with w [out, in, kernel_height, kernel_width] to
// y [n, oh, ow, out], oh = (height + 2 padding - kernel_height) / stride + 1, ow likewise. All
// extents are at least 1, padding at least 0, and the kernel fits into the padded image.
typedef struct {
  int64_t n;
  int64_t height;
  int64_t width;
  int64_t in;
  int64_t out;
  int64_t kernel_height;
  int64_t kernel_width;
  int64_t stride;
  int64_t padding;
} eb_conv2d;

// Number of channels B of a block of weights below: 8, 16 or 32, depending on the instruction set.
EB_API int64_t eb_conv2d_block(void);

// y = x convolved with w, which is stored as [ceil(out / B), kernel_height, kernel_width, in, B];
// output channels beyond `out` are stored as zeros.
EB_API eb_status eb_conv2d_f32(const eb_conv2d* shape, const float* x, const float* w, float* y);

// y = what follows a convolution, on its sums s: t = (s - mean) scale + beta, rounded after every
// operation, for mean, scale and beta [out], or t = s if they are null; u = t + residual, which has
// y's shape, or t if it is null; then the ReLU of u if `relu` is not 0. w as for eb_conv2d_f32. The
// residual may not be y.
EB_API eb_status eb_conv2d_epilogue_f32(const eb_conv2d* shape, const float* x, const float* w,
                                        const float* mean, const float* scale, const float* beta,
                                        const float* residual, int32_t relu, float* y);

// dx (of x's shape) = gradient of the input for dy (of y's shape) and w, which is stored as
// [ceil(in / B), kernel_height, kernel_width, out, B]; input channels beyond `in` are zeros.
EB_API eb_status eb_conv2d_backward_data_f32(const eb_conv2d* shape, const float* dy,
                                             const float* w, float* dx);

// The same products for 3x3 kernels, stride 1 and padding 1, with fewer multiplications (Winograd's
// F(2x2, 3x3)): sums round a little more, and a number that is not finite may make neighbouring
// results not finite. mean, scale, beta and residual may be null, as for eb_conv2d_epilogue_f32; all
// that is null and no ReLU is eb_conv2d_f32. Scratch is counted in bytes for as many threads as
// OpenMP would use now, starts on a cache line, and EB_BAD_ARGUMENT means another shape.
EB_API int64_t eb_conv2d_winograd_f32_scratch(const eb_conv2d* shape);
EB_API eb_status eb_conv2d_winograd_f32(const eb_conv2d* shape, const float* x, const float* w,
                                        const float* mean, const float* scale, const float* beta,
                                        const float* residual, int32_t relu, float* y,
                                        void* scratch);
EB_API int64_t eb_conv2d_winograd_backward_data_f32_scratch(const eb_conv2d* shape);
EB_API eb_status eb_conv2d_winograd_backward_data_f32(const eb_conv2d* shape, const float* dy,
                                                      const float* w, float* dx, void* scratch);
EB_API int64_t eb_conv2d_winograd_backward_weight_f32_scratch(const eb_conv2d* shape);
EB_API eb_status eb_conv2d_winograd_backward_weight_f32(const eb_conv2d* shape, const float* x,
                                                        const float* dy, float* dw, void* scratch);

// The same by F(4x4, 3x3), with fewer multiplications still; sums round more, above all those of few
// terms.
EB_API int64_t eb_conv2d_winograd_4x4_f32_scratch(const eb_conv2d* shape);
EB_API eb_status eb_conv2d_winograd_4x4_f32(const eb_conv2d* shape, const float* x, const float* w,
                                            const float* mean, const float* scale,
                                            const float* beta, const float* residual, int32_t relu,
                                            float* y, void* scratch);
EB_API int64_t eb_conv2d_winograd_4x4_backward_data_f32_scratch(const eb_conv2d* shape);
EB_API eb_status eb_conv2d_winograd_4x4_backward_data_f32(const eb_conv2d* shape, const float* dy,
                                                          const float* w, float* dx, void* scratch);
EB_API int64_t eb_conv2d_winograd_4x4_backward_weight_f32_scratch(const eb_conv2d* shape);
EB_API eb_status eb_conv2d_winograd_4x4_backward_weight_f32(const eb_conv2d* shape, const float* x,
                                                            const float* dy, float* dw,
                                                            void* scratch);

// Bytes of scratch that eb_conv2d_backward_weight_f32 needs, or EB_BAD_ARGUMENT.
EB_API int64_t eb_conv2d_backward_weight_f32_scratch(const eb_conv2d* shape);

// dw, stored as the w of eb_conv2d_f32, = gradient of the weight for x and dy (of y's shape).
// scratch starts on a cache line.
EB_API eb_status eb_conv2d_backward_weight_f32(const eb_conv2d* shape, const float* x,
                                               const float* dy, float* dw, void* scratch);

// Batch norm with statistics that are known, then ReLU: what eb_batch_norm_inference_relu_f32 makes of an
// image with gamma, beta, mean and variance [channels] and a selection of these, or all if it is null.
typedef struct {
  const float* gamma;
  const float* beta;
  const float* mean;
  const float* variance;
  const int32_t* selected;
  int64_t channels;
  float epsilon;
} eb_norm;

// Products of an input that is not stored: it is what `norm` makes of x [n, height, width, channels],
// shape->in of these channels. For 1x1 kernels without padding, and, where all channels are selected, 3x3
// kernels with padding 1 (by Winograd's filtering), of stride 1; EB_BAD_ARGUMENT means another shape.
// Selections need AVX-512; elsewhere these functions return EB_UNSUPPORTED. Scratch as for
// eb_conv2d_winograd_f32.

// y = the input convolved with w, stored as for eb_conv2d_f32, and what follows as in
// eb_conv2d_epilogue_f32; `after` is a norm of all `out` channels, of which the ReLU is left out, or null.

EB_API int64_t eb_conv2d_norm_f32_scratch(const eb_conv2d* shape, int64_t channels);
EB_API eb_status eb_conv2d_norm_f32(const eb_conv2d* shape, const eb_norm* norm, const float* x,
                                    const float* w, const eb_norm* after, const float* residual,
                                    int32_t relu, float* y, void* scratch);

// As eb_conv2d_backward_weight_f32.
EB_API int64_t eb_conv2d_norm_backward_weight_f32_scratch(const eb_conv2d* shape, int64_t channels);
EB_API eb_status eb_conv2d_norm_backward_weight_f32(const eb_conv2d* shape, const eb_norm* norm,
                                                    const float* x, const float* dy, float* dw,
                                                    void* scratch);

// The same for 3x3 kernels alone, by F(4x4, 3x3).
EB_API int64_t eb_conv2d_norm_4x4_f32_scratch(const eb_conv2d* shape, int64_t channels);
EB_API eb_status eb_conv2d_norm_4x4_f32(const eb_conv2d* shape, const eb_norm* norm, const float* x,
                                        const float* w, const eb_norm* after, const float* residual,
                                        int32_t relu, float* y, void* scratch);
EB_API int64_t eb_conv2d_norm_4x4_backward_weight_f32_scratch(const eb_conv2d* shape,
                                                              int64_t channels);
EB_API eb_status eb_conv2d_norm_4x4_backward_weight_f32(const eb_conv2d* shape, const eb_norm* norm,
                                                        const float* x, const float* dy, float* dw,
                                                        void* scratch);

// All gradients of a 1x1 convolution (stride 1, no padding) of such an input, with any selection on any
// processor: dw as eb_conv2d_backward_weight_f32; dx + other [n, height, width, channels], dgamma and dbeta
// [channels] as eb_batch_norm_relu_backward_add_f32 of the gradient of the input, but that this is not
// stored; `other` may be null. w and dw are stored as for eb_conv2d_f32. dx may be x or other.
EB_API int64_t eb_conv2d_norm_backward_f32_scratch(const eb_conv2d* shape, int64_t channels);
EB_API eb_status eb_conv2d_norm_backward_f32(const eb_conv2d* shape, const eb_norm* norm,
                                             const float* x, const float* w, const float* dy,
                                             const float* other, float* dx, float* dgamma,
                                             float* dbeta, float* dw, void* scratch);

#endif
