// Pooling over square windows of x [images, height, width, channels] (NHWC). The result is [images,
// (height + 2 padding - kernel) / stride + 1, (width + 2 padding - kernel) / stride + 1, channels],
// both extents rounded down; windows must fit into the padded picture. All loops run over whole
// channels in a fixed order: the bits do not depend on threads or instruction set.
#ifndef EARLYBIRD_POOLING_H
#define EARLYBIRD_POOLING_H

#include "earlybird/api.h"

// The picture and its windows.
typedef struct {
  int64_t images;
  int64_t height;
  int64_t width;
  int64_t channels;
  int64_t kernel;   // 1..15 for max pooling
  int64_t stride;   // at least 1
  int64_t padding;  // at most kernel / 2; 0 for average pooling
} eb_pool;

// y, and the winner's place row * kernel + column in its window. The first of equal values in
// row-major order wins, the first NaN wins over everything, padding never wins.
EB_API eb_status eb_max_pool_f32(const eb_pool* pool, const float* x, float* y, uint8_t* places);

// dx [images, height, width, channels] from dy and places of the result's shape: every sum starts
// at +0 and adds its contributions in row-major window order.
EB_API eb_status eb_max_pool_backward_f32(const eb_pool* pool, const float* dy,
                                          const uint8_t* places, float* dx);

// y: the sum of a window in row-major order, divided by kernel^2.
EB_API eb_status eb_avg_pool_f32(const eb_pool* pool, const float* x, float* y);

// dx [images, height, width, channels] from dy of the result's shape: the sum of dy over the
// windows of each pixel in row-major order, divided by kernel^2.
EB_API eb_status eb_avg_pool_backward_f32(const eb_pool* pool, const float* dy, float* dx);

// The same on bf16 numbers; sums are in float until they are complete.
EB_API eb_status eb_max_pool_bf16(const eb_pool* pool, const uint16_t* x, uint16_t* y,
                                  uint8_t* places);
EB_API eb_status eb_max_pool_backward_bf16(const eb_pool* pool, const uint16_t* dy,
                                           const uint8_t* places, uint16_t* dx);
EB_API eb_status eb_avg_pool_bf16(const eb_pool* pool, const uint16_t* x, uint16_t* y);
EB_API eb_status eb_avg_pool_backward_bf16(const eb_pool* pool, const uint16_t* dy, uint16_t* dx);

#endif
