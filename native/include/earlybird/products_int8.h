// Products of 8-bit block values: block floating point of at most 8 bits (io.earlybird.tensor.format.
// BlockFloat), whose numbers are stored as bf16. They are multiplied as integers, so sums over terms
// whose blocks share their exponents are exact and rounded once. For processors with AVX512-BF16 and
// VNNI; on others every function returns EB_UNSUPPORTED. The blocks of x and dy are images, those of
// w are output channels. A block counts as zero where its last bit would be a subnormal number; one
// that is not finite makes NaN of all that it is multiplied with. Results do not depend on the number
// of threads. The functions named ..._scratch return bytes of scratch, or a status, EB_BAD_ARGUMENT
// also for more terms than a sum has room for; scratch starts on a cache line.
#ifndef EARLYBIRD_PRODUCTS_INT8_H
#define EARLYBIRD_PRODUCTS_INT8_H

#include "earlybird/products.h"

EB_API int64_t eb_conv2d_int8_scratch(const eb_conv2d* shape);

// y, as fp32, = x convolved with w [out, in, kernel_height, kernel_width].
EB_API eb_status eb_conv2d_int8(const eb_conv2d* shape, const uint16_t* x, const uint16_t* w,
                                float* y, void* scratch);

EB_API int64_t eb_conv2d_backward_data_int8_scratch(const eb_conv2d* shape);

// dx (of x's shape), as fp32, = gradient of the input for dy (of y's shape) and w as above. Output
// channels of equal exponent are summed exactly, and these sums in fp32.
EB_API eb_status eb_conv2d_backward_data_int8(const eb_conv2d* shape, const uint16_t* dy,
                                              const uint16_t* w, float* dx, void* scratch);

#endif
