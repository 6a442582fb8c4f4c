// Average pooling and its gradient. Version 1: sums per channel, one window position (or, backward,
// one window) after the other. Version 2: gradients larger than the cache are streamed past it.
#include "cpu/kernel_table.h"
#include "cpu/pool_windows.h"

namespace eb::EB_ISA {
namespace {

void start(const float* x, int64_t n, float* sum) {
#pragma omp simd
  for (int64_t j = 0; j < n; j++) sum[j] = x[j];
}

void add(const float* x, int64_t n, float* sum) {
#pragma omp simd
  for (int64_t j = 0; j < n; j++) sum[j] += x[j];
}

void divide(float by, int64_t n, float* sum) {
#pragma omp simd
  for (int64_t j = 0; j < n; j++) sum[j] /= by;
}

// Sum over pixels [rows] x [columns] of an image, divided.
void average(const float* image, Span rows, Span columns, int64_t width, int64_t channels, float by,
             float* out) {
  bool first = true;
  for (int64_t r = rows.begin; r < rows.end; r++) {
    for (int64_t s = columns.begin; s < columns.end; s++) {
      const float* from = image + (r * width + s) * channels;
      if (first) {
        start(from, channels, out);
      } else {
        add(from, channels, out);
      }
      first = false;
    }
  }
  if (first) {
    for (int64_t j = 0; j < channels; j++) out[j] = 0.0f;
  }
  divide(by, channels, out);
}

float window_size(const eb_pool& p) { return static_cast<float>(p.kernel * p.kernel); }

}  // namespace

eb_status avg_pool_f32(const eb_pool* pool, const float* x, float* y) {
  const eb_pool p = *pool;
  const int64_t oh = out_extent(p.height, p);
  const int64_t ow = out_extent(p.width, p);
  parallel_image_rows(p.images, oh, ow * p.channels * p.kernel, [=](int64_t n, int64_t row) {
    const float* image = x + n * p.height * p.width * p.channels;
    const Span rows = {row * p.stride, row * p.stride + p.kernel};
    for (int64_t column = 0; column < ow; column++) {
      const Span columns = {column * p.stride, column * p.stride + p.kernel};
      float* out = y + ((n * oh + row) * ow + column) * p.channels;
      average(image, rows, columns, p.width, p.channels, window_size(p), out);
    }
  });
  return EB_OK;
}

eb_status avg_pool_backward_f32(const eb_pool* pool, const float* dy, float* dx) {
  const eb_pool p = *pool;
  const int64_t oh = out_extent(p.height, p);
  const int64_t ow = out_extent(p.width, p);
  const int64_t c = p.channels;
  const bool stream = c % kLine == 0 && c <= kPoolTile &&
                      should_stream_lines(dx, p.images * p.height * p.width * c);
  parallel_image_rows(p.images, p.height, p.width * c, [=](int64_t n, int64_t row) {
    const float* image = dy + n * oh * ow * c;
    alignas(64) float tile[kPoolTile];
    for (int64_t column = 0; column < p.width; column++) {
      float* to = dx + ((n * p.height + row) * p.width + column) * c;
      average(image, covering(row, oh, p), covering(column, ow, p), ow, c, window_size(p),
              stream ? tile : to);
      if (stream) stream_lines(to, tile, c);
    }
    if (stream) stream_end();
  });
  return EB_OK;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
eb_status eb_avg_pool_f32(const eb_pool* pool, const float* x, float* y) {
  if (!eb::EB_ISA::valid(pool, INT64_MAX, false)) return EB_BAD_ARGUMENT;
  if (eb::EB_ISA::empty(pool)) return EB_OK;
  if (!x || !y) return EB_BAD_ARGUMENT;
  return eb::active().avg_pool_f32(pool, x, y);
}

eb_status eb_avg_pool_backward_f32(const eb_pool* pool, const float* dy, float* dx) {
  if (!eb::EB_ISA::valid(pool, INT64_MAX, false)) return EB_BAD_ARGUMENT;
  if (eb::EB_ISA::empty(pool)) return EB_OK;
  if (!dy || !dx) return EB_BAD_ARGUMENT;
  return eb::active().avg_pool_backward_f32(pool, dy, dx);
}
#endif
