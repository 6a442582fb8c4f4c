// Extents and windows of pooling.
#ifndef EARLYBIRD_CPU_POOL_WINDOWS_H
#define EARLYBIRD_CPU_POOL_WINDOWS_H

#include "cpu/parallel.h"
#include "earlybird/pooling.h"

namespace eb::EB_ISA {

// Channels that the inner loops keep in the first-level cache.
constexpr int64_t kPoolTile = 128;

// A half-open range.
struct Span {
  int64_t begin;
  int64_t end;
};

inline int64_t out_extent(int64_t extent, const eb_pool& p) {
  return (extent + 2 * p.padding - p.kernel) / p.stride + 1;
}

// Positions of window `at` along an axis that lie inside the picture, relative to its start.
inline Span inside(int64_t at, int64_t extent, const eb_pool& p) {
  const int64_t start = at * p.stride - p.padding;
  return {start < 0 ? -start : 0, start + p.kernel < extent ? p.kernel : extent - start};
}

// Windows along an axis that cover `position`.
inline Span covering(int64_t position, int64_t windows, const eb_pool& p) {
  const int64_t reach = position + p.padding;
  const int64_t first = reach < p.kernel ? 0 : (reach - p.kernel) / p.stride + 1;
  const int64_t last = reach / p.stride;
  return {first, last < windows ? last + 1 : windows};
}

// Whether every pixel lies in at most one window, and windows only in the picture.
inline bool tiles(const eb_pool& p) { return p.kernel == p.stride && p.padding == 0; }

// Runs body(image, row) for every row of every image, `width` floats each, in parallel.
template <class Body>
inline void parallel_image_rows(int64_t images, int64_t rows, int64_t width, Body body) {
#pragma omp parallel if (images * rows * width >= kSerial)
  {
    const Part part = my_part(images * rows);
    for (int64_t i = part.begin; i < part.end; i++) body(i / rows, i % rows);
  }
}

inline bool valid(const eb_pool* p, int64_t max_kernel, bool padded) {
  if (!p || p->images < 0 || p->height < 0 || p->width < 0 || p->channels < 0) return false;
  if (p->kernel < 1 || p->kernel > max_kernel || p->stride < 1) return false;
  if (p->padding < 0 || 2 * p->padding > (padded ? p->kernel : 0)) return false;
  return p->height + 2 * p->padding >= p->kernel && p->width + 2 * p->padding >= p->kernel;
}

// Whether there is nothing to compute.
inline bool empty(const eb_pool* p) { return p->images == 0 || p->channels == 0; }

}  // namespace eb::EB_ISA

#endif
