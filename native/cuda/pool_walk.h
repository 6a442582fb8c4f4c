// Extents of pooling on the device, and the checks that the pooling launchers share.
#ifndef EARLYBIRD_CUDA_POOL_WALK_H
#define EARLYBIRD_CUDA_POOL_WALK_H

#include "cuda/channel_walk.h"
#include "earlybird/cuda/pooling.h"

namespace eb::cuda {

struct Pool {
  int32_t height;
  int32_t width;
  int32_t channels;
  int32_t out_height;
  int32_t out_width;
  int32_t kernel;
  int32_t stride;
  int32_t padding;
  // Elements of x and of y, and threads for each: elements / channels per access.
  uint32_t in_elements;
  uint32_t out_elements;
};

// Where element group i of a tensor [images, height, width, channels] lies; V channels per group.
struct Pixel {
  int32_t image;
  int32_t row;
  int32_t column;
  int32_t channel;

  __device__ Pixel(uint32_t i, int v, int32_t height, int32_t width, int32_t channels) {
    const uint32_t groups = static_cast<uint32_t>(channels / v);
    channel = static_cast<int32_t>(i % groups) * v;
    i /= groups;
    column = static_cast<int32_t>(i % width);
    i /= width;
    row = static_cast<int32_t>(i % height);
    image = static_cast<int32_t>(i / height);
  }
};

// First window that can hold a pixel at `at` (already shifted by the padding), and one past the
// last.
struct Windows {
  int32_t first;
  int32_t end;

  __device__ Windows(int32_t at, int32_t kernel, int32_t stride, int32_t count) {
    first = at < kernel ? 0 : (at - kernel) / stride + 1;
    const int32_t last = at / stride + 1;
    end = last < count ? last : count;
  }
};

inline eb_status check_pool(const eb_cuda_pool* p, Pool* out) {
  if (!p || p->images < 0 || p->height < 0 || p->width < 0 || p->channels < 0 || p->kernel < 1 ||
      p->kernel > 15 || p->stride < 1 || p->padding < 0 || 2 * p->padding > p->kernel) {
    return EB_BAD_ARGUMENT;
  }
  const int64_t high = int64_t{p->height} + 2 * p->padding - p->kernel;
  const int64_t wide = int64_t{p->width} + 2 * p->padding - p->kernel;
  if (high < 0 || wide < 0) return EB_BAD_ARGUMENT;
  const int64_t out_height = high / p->stride + 1;
  const int64_t out_width = wide / p->stride + 1;
  const int64_t pixels = product(p->images, p->channels);
  const int64_t in = product(product(pixels, p->height), p->width);
  const int64_t outs = product(product(pixels, out_height), out_width);
  if (in > kMaxElements || outs > kMaxElements) return EB_UNSUPPORTED;
  *out = {p->height,
          p->width,
          p->channels,
          static_cast<int32_t>(out_height),
          static_cast<int32_t>(out_width),
          p->kernel,
          p->stride,
          p->padding,
          static_cast<uint32_t>(in),
          static_cast<uint32_t>(outs)};
  return EB_OK;
}

}  // namespace eb::cuda

#endif
