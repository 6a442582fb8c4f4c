// Gradient of max pooling.
// Version 1: every pixel gathers from the windows that cover it, which needs no zeroing, no order
// between threads, and vectors over channels. Version 2: where windows are 2x2 and do not overlap,
// each window writes its four pixels at once and is read once; gradients larger than the cache are
// streamed past it. Version 3: with AVX-512 a pixel of other windows in registers, by hand.
#include "cpu/kernel_table.h"
#include "cpu/pool_registers.h"
#include "cpu/pool_windows.h"

namespace eb::EB_ISA {
namespace {

// The first contribution to a pixel: +0 and dy where the pixel won.
template <class T>
void start(const T* dy, const uint8_t* places, int32_t place, int64_t n, float* dx) {
#pragma omp simd
  for (int64_t j = 0; j < n; j++) {
    const int32_t winner = places[j];
    dx[j] = 0.0f + (winner == place ? float(dy[j]) : 0.0f);
  }
}

template <class T>
void add(const T* dy, const uint8_t* places, int32_t place, int64_t n, float* dx) {
#pragma omp simd
  for (int64_t j = 0; j < n; j++) {
    const int32_t winner = places[j];
    dx[j] += winner == place ? float(dy[j]) : 0.0f;
  }
}

template <class T>
void clear(int64_t n, T* dx) {
#pragma omp simd
  for (int64_t j = 0; j < n; j++) dx[j] = 0.0f;
}

// n channels of the four pixels of a 2x2 window.
template <class T>
void four(const T* dy, const uint8_t* places, int64_t n, T* a, T* b, T* c, T* d) {
#pragma omp simd
  for (int64_t j = 0; j < n; j++) {
    const int32_t winner = places[j];
    const float g = 0.0f + float(dy[j]);
    a[j] = winner == 0 ? g : 0.0f;
    b[j] = winner == 1 ? g : 0.0f;
    c[j] = winner == 2 ? g : 0.0f;
    d[j] = winner == 3 ? g : 0.0f;
  }
}

// One row of 2x2 windows: two rows of pixels from `dx` on, and what no window covers at their end.
template <class T>
void row_of_fours(const eb_pool& p, int64_t ow, const T* dy, const uint8_t* places, T* dx,
                  bool stream) {
  const int64_t c = p.channels;
  T* below = dx + p.width * c;
  alignas(64) T tile[4][kPoolTile];
  for (int64_t column = 0; column < ow; column++) {
    for (int64_t at = 0; at < c; at += kPoolTile) {
      const int64_t n = c - at < kPoolTile ? c - at : kPoolTile;
      const int64_t from = column * c + at;
      const int64_t to = 2 * column * c + at;
      if (stream) {
        four(dy + from, places + from, n, tile[0], tile[1], tile[2], tile[3]);
        stream_lines(dx + to, tile[0], n);
        stream_lines(dx + to + c, tile[1], n);
        stream_lines(below + to, tile[2], n);
        stream_lines(below + to + c, tile[3], n);
      } else {
        four(dy + from, places + from, n, dx + to, dx + to + c, below + to, below + to + c);
      }
    }
  }
  const int64_t covered = 2 * ow * c;
  clear(p.width * c - covered, dx + covered);
  clear(p.width * c - covered, below + covered);
  if (stream) stream_end();
}

#if defined(__AVX512F__)

// One pixel, which the windows [rows] x [columns] cover, in n channels, a multiple of 16.
template <class T>
void gather_registers(const eb_pool& p, Span rows, Span columns, int64_t ow, int64_t y, int64_t x,
                      const T* dy, const uint8_t* places, int64_t n, T* dx) {
  for (int64_t j = 0; j < n; j += kAtOnce) {
    __m512 sum = _mm512_setzero_ps();
    for (int64_t r = rows.begin; r < rows.end; r++) {
      for (int64_t s = columns.begin; s < columns.end; s++) {
        const int64_t from = (r * ow + s) * n + j;
        const int64_t place = (y - r * p.stride) * p.kernel + x - s * p.stride;
        const __m128i winners = _mm_loadu_si128(reinterpret_cast<const __m128i*>(places + from));
        const __mmask16 won = _mm_cmpeq_epi8_mask(winners, _mm_set1_epi8(static_cast<char>(place)));
        sum = _mm512_mask_add_ps(sum, won, sum, load_lanes(dy + from, kAll));
      }
    }
    store_lanes(dx + j, sum, kAll);
  }
}

#else

template <class T>
void gather_registers(const eb_pool&, Span, Span, int64_t, int64_t, int64_t, const T*,
                      const uint8_t*, int64_t, T*) {}

#endif

// One row of pixels for any windows; sums are in float until they are complete.
template <class T>
void gather_row(const eb_pool& p, int64_t oh, int64_t ow, int64_t row, const T* dy,
                const uint8_t* places, T* dx) {
  const int64_t c = p.channels;
  const Span rows = covering(row, oh, p);
  alignas(64) float sum[kPoolTile];
  for (int64_t column = 0; column < p.width; column++) {
    const Span columns = covering(column, ow, p);
    if (c % kAtOnce == 0) {
      gather_registers(p, rows, columns, ow, row + p.padding, column + p.padding, dy, places, c,
                       dx + column * c);
      continue;
    }
    for (int64_t at = 0; at < c; at += kPoolTile) {
      const int64_t n = c - at < kPoolTile ? c - at : kPoolTile;
      bool first = true;
      for (int64_t r = rows.begin; r < rows.end; r++) {
        for (int64_t s = columns.begin; s < columns.end; s++) {
          const int64_t from = (r * ow + s) * c + at;
          const int64_t y = row + p.padding - r * p.stride;
          const int64_t x = column + p.padding - s * p.stride;
          const int32_t place = static_cast<int32_t>(y * p.kernel + x);
          if (first) {
            start(dy + from, places + from, place, n, sum);
          } else {
            add(dy + from, places + from, place, n, sum);
          }
          first = false;
        }
      }
      if (first) clear(n, sum);
      T* to = dx + column * c + at;
#pragma omp simd
      for (int64_t j = 0; j < n; j++) to[j] = sum[j];
    }
  }
}

template <class T>
eb_status max_pool_backward(const eb_pool* pool, const T* dy, const uint8_t* places, T* dx) {
  const eb_pool p = *pool;
  const int64_t oh = out_extent(p.height, p);
  const int64_t ow = out_extent(p.width, p);
  const int64_t size = p.height * p.width * p.channels;
  const int64_t out = oh * ow * p.channels;
  const int64_t pitch = p.width * p.channels;
  if (!tiles(p) || p.kernel != 2) {
    parallel_image_rows(p.images, p.height, pitch, [=](int64_t n, int64_t row) {
      gather_row(p, oh, ow, row, dy + n * out, places + n * out, dx + n * size + row * pitch);
    });
    return EB_OK;
  }
  const bool stream = p.channels % kLineOf<T> == 0 && should_stream_lines(dx, p.images * size);
  parallel_image_rows(p.images, oh, 2 * pitch, [=](int64_t n, int64_t row) {
    const int64_t from = n * out + row * ow * p.channels;
    T* to = dx + n * size + 2 * row * pitch;
    row_of_fours(p, ow, dy + from, places + from, to, stream);
    if (row == oh - 1) clear((p.height - 2 * oh) * pitch, to + 2 * pitch);
  });
  return EB_OK;
}

}  // namespace

eb_status max_pool_backward_f32(const eb_pool* pool, const float* dy, const uint8_t* places,
                                float* dx) {
  return max_pool_backward(pool, dy, places, dx);
}

eb_status max_pool_backward_bf16(const eb_pool* pool, const uint16_t* dy, const uint8_t* places,
                                 uint16_t* dx) {
  return max_pool_backward(pool, bf16(dy), places, bf16(dx));
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

eb_status eb_max_pool_backward_bf16(const eb_pool* pool, const uint16_t* dy, const uint8_t* places,
                                    uint16_t* dx) {
  if (!eb::EB_ISA::valid(pool, 15, true)) return EB_BAD_ARGUMENT;
  if (eb::EB_ISA::empty(pool)) return EB_OK;
  if (!dy || !places || !dx) return EB_BAD_ARGUMENT;
  return eb::active().max_pool_backward_bf16(pool, dy, places, dx);
}
#endif
