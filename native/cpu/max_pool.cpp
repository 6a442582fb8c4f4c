// Max pooling.
// Version 1: a running maximum and its place per channel, one window position after the other, in
// the result itself; mixing bytes and floats in one loop, it did not become vectors (1.5 GB/s).
// Version 2: maximum and place of a tile of channels, places in 32 bits until they are stored.
// Version 3: 2x2 windows with stride 2, which the networks here use, take their first two pixels at
// once. (All four at once did not become AVX-512 vectors: compilers select between masks badly.)
// Version 4: with AVX-512 a window in registers, by hand.
#include "common/pool.h"
#include "cpu/kernel_table.h"
#include "cpu/pool_registers.h"
#include "cpu/pool_windows.h"

namespace eb::EB_ISA {
namespace {

// Maximum of a window so far, and its place, for up to kPoolTile channels.
struct Best {
  alignas(64) float value[kPoolTile];
  alignas(64) int32_t place[kPoolTile];

  template <class T>
  void start(const T* x, int32_t at, int64_t n) {
#pragma omp simd
    for (int64_t j = 0; j < n; j++) {
      value[j] = x[j];
      place[j] = at;
    }
  }

  template <class T>
  void challenge(const T* x, int32_t at, int64_t n) {
#pragma omp simd
    for (int64_t j = 0; j < n; j++) {
      const float v = x[j];
      const bool wins = eb_pool_wins(v, value[j]);
      value[j] = wins ? v : value[j];
      place[j] = wins ? at : place[j];
    }
  }

  // The first two pixels of a window.
  template <class T>
  void start(const T* left, const T* right, int64_t n) {
#pragma omp simd
    for (int64_t j = 0; j < n; j++) {
      const float l = left[j];
      const float r = right[j];
      const bool wins = eb_pool_wins(r, l);
      value[j] = wins ? r : l;
      place[j] = wins ? 1 : 0;
    }
  }

