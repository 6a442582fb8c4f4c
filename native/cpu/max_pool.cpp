// Max pooling.
// Version 1: a running maximum and its place per channel, one window position after the other, in
// the result itself; mixing bytes and floats in one loop, it did not become vectors (1.5 GB/s).
// Version 2: maximum and place of a tile of channels, places in 32 bits until they are stored.
// Version 3: 2x2 windows with stride 2, which the networks here use, take their four pixels at once.
#include "common/pool.h"
#include "cpu/kernel_table.h"
#include "cpu/pool_windows.h"

namespace eb::EB_ISA {
namespace {

// Maximum of a window so far, and its place, for up to kPoolTile channels.
struct Best {
  alignas(64) float value[kPoolTile];
  alignas(64) int32_t place[kPoolTile];

  void start(const float* x, int32_t at, int64_t n) {
#pragma omp simd
    for (int64_t j = 0; j < n; j++) {
      value[j] = x[j];
      place[j] = at;
    }
  }

  void challenge(const float* x, int32_t at, int64_t n) {
#pragma omp simd
    for (int64_t j = 0; j < n; j++) {
      const bool wins = eb_pool_wins(x[j], value[j]);
      value[j] = wins ? x[j] : value[j];
      place[j] = wins ? at : place[j];
    }
  }

  // All four pixels of a 2x2 window.
  void of_four(const float* a, const float* b, const float* c, const float* d, int64_t n) {
#pragma omp simd
    for (int64_t j = 0; j < n; j++) {
      const bool right = eb_pool_wins(b[j], a[j]);
      float v = right ? b[j] : a[j];
      int32_t p = right ? 1 : 0;
      const bool below = eb_pool_wins(c[j], v);
      v = below ? c[j] : v;
      p = below ? 2 : p;
      const bool last = eb_pool_wins(d[j], v);
      value[j] = last ? d[j] : v;
      place[j] = last ? 3 : p;
    }
  }

  void store(int64_t n, float* y, uint8_t* places) const {
#pragma omp simd
    for (int64_t j = 0; j < n; j++) y[j] = value[j];
#pragma omp simd
    for (int64_t j = 0; j < n; j++) places[j] = static_cast<uint8_t>(place[j]);
  }
};

// The window of result pixel (row, column), for n channels of an image from channel `at` on.
void window(const eb_pool& p, const float* image, int64_t row, int64_t column, int64_t at,
            int64_t n, Best& best) {
  const Span rows = inside(row, p.height, p);
  const Span columns = inside(column, p.width, p);
  const int64_t top = row * p.stride - p.padding;
  const int64_t left = column * p.stride - p.padding;
  bool first = true;
  for (int64_t r = rows.begin; r < rows.end; r++) {
    for (int64_t s = columns.begin; s < columns.end; s++) {
      const float* x = image + ((top + r) * p.width + left + s) * p.channels + at;
      const int32_t place = static_cast<int32_t>(r * p.kernel + s);
      if (first) {
        best.start(x, place, n);
      } else {
        best.challenge(x, place, n);
      }
      first = false;
    }
  }
}

}  // namespace

eb_status max_pool_f32(const eb_pool* pool, const float* x, float* y, uint8_t* places) {
  const eb_pool p = *pool;
  const int64_t oh = out_extent(p.height, p);
  const int64_t ow = out_extent(p.width, p);
  const int64_t c = p.channels;
  const bool two = tiles(p) && p.kernel == 2;
  parallel_image_rows(p.images, oh, ow * c, [=](int64_t n, int64_t row) {
    const float* image = x + n * p.height * p.width * c;
    Best best;
    for (int64_t column = 0; column < ow; column++) {
      const int64_t out = ((n * oh + row) * ow + column) * c;
      for (int64_t at = 0; at < c; at += kPoolTile) {
        const int64_t count = c - at < kPoolTile ? c - at : kPoolTile;
        if (two) {
          const float* top = image + (2 * row * p.width + 2 * column) * c + at;
          const float* bottom = top + p.width * c;
          best.of_four(top, top + c, bottom, bottom + c, count);
        } else {
          window(p, image, row, column, at, count, best);
        }
        best.store(count, y + out + at, places + out + at);
      }
    }
  });
  return EB_OK;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
eb_status eb_max_pool_f32(const eb_pool* pool, const float* x, float* y, uint8_t* places) {
  if (!eb::EB_ISA::valid(pool, 15, true)) return EB_BAD_ARGUMENT;
  if (eb::EB_ISA::empty(pool)) return EB_OK;
  if (!x || !y || !places) return EB_BAD_ARGUMENT;
  return eb::active().max_pool_f32(pool, x, y, places);
}
#endif
