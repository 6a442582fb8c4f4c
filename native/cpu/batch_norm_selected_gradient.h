// The passes of batch_norm_gradient.h over rows of which channels are selected: with AVX-512 floats are
// brought together in registers and bf16 numbers stay in their places; else both are packed.
#ifndef EARLYBIRD_CPU_BATCH_NORM_SELECTED_GRADIENT_H
#define EARLYBIRD_CPU_BATCH_NORM_SELECTED_GRADIENT_H

#include <algorithm>
#include <type_traits>

#include "cpu/batch_norm_gradient.h"
#include "cpu/channel_picks.h"
#include "cpu/chosen_columns.h"

namespace eb::EB_ISA {
namespace {

#if defined(__AVX512F__)

inline __mmask16 positive(__m512 v) {
  return _mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_GT_OQ);
}
inline __m512 where(__mmask16 mask, __m512 v) { return _mm512_maskz_mov_ps(mask, v); }

// Rows of all channels, of which some are selected; the grid is that of [rows, kept]. Tables hold the
// selected channels where Columns::place says.
template <class T>
struct GradientRows {
  static constexpr bool kChosen = true;
  using Columns = std::conditional_t<std::is_same_v<T, float>, ChannelPicks, ChosenColumns>;
  static_assert(kGroupColumns % ChosenGroup::kColumns == 0, "tables hold whole groups");
  const T* x;
  int64_t channels;
  const Columns* columns;