  template <class T>
  void store(int64_t n, T* y, uint8_t* places) const {
#pragma omp simd
    for (int64_t j = 0; j < n; j++) y[j] = value[j];
#pragma omp simd
    for (int64_t j = 0; j < n; j++) places[j] = static_cast<uint8_t>(place[j]);
  }
};

// The window of result pixel (row, column), for n channels of an image from channel `at` on.
template <class T>
void window(const eb_pool& p, const T* image, int64_t row, int64_t column, int64_t at, int64_t n,
            Best& best) {
  const Span rows = inside(row, p.height, p);
  const Span columns = inside(column, p.width, p);
  const int64_t top = row * p.stride - p.padding;
  const int64_t left = column * p.stride - p.padding;
  bool first = true;
  for (int64_t r = rows.begin; r < rows.end; r++) {
    for (int64_t s = columns.begin; s < columns.end; s++) {
      const T* x = image + ((top + r) * p.width + left + s) * p.channels + at;
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

#if defined(__AVX512F__)

// eb_pool_wins: larger, or the first that is no number.
inline __mmask16 wins(__m512 v, __m512 best) {
  const __mmask16 numbers = _mm512_cmp_ps_mask(best, best, _CMP_ORD_Q);
  return _mm512_mask_cmp_ps_mask(numbers, v, best, _CMP_NLE_UQ);
}

// A window of rows x columns pixels, whose first one is number `first` of the whole window, in n
// channels, a multiple of 16; `line` elements from row to row. kKernel is the kernel of a whole window
// where the compiler shall know it, else 0.
template <int kKernel, class T>
void registers(const T* x, Span rows, Span columns, int64_t kernel, int64_t line, int64_t n, T* y,
               uint8_t* places) {
  if (kKernel > 0) {
    kernel = kKernel;
    rows = columns = {0, kKernel};
  }
  const int32_t corner = static_cast<int32_t>(rows.begin * kernel + columns.begin);
  for (int64_t j = 0; j < n; j += 16) {
    __m512 best = load_lanes(x + rows.begin * line + columns.begin * n + j, kAll);
    __m512i place = _mm512_set1_epi32(corner);
    for (int64_t r = rows.begin; r < rows.end; r++) {
      for (int64_t s = columns.begin; s < columns.end; s++) {
        const __m512 v = load_lanes(x + r * line + s * n + j, kAll);
        const __mmask16 w = wins(v, best);
        best = _mm512_mask_mov_ps(best, w, v);
        place = _mm512_mask_set1_epi32(place, w, static_cast<int32_t>(r * kernel + s));
      }
    }
    store_lanes(y + j, best, kAll);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(places + j),
                     _mm512_maskz_cvtepi32_epi8(kAll, place));
  }
}

#else

template <int kKernel, class T>
void registers(const T*, Span, Span, int64_t, int64_t, int64_t, T*, uint8_t*) {}

#endif

template <class T>
eb_status max_pool(const eb_pool* pool, const T* x, T* y, uint8_t* places) {
  const eb_pool p = *pool;
  const int64_t oh = out_extent(p.height, p);
  const int64_t ow = out_extent(p.width, p);
  const int64_t c = p.channels;
  const bool two = tiles(p) && p.kernel == 2;
  parallel_image_rows(p.images, oh, ow * c, [=](int64_t n, int64_t row) {
    const T* image = x + n * p.height * p.width * c;
    Best best;
    for (int64_t column = 0; column < ow; column++) {
      const int64_t out = ((n * oh + row) * ow + column) * c;
      if (c % kAtOnce == 0) {
        const int64_t first =
            (row * p.stride - p.padding) * p.width + column * p.stride - p.padding;
        const Span rows = inside(row, p.height, p);
        const Span columns = inside(column, p.width, p);
        const bool whole =
            (rows.end - rows.begin) * (columns.end - columns.begin) == p.kernel * p.kernel;
        const auto run = whole && p.kernel == 2   ? registers<2, T>
                         : whole && p.kernel == 3 ? registers<3, T>
                                                  : registers<0, T>;
        run(image + first * c, rows, columns, p.kernel, p.width * c, c, y + out, places + out);
        continue;
      }
      for (int64_t at = 0; at < c; at += kPoolTile) {
        const int64_t count = c - at < kPoolTile ? c - at : kPoolTile;
        if (two) {
          const T* top = image + (2 * row * p.width + 2 * column) * c + at;
          const T* bottom = top + p.width * c;
          best.start(top, top + c, count);
          best.challenge(bottom, 2, count);
          best.challenge(bottom + c, 3, count);
        } else {
          window(p, image, row, column, at, count, best);
        }
        best.store(count, y + out + at, places + out + at);
      }
    }
  });
  return EB_OK;
}

}  // namespace

eb_status max_pool_f32(const eb_pool* pool, const float* x, float* y, uint8_t* places) {
  return max_pool(pool, x, y, places);
}

eb_status max_pool_bf16(const eb_pool* pool, const uint16_t* x, uint16_t* y, uint8_t* places) {
  return max_pool(pool, bf16(x), bf16(y), places);
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
eb_status eb_max_pool_f32(const eb_pool* pool, const float* x, float* y, uint8_t* places) {
  if (!eb::EB_ISA::valid(pool, 15, true)) return EB_BAD_ARGUMENT;
  if (eb::EB_ISA::empty(pool)) return EB_OK;
  if (!x || !y || !places) return EB_BAD_ARGUMENT;
  return eb::active().max_pool_f32(pool, x, y, places);
}

eb_status eb_max_pool_bf16(const eb_pool* pool, const uint16_t* x, uint16_t* y, uint8_t* places) {
  if (!eb::EB_ISA::valid(pool, 15, true)) return EB_BAD_ARGUMENT;
  if (eb::EB_ISA::empty(pool)) return EB_OK;
  if (!x || !y || !places) return EB_BAD_ARGUMENT;
  return eb::active().max_pool_bf16(pool, x, y, places);
}
#endif
