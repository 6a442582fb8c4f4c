// Which taps of a convolution's kernel an output position needs.
#ifndef EARLYBIRD_CPU_CONV2D_TAPS_H
#define EARLYBIRD_CPU_CONV2D_TAPS_H

#include <stdint.h>

#include <algorithm>

#include "earlybird/products.h"

namespace eb::EB_ISA {

// The taps of one output position along one dimension: kernel positions first, first + step, ...,
// which meet the input positions source, source + source_step, ...
struct Taps {
  int64_t count;
  int64_t first;
  int64_t step;
  int64_t source;
  int64_t source_step;
};

// A product from an image of `in` channels to one of `out` channels.
struct Product {
  bool backward;
  int64_t n;
  int64_t in_height, in_width, in;
  int64_t out_height, out_width, out;
  int64_t kernel_height, kernel_width, stride, padding;
};

inline Product forward(const eb_conv2d& s) {
  const int64_t oh = (s.height + 2 * s.padding - s.kernel_height) / s.stride + 1;
  const int64_t ow = (s.width + 2 * s.padding - s.kernel_width) / s.stride + 1;
  return {false, s.n,   s.height,        s.width,        s.in,     oh,
          ow,    s.out, s.kernel_height, s.kernel_width, s.stride, s.padding};
}

inline Product backward_data(const eb_conv2d& s) {
  const int64_t oh = (s.height + 2 * s.padding - s.kernel_height) / s.stride + 1;
  const int64_t ow = (s.width + 2 * s.padding - s.kernel_width) / s.stride + 1;
  return {true,           s.n,      oh,       ow, s.out, s.height, s.width, s.in, s.kernel_height,
          s.kernel_width, s.stride, s.padding};
}

// The same product with every pixel as an image of its own where that is possible: a 1x1 kernel treats
// all pixels alike, and neighbours lie in sequence while images do not.
inline Product flat(Product p) {
  if (p.kernel_height == 1 && p.kernel_width == 1 && p.stride == 1 && p.padding == 0) {
    p.n *= p.in_height * p.in_width;
    p.in_height = p.in_width = p.out_height = p.out_width = 1;
  }
  return p;
}

inline Taps taps_of(const Product& p, int64_t position, int64_t kernel, int64_t extent) {
  if (!p.backward) {
    const int64_t start = position * p.stride - p.padding;
    const int64_t first = std::max<int64_t>(0, -start);
    const int64_t end = std::min(kernel, extent - start);
    return {std::max<int64_t>(0, end - first), first, 1, start + first, 1};
  }
  // Input position s reaches this one through tap k where position + padding = s stride + k.
  const int64_t reach = position + p.padding;
  int64_t first = std::max<int64_t>(0, reach - (extent - 1) * p.stride);
  first += (reach - first) % p.stride;
  const int64_t end = std::min(kernel, reach + 1);
  const int64_t count = first < end ? (end - first + p.stride - 1) / p.stride : 0;
  return {count, first, p.stride, (reach - first) / p.stride, -1};
}

}  // namespace eb::EB_ISA

#endif
