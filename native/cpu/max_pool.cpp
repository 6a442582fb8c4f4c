// Max pooling.
// Version 1: a running maximum and its place per channel, one window position after the other.
// Version 2: 2x2 windows with stride 2, which the networks here use, take their four rows of
// channels at once.
#include "common/pool.h"
#include "cpu/kernel_table.h"
#include "cpu/pool_windows.h"

namespace eb::EB_ISA {
namespace {

// One pixel of the result from the four pixels of its window.
void window2x2(const float* a, const float* b, const float* c, const float* d, int64_t n, float* y,
               uint8_t* places) {
#pragma omp simd
  for (int64_t j = 0; j < n; j++) {
    float best = a[j];
    int32_t place = 0;
    const bool right = eb_pool_wins(b[j], best);
    best = right ? b[j] : best;
    place = right ? 1 : place;
    const bool below = eb_pool_wins(c[j], best);
    best = below ? c[j] : best;
    place = below ? 2 : place;
    const bool last = eb_pool_wins(d[j], best);
    best = last ? d[j] : best;
    place = last ? 3 : place;
    y[j] = best;
    places[j] = static_cast<uint8_t>(place);
  }
}

// Adds one position of a window to the running maximum.
void challenge(const float* x, int64_t place, int64_t n, float* y, uint8_t* places) {
  const uint8_t here = static_cast<uint8_t>(place);
#pragma omp simd
  for (int64_t j = 0; j < n; j++) {
    const bool wins = eb_pool_wins(x[j], y[j]);
    y[j] = wins ? x[j] : y[j];
    places[j] = wins ? here : places[j];
  }
}

void window(const eb_pool& p, const float* image, int64_t row, int64_t column, float* y,
            uint8_t* places) {
  const Span rows = inside(row, p.height, p);
  const Span columns = inside(column, p.width, p);
  const int64_t top = row * p.stride - p.padding;
  const int64_t left = column * p.stride - p.padding;
  bool first = true;
  for (int64_t r = rows.begin; r < rows.end; r++) {
    for (int64_t s = columns.begin; s < columns.end; s++) {
      const float* x = image + ((top + r) * p.width + left + s) * p.channels;
      const int64_t place = r * p.kernel + s;
      if (first) {
        first = false;
        for (int64_t j = 0; j < p.channels; j++) y[j] = x[j];
        for (int64_t j = 0; j < p.channels; j++) places[j] = static_cast<uint8_t>(place);
      } else {
        challenge(x, place, p.channels, y, places);
      }
    }
  }
}

}  // namespace

eb_status max_pool_f32(const eb_pool* pool, const float* x, float* y, uint8_t* places) {
  const eb_pool p = *pool;
  const int64_t oh = out_extent(p.height, p);
  const int64_t ow = out_extent(p.width, p);
  const int64_t c = p.channels;
  const bool small = tiles(p) && p.kernel == 2;
  parallel_image_rows(p.images, oh, ow * c, [=](int64_t n, int64_t row) {
    const float* image = x + n * p.height * p.width * c;
    const int64_t out = (n * oh + row) * ow * c;
    for (int64_t column = 0; column < ow; column++) {
      float* to = y + out + column * c;
      uint8_t* place = places + out + column * c;
      if (small) {
        const float* top = image + (2 * row * p.width + 2 * column) * c;
        const float* bottom = top + p.width * c;
        window2x2(top, top + c, bottom, bottom + c, c, to, place);
      } else {
        window(p, image, row, column, to, place);
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
