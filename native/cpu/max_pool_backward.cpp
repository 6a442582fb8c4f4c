// Gradient of max pooling.
// Version 1: every pixel gathers from the windows that cover it, which needs no zeroing, no order
// between threads, and vectors over channels. Version 2: where windows do not overlap, each pixel
// has at most one.
#include "cpu/kernel_table.h"
#include "cpu/pool_windows.h"

namespace eb::EB_ISA {
namespace {

// The first contribution to a pixel: +0 and dy where the pixel won.
void start(const float* dy, const uint8_t* places, int64_t place, int64_t n, float* dx) {
  const uint8_t here = static_cast<uint8_t>(place);
#pragma omp simd
  for (int64_t j = 0; j < n; j++) dx[j] = 0.0f + (places[j] == here ? dy[j] : 0.0f);
}

void add(const float* dy, const uint8_t* places, int64_t place, int64_t n, float* dx) {
  const uint8_t here = static_cast<uint8_t>(place);
#pragma omp simd
  for (int64_t j = 0; j < n; j++) dx[j] += places[j] == here ? dy[j] : 0.0f;
}

void clear(int64_t n, float* dx) {
#pragma omp simd
  for (int64_t j = 0; j < n; j++) dx[j] = 0.0f;
}

}  // namespace

eb_status max_pool_backward_f32(const eb_pool* pool, const float* dy, const uint8_t* places,
                                float* dx) {
  const eb_pool p = *pool;
  const int64_t oh = out_extent(p.height, p);
  const int64_t ow = out_extent(p.width, p);
  const int64_t c = p.channels;
  const bool stream = c % kLine == 0 && should_stream(dx, p.images * p.height * p.width * c);
  parallel_image_rows(p.images, p.height, p.width * c, [=](int64_t n, int64_t row) {
    const Span rows = covering(row, oh, p);
    for (int64_t column = 0; column < p.width; column++) {
      const Span columns = covering(column, ow, p);
      float* to = dx + ((n * p.height + row) * p.width + column) * c;
      const auto gather = [=](float* out, int64_t at, int64_t count) {
        bool first = true;
        for (int64_t r = rows.begin; r < rows.end; r++) {
          for (int64_t s = columns.begin; s < columns.end; s++) {
            const int64_t from = ((n * oh + r) * ow + s) * c + at;
            const int64_t place =
                (row + p.padding - r * p.stride) * p.kernel + column + p.padding - s * p.stride;
            if (first) {
              start(dy + from, places + from, place, count, out);
            } else {
              add(dy + from, places + from, place, count, out);
            }
            first = false;
          }
        }
        if (first) clear(count, out);
      };
      if (stream) {
        stream_range(to, c, gather);
      } else {
        gather(to, 0, c);
      }
    }
    if (stream) stream_end();
  });
  return EB_OK;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
eb_status eb_max_pool_backward_f32(const eb_pool* pool, const float* dy, const uint8_t* places,
                                   float* dx) {
  if (!eb::EB_ISA::valid(pool, 15, true)) return EB_BAD_ARGUMENT;
  if (eb::EB_ISA::empty(pool)) return EB_OK;
  if (!dy || !places || !dx) return EB_BAD_ARGUMENT;
  return eb::active().max_pool_backward_f32(pool, dy, places, dx);
}
#endif
