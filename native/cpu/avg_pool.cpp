// Average pooling and its gradient. Version 1: sums per channel, one window position (or, backward,
// one window) after the other. Version 2: gradients larger than the cache are streamed past it.
// Version 3: 2x2 windows with stride 2 in one loop; where windows do not overlap, a gradient is read
// once and written to its window's pixels.
#include <algorithm>

#include "cpu/kernel_table.h"
#include "cpu/pool_windows.h"

namespace eb::EB_ISA {
namespace {

template <class T>
void start(const T* x, int64_t n, float* sum) {
#pragma omp simd
  for (int64_t j = 0; j < n; j++) sum[j] = x[j];
}

template <class T>
void add(const T* x, int64_t n, float* sum) {
#pragma omp simd
  for (int64_t j = 0; j < n; j++) sum[j] += x[j];
}

template <class T>
void divide(const float* sum, float by, int64_t n, T* out) {
#pragma omp simd
  for (int64_t j = 0; j < n; j++) out[j] = sum[j] / by;
}

// Sum over pixels [rows] x [columns] of an image, divided; sums are in float until they are
// complete.
template <class T>
void average(const T* image, Span rows, Span columns, int64_t width, int64_t channels, float by,
             T* out) {
  alignas(64) float sum[kPoolTile];
  for (int64_t at = 0; at < channels; at += kPoolTile) {
    const int64_t count = channels - at < kPoolTile ? channels - at : kPoolTile;
    bool first = true;
    for (int64_t r = rows.begin; r < rows.end; r++) {
      for (int64_t s = columns.begin; s < columns.end; s++) {
        const T* from = image + (r * width + s) * channels + at;
        if (first) {
          start(from, count, sum);
        } else {
          add(from, count, sum);
        }
        first = false;
      }
    }
    if (first) {
      for (int64_t j = 0; j < count; j++) sum[j] = 0.0f;
    }
    divide(sum, by, count, out + at);
  }
}

// One row of 2x2 windows, from rows of pixels `above` and `below`.
template <class T>
void row_of_fours(const T* above, const T* below, int64_t channels, int64_t windows, T* y) {
  for (int64_t column = 0; column < windows; column++) {
    const T* a = above + 2 * column * channels;
    const T* b = below + 2 * column * channels;
    T* out = y + column * channels;
#pragma omp simd
    for (int64_t j = 0; j < channels; j++) {
      out[j] = (float(a[j]) + a[channels + j] + b[j] + b[channels + j]) / 4.0f;
    }
  }
}

float window_size(const eb_pool& p) { return static_cast<float>(p.kernel * p.kernel); }

template <class T>
eb_status avg_pool(const eb_pool* pool, const T* x, T* y) {
  const eb_pool p = *pool;
  const int64_t oh = out_extent(p.height, p);
  const int64_t ow = out_extent(p.width, p);
  parallel_image_rows(p.images, oh, ow * p.channels * p.kernel, [=](int64_t n, int64_t row) {
    const T* image = x + n * p.height * p.width * p.channels;
    if (p.kernel == 2 && p.stride == 2) {
      const int64_t pitch = p.width * p.channels;
      const T* above = image + 2 * row * pitch;
      row_of_fours(above, above + pitch, p.channels, ow, y + (n * oh + row) * ow * p.channels);
      return;
    }
    const Span rows = {row * p.stride, row * p.stride + p.kernel};
    for (int64_t column = 0; column < ow; column++) {
      const Span columns = {column * p.stride, column * p.stride + p.kernel};
      T* out = y + ((n * oh + row) * ow + column) * p.channels;
      average(image, rows, columns, p.width, p.channels, window_size(p), out);
    }
  });
  return EB_OK;
}

// One row of pixels where windows overlap or leave pixels out.
template <class T>
void gather_row(const eb_pool& p, int64_t oh, int64_t ow, int64_t row, const T* dy, T* dx) {
  for (int64_t column = 0; column < p.width; column++) {
    average(dy, covering(row, oh, p), covering(column, ow, p), ow, p.channels, window_size(p),
            dx + column * p.channels);
  }
}

// One row of windows that do not overlap: `kernel` rows of pixels from `dx` on, and what no window
// covers at their end.
template <class T>
void spread_row(const eb_pool& p, int64_t ow, const T* dy, T* dx, bool stream) {
  const int64_t c = p.channels;
  const int64_t k = p.kernel;
  const int64_t pitch = p.width * c;
  alignas(64) T tile[kPoolTile];
  for (int64_t column = 0; column < ow; column++) {
    for (int64_t at = 0; at < c; at += kPoolTile) {
      const int64_t n = c - at < kPoolTile ? c - at : kPoolTile;
      const T* from = dy + column * c + at;
      const float by = window_size(p);
#pragma omp simd
      for (int64_t j = 0; j < n; j++) tile[j] = float(from[j]) / by;
      for (int64_t pixel = 0; pixel < k * k; pixel++) {
        T* to = dx + pixel / k * pitch + (column * k + pixel % k) * c + at;
        if (stream) {
          stream_lines(to, tile, n);
        } else {
          std::copy(tile, tile + n, to);
        }
      }
    }
  }
  for (int64_t r = 0; r < k; r++) std::fill(dx + r * pitch + ow * k * c, dx + (r + 1) * pitch, T{});
  if (stream) stream_end();
}

template <class T>
eb_status avg_pool_backward(const eb_pool* pool, const T* dy, T* dx) {
  const eb_pool p = *pool;
  const int64_t oh = out_extent(p.height, p);
  const int64_t ow = out_extent(p.width, p);
  const int64_t pitch = p.width * p.channels;
  const int64_t out = ow * p.channels;
  if (!tiles(p)) {
    parallel_image_rows(p.images, p.height, pitch, [=](int64_t n, int64_t row) {
      gather_row(p, oh, ow, row, dy + n * oh * out, dx + (n * p.height + row) * pitch);
    });
    return EB_OK;
  }
  const bool stream =
      p.channels % kLineOf<T> == 0 && should_stream_lines(dx, p.images * p.height * pitch);
  parallel_image_rows(p.images, oh, p.kernel * pitch, [=](int64_t n, int64_t row) {
    T* to = dx + (n * p.height + row * p.kernel) * pitch;
    spread_row(p, ow, dy + (n * oh + row) * out, to, stream);
    if (row == oh - 1) {
      std::fill(to + p.kernel * pitch, dx + (n + 1) * p.height * pitch, T{});
    }
  });
  return EB_OK;
}

}  // namespace

eb_status avg_pool_f32(const eb_pool* pool, const float* x, float* y) {
  return avg_pool(pool, x, y);
}

eb_status avg_pool_bf16(const eb_pool* pool, const uint16_t* x, uint16_t* y) {
  return avg_pool(pool, bf16(x), bf16(y));
}

eb_status avg_pool_backward_f32(const eb_pool* pool, const float* dy, float* dx) {
  return avg_pool_backward(pool, dy, dx);
}

eb_status avg_pool_backward_bf16(const eb_pool* pool, const uint16_t* dy, uint16_t* dx) {
  return avg_pool_backward(pool, bf16(dy), bf16(dx));
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

eb_status eb_avg_pool_bf16(const eb_pool* pool, const uint16_t* x, uint16_t* y) {
  if (!eb::EB_ISA::valid(pool, INT64_MAX, false)) return EB_BAD_ARGUMENT;
  if (eb::EB_ISA::empty(pool)) return EB_OK;
  if (!x || !y) return EB_BAD_ARGUMENT;
  return eb::active().avg_pool_bf16(pool, x, y);
}

eb_status eb_avg_pool_backward_bf16(const eb_pool* pool, const uint16_t* dy, uint16_t* dx) {
  if (!eb::EB_ISA::valid(pool, INT64_MAX, false)) return EB_BAD_ARGUMENT;
  if (eb::EB_ISA::empty(pool)) return EB_OK;
  if (!dy || !dx) return EB_BAD_ARGUMENT;
  return eb::active().avg_pool_backward_bf16(pool, dy, dx);
}
#endif
