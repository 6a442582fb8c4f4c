// Pooling of x [images, height, width, channels] to y [images, out_height, out_width, channels].
// out = (extent + 2 padding - kernel) / stride + 1. See elementwise.h for what all headers of this
// folder share.
#ifndef EARLYBIRD_CUDA_POOLING_H
#define EARLYBIRD_CUDA_POOLING_H

#include "earlybird/api.h"

// Extents of a pooling; host memory.
typedef struct {
  int32_t images;
  int32_t height;
  int32_t width;
  int32_t channels;
  // At most 15.
  int32_t kernel;
  int32_t stride;
  // At most kernel / 2.
  int32_t padding;
} eb_cuda_pool;

// y, and the winner's place in its window (row * kernel + column). The first of equal values wins,
// the first NaN wins over everything, padding never wins.
EB_API eb_status eb_cuda_max_pool2d(int32_t element, const void* x, const eb_cuda_pool* pool,
                                    void* y, uint8_t* places, void* stream);

// dx from dy and the winners' places; sums start at +0 and add in row-major window order.
EB_API eb_status eb_cuda_max_pool2d_backward(int32_t element, const void* dy, const uint8_t* places,
                                             const eb_cuda_pool* pool, void* dx, void* stream);

// The mean of each window, summed in double; padding must be 0.
EB_API eb_status eb_cuda_avg_pool2d(int32_t element, const void* x, const eb_cuda_pool* pool,
                                    void* y, void* stream);

// dx of the mean: the sum of dy over the windows that hold a pixel, divided by kernel^2.
EB_API eb_status eb_cuda_avg_pool2d_backward(int32_t element, const void* dy,
                                             const eb_cuda_pool* pool, void* dx, void* stream);

#endif