  static int64_t place(int64_t k, int64_t channel) {
    return std::is_same_v<T, float> ? k : ChosenGroup::place(channel);
  }
};

// The gradient that reaches batch norm's output; `away` is x - mean.
template <bool kRelu>
__m512 gradient(__m512 away, __m512 dy, __m512 scale, __m512 beta) {
  return kRelu ? where(positive(away * scale + beta), dy) : dy;
}

// Adds the gradient, and its product with x - mean, over kRows rows, of which every `fold`-th is
// taken, to sums of the selected channels.
template <bool kRelu, int kRows>
void add_selected(const GradientRows<float>& rows, int64_t row, int64_t fold, const float* dy,
                  int64_t kept, const Tables& t, float* sum, float* product) {
  const float* x = rows.x + row * rows.channels;
  const float* gradients = dy + row * kept;
  const int64_t x_stride = fold * rows.channels;
  const int64_t stride = fold * kept;
  for (int64_t c = 0; c < rows.channels; c += kLine) {
    prefetch_rows<kRows>(x + kRows * x_stride + c, x_stride);
  }
  for (int64_t k = 0; k < kept; k += kLanes) {
    prefetch_rows<kRows>(gradients + kRows * stride + k, stride);
    __m512 taken[kRows];
    rows.columns->take(x, x_stride, k / kLanes, taken);
    const __m512 mean = _mm512_load_ps(t.mean + k);
    const __m512 scale = _mm512_load_ps(t.scale + k);
    const __m512 beta = _mm512_load_ps(t.beta + k);
    const __mmask16 lanes = first_lanes(kept - k);
    __m512 s = _mm512_setzero_ps();
    __m512 p = s;
#pragma GCC unroll 4
    for (int r = 0; r < kRows; r++) {
      const __m512 away = taken[r] - mean;
      const __m512 d =
          gradient<kRelu>(away, load_lanes(gradients + r * stride + k, lanes), scale, beta);
      s = r == 0 ? d : s + d;
      p = r == 0 ? d * away : p + d * away;
    }
    _mm512_store_ps(sum + k, _mm512_load_ps(sum + k) + s);
    _mm512_store_ps(product + k, _mm512_load_ps(product + k) + p);
  }
}

// The gradient that reaches batch norm's output in a group of channels, zero in those not selected.
template <bool kRelu>
Pair gradient(const ChosenGroup& g, Pair away, const Bf16* dy, const Tables& t) {
  const Pair d = g.apart(dy);
  return kRelu ? where(positive(away * g.table(t.scale) + g.table(t.beta)), d) : d;
}

// The same sums of bf16 rows, in the order of ChosenGroup::place.
template <bool kRelu, int kRows>
void add_selected(const GradientRows<Bf16>& rows, int64_t row, int64_t fold, const Bf16* dy,
                  int64_t kept, const Tables& t, float* sum, float* product) {
  const Bf16* x = rows.x + row * rows.channels;
  const Bf16* gradients = dy + row * kept;
  const int64_t x_stride = fold * rows.channels;
  const int64_t stride = fold * kept;
  for (const ChosenGroup& g : *rows.columns) {
    prefetch_rows<kRows>(x + kRows * x_stride + g.source, x_stride);
    prefetch_rows<kRows>(gradients + kRows * stride + g.target, stride);
    const Pair mean = g.table(t.mean);
    Pair away = g.all(x) - mean;
    Pair s = gradient<kRelu>(g, away, gradients, t);
    Pair p = s * away;
    for (int r = 1; r < kRows; r++) {
      away = g.all(x + r * x_stride) - mean;
      const Pair d = gradient<kRelu>(g, away, gradients + r * stride, t);
      s = s + d;
      p = p + d * away;
    }
    g.set_table(sum, g.table(sum) + s);
    g.set_table(product, g.table(product) + p);
  }
}

// In the order of the sums over packed rows: of every column of wide rows, four at a time.
template <bool kRelu, class T>
void piece_sums(const GradientRows<T>& rows, const T* dy, const Piece& piece, int64_t kept,
                const Tables& t, double* sum, double* product) {
  const int64_t fold = piece.fold;
  const int64_t all = std::max<int64_t>(rows.columns->width(), 1);
  const int64_t together = EB_MAX_SELECTABLE / all;
  alignas(64) double wide_sum[EB_MAX_SELECTABLE];
  alignas(64) double wide_product[EB_MAX_SELECTABLE];
  for (int64_t j = 0; j < fold * kept; j++) wide_sum[j] = wide_product[j] = 0.0;
  for (int64_t block = 0; block < piece.count; block += kBlockRows) {
    const int64_t end = piece.count - block < kBlockRows ? piece.count : block + kBlockRows;
    for (int64_t first = 0; first < fold; first += together) {
      const int64_t last = fold - first < together ? fold : first + together;
      alignas(64) float s[EB_MAX_SELECTABLE];
      alignas(64) float p[EB_MAX_SELECTABLE];
      for (int64_t j = 0; j < (last - first) * all; j++) s[j] = p[j] = 0.0f;
      for (int64_t wide = block; wide < end; wide += kGroupRows) {
        const int64_t count = end - wide < kGroupRows ? end - wide : kGroupRows;
        for (int64_t f = first; f < last; f++) {
          const int64_t row = piece.row + wide * fold + f;
          float* sums = s + (f - first) * all;
          float* products = p + (f - first) * all;
          if (count == kGroupRows) {
            add_selected<kRelu, kGroupRows>(rows, row, fold, dy, kept, t, sums, products);
            continue;
          }
          for (int64_t r = 0; r < count; r++) {
            add_selected<kRelu, 1>(rows, row + r * fold, fold, dy, kept, t, sums, products);
          }
        }
      }
      for (int64_t f = first; f < last; f++) {
        for (int64_t k = 0; k < kept; k++) {
          const int64_t from = (f - first) * all + rows.columns->place(k);
          wide_sum[f * kept + k] += s[from];
          wide_product[f * kept + k] += p[from];
        }
      }
    }
  }
  for (int64_t k = 0; k < kept; k++) sum[k] = product[k] = 0.0;
  for (int64_t f = 0; f < fold; f++) {
    for (int64_t k = 0; k < kept; k++) {
      sum[k] += wide_sum[f * kept + k];
      product[k] += wide_product[f * kept + k];
    }
  }
}

// kRows rows of dx: of the selected channels, which then come to their places.
template <bool kRelu, bool kAdd, int kRows>
void selected_gradients(const GradientRows<float>& rows, const float* x, const float* dy,
                        const float* other, int64_t kept, const Tables& t, bool stream, float* dx) {
  alignas(64) float together[kRows][EB_MAX_SELECTABLE];
  const int64_t stride = rows.channels;
  for (int64_t k = 0; k < kept; k += kLanes) {
    __m512 taken[kRows];
    rows.columns->take(x, stride, k / kLanes, taken);
    const __m512 mean = _mm512_load_ps(t.mean + k);
    const __m512 scale = _mm512_load_ps(t.scale + k);
    const __m512 beta = _mm512_load_ps(t.beta + k);
    const __m512 shift = _mm512_load_ps(t.shift + k);
    const __m512 slope = _mm512_load_ps(t.slope + k);
    const __mmask16 lanes = first_lanes(kept - k);
#pragma GCC unroll 4
    for (int r = 0; r < kRows; r++) {
      const __m512 away = taken[r] - mean;
      const __m512 d = gradient<kRelu>(away, load_lanes(dy + r * kept + k, lanes), scale, beta);
      _mm512_store_ps(together[r] + k, scale * ((d - shift) - away * slope));
    }
  }
  for (int r = 0; r < kRows; r++) {
    for (const Selection::Group& g : rows.columns->selection) {
      __m512 result = g.apart(together[r]);
      if (kAdd) result = result + g.all(other + r * stride);
      if (stream) {
        _mm512_stream_ps(dx + r * stride + g.source, result);
      } else {
        store_lanes(dx + r * stride + g.source, result, g.whole);
      }
    }
  }
}

// The same of bf16 rows.
template <bool kRelu, bool kAdd, int kRows>
void selected_gradients(const GradientRows<Bf16>& rows, const Bf16* x, const Bf16* dy,
                        const Bf16* other, int64_t kept, const Tables& t, bool stream, Bf16* dx) {
  const int64_t stride = rows.channels;
  for (const ChosenGroup& g : *rows.columns) {
    const Pair mean = g.table(t.mean);
    const Pair scale = g.table(t.scale);
    const Pair shift = g.table(t.shift);
    const Pair slope = g.table(t.slope);
    for (int r = 0; r < kRows; r++) {
      const Pair away = g.all(x + r * stride) - mean;
      const Pair d = gradient<kRelu>(g, away, dy + r * kept, t);
      Pair result = g.only_chosen(scale * ((d - shift) - away * slope));
      if (kAdd) result = result + g.all(other + r * stride);
      g.put(result, stream, dx + r * stride);
    }
  }
}

template <bool kRelu, bool kAdd, class T>
void write_selected(const GradientRows<T>& rows, const T* dy, const T* other, int64_t row,
                    int64_t count, int64_t kept, const Tables& t, bool stream, T* dx) {
  for (int64_t r = 0; r < count;) {
    const T* x = rows.x + (row + r) * rows.channels;
    const T* d = dy + (row + r) * kept;
    const T* plus = kAdd ? other + (row + r) * rows.channels : nullptr;
    T* out = dx + r * rows.channels;
    if (count - r >= kGroupRows) {
      selected_gradients<kRelu, kAdd, kGroupRows>(rows, x, d, plus, kept, t, stream, out);
      r += kGroupRows;
    } else {
      selected_gradients<kRelu, kAdd, 1>(rows, x, d, plus, kept, t, stream, out);
      r++;
    }
  }
}

template <bool kRelu, class T>
void write_piece(const GradientRows<T>& rows, const T* dy, const T* other, const Piece& piece,
                 int64_t kept, const Tables& t, bool stream, T* dx) {
  const auto write = other ? write_selected<kRelu, true, T> : write_selected<kRelu, false, T>;
  const int64_t count = piece.count * piece.fold;
  if (stream && rows_begin_lines(dx, rows.channels)) {
    write(rows, dy, other, piece.row, count, kept, t, true, dx + piece.row * rows.channels);
    return;
  }
  write_rows(dx, piece.row, count, rows.channels, stream, [&](int64_t row, int64_t n, T* out) {
    write(rows, dy, other, row, n, kept, t, false, out);
  });
}

#else

// The same, which packs them into a tile.
template <class T>
struct GradientRows : SelectedRows<T> {
  using Columns = Selection;
  static int64_t place(int64_t k, int64_t channel) {
    (void)k;
    return channel;
  }
};

template <bool kRelu, class T>
void write_piece(const GradientRows<T>& rows, const T* dy, const T* other, const Piece& piece,
                 int64_t channels, const Tables& t, bool, T* dx) {
  alignas(64) float tile[kTileFloats];
  alignas(64) float result[kTileFloats];
  const int64_t width = piece.fold * channels;
  for (int64_t first = 0; first < piece.count; first += kGroupRows) {
    const int64_t n = piece.count - first < kGroupRows ? piece.count - first : kGroupRows;
    const float* x = rows.rows(piece, first, n, tile);
    const int64_t row = piece.row + first * piece.fold;
    for (int64_t r = 0; r < n; r++) {
      input_gradient<kRelu>(x + r * width, dy + row * channels + r * width,
                            static_cast<const T*>(nullptr), t, width, result + r * width);
    }
    if (!other) {
      rows.selection->unpack(result, n * piece.fold, dx + row * rows.channels);
      continue;
    }
    for (int64_t r = 0; r < n * piece.fold; r++) {
      alignas(64) float apart[EB_MAX_SELECTABLE];
      rows.selection->unpack(result + r * channels, 1, apart);
      const T* plus = other + (row + r) * rows.channels;
      T* out = dx + (row + r) * rows.channels;
#pragma omp simd
      for (int64_t c = 0; c < rows.channels; c++) out[c] = apart[c] + plus[c];
    }
  }
}

#endif

}  // namespace
}  // namespace eb::EB_ISA

#endif
