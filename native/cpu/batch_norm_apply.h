// Normalising rows once the statistics are known, alone or with ReLU; shared by the kernels that
// compute the statistics and those that are given them, so that the bits agree.
#ifndef EARLYBIRD_CPU_BATCH_NORM_APPLY_H
#define EARLYBIRD_CPU_BATCH_NORM_APPLY_H

#include <type_traits>

#include "common/batch_norm.h"
#include "common/elementwise.h"
#include "cpu/bf16_pairs.h"
#include "cpu/channel_rows.h"

namespace eb::EB_ISA {
namespace {

#if defined(__AVX512F__)
// eb_relu.
inline __m512 relu_lanes(__m512 x) {
  const __mmask16 stays = _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_NLE_UQ);
  return _mm512_maskz_mov_ps(stays, x);
}
#endif

// What normalising needs of every column.
struct Tables {
  float* mean;
  float* scale;
  float* beta;

  Tables(Scratch& memory, const Grid& out, int64_t channels)
      : mean(take_table(memory, out, channels)),
        scale(take_table(memory, out, channels)),
        beta(take_table(memory, out, channels)) {}

  // The columns of channel k of the result, which is channel c of x.
  template <class Rows>
  void set(const Grid& out, int64_t k, int64_t c, float gamma, float shift, float m, float variance,
           float epsilon) const {
    set_column<Rows>(out, k, c, m, mean);
    set_column<Rows>(out, k, c, eb_batch_norm_scale(gamma, variance, epsilon), scale);
    set_column<Rows>(out, k, c, shift, beta);
  }
};

template <bool kRelu, class X, class Y>
void apply(const X* x, const Tables& t, int64_t at, int64_t n, Y* out) {
  const float* mean = t.mean + at;
  const float* scale = t.scale + at;
  const float* beta = t.beta + at;
#pragma omp simd
  for (int64_t j = 0; j < n; j++) {
    const float y = eb_batch_norm_apply(x[j], mean[j], scale[j], beta[j]);
    out[j] = kRelu ? eb_relu(y) : y;
  }
}

#if defined(__AVX512F__)

// kRows rows of y; tables in the order of pairs as far as these go.
template <bool kRelu, int kRows>
void apply_rows(const Bf16* x, int64_t stride, const float* mean, const float* scale,
                const float* beta, int64_t n, bool stream, Bf16* y) {
  int64_t j = 0;
  for (; j + kPairColumns <= n; j += kPairColumns) {
    const Pair m = load_pair(mean + j);
    const Pair s = load_pair(scale + j);
    const Pair b = load_pair(beta + j);
    for (int r = 0; r < kRows; r++) {
      const Pair v = (load_pair(x + r * stride + j) - m) * s + b;
      store_pair(y + r * stride + j, kRelu ? where(stays_in_relu(v), v) : v, stream);
    }
  }
  for (; j < n; j++) {
    for (int r = 0; r < kRows; r++) {
      const float v = eb_batch_norm_apply(x[r * stride + j], mean[j], scale[j], beta[j]);
      y[r * stride + j] = kRelu ? eb_relu(v) : v;
    }
  }
}

template <bool kRelu>
void apply_pairs(const Bf16* x, const Piece& piece, int64_t channels, const Tables& t, bool stream,
                 Bf16* y) {
  const int64_t width = piece.fold * channels;
  for (int64_t first = 0; first < width; first += kStrip) {
    const int64_t n = width - first < kStrip ? width - first : kStrip;
    alignas(64) float mean[kStrip];
    alignas(64) float scale[kStrip];
    alignas(64) float beta[kStrip];
    to_pairs(t.mean + first, n, mean);
    to_pairs(t.scale + first, n, scale);
    to_pairs(t.beta + first, n, beta);
    for (int64_t r = 0; r < piece.count;) {
      const int64_t i = piece.row * channels + r * width + first;
      if (piece.count - r >= kGroupRows) {
        apply_rows<kRelu, kGroupRows>(x + i, width, mean, scale, beta, n, stream, y + i);
        r += kGroupRows;
      } else {
        apply_rows<kRelu, 1>(x + i, width, mean, scale, beta, n, stream, y + i);
        r++;
      }
    }
  }
}

#endif

// y of one piece.
template <bool kRelu, class Rows, class Y>
void apply_piece(const Rows& rows, const Piece& piece, int64_t channels, const Tables& t,
                 bool stream, Y* y) {
#if defined(__AVX512F__)
  if constexpr (std::is_same_v<Rows, PlainRows<Bf16>>) {
    if (!stream || rows_begin_lines(y, piece.fold * channels)) {
      apply_pairs<kRelu>(rows.x, piece, channels, t, stream, y);
      return;
    }
  }
#endif
  alignas(64) float tile[Rows::kTiles ? kTileFloats : 1];
  const int64_t width = piece.fold * channels;
  Y* out = y + piece.row * channels;
  for (int64_t first = 0; first < piece.count; first += kGroupRows) {
    const int64_t n = piece.count - first < kGroupRows ? piece.count - first : kGroupRows;
    const auto* x = rows.rows(piece, first, n, tile);
    for (int64_t r = 0; r < n; r++) {
      Y* row = out + (first + r) * width;
      const auto* source = x + r * width;
      if (stream) {
        stream_range(row, width, [&](Y* to, int64_t i, int64_t count) {
          apply<kRelu>(source + i, t, i, count, to);
        });
      } else {
        apply<kRelu>(source, t, 0, width, row);
      }
    }
  }
}

#if defined(__AVX512F__)

template <bool kRelu, class T>
void apply_piece(const SelectedRows<T>& rows, const Piece& piece, int64_t kept, const Tables& t,
                 bool stream, T* y) {
  write_rows(y, piece.row, piece.count * piece.fold, kept, stream,
             [&](int64_t row, int64_t count, T* out) {
               const T* x = rows.x + row * rows.channels;
               for (int64_t r = 0; r < count; r++, x += rows.channels, out += kept) {
                 for (const Selection::Group& g : *rows.selection) {
                   const __m512 normal = EB_BATCH_NORM_APPLY(
                       g.all(x), _mm512_load_ps(t.mean + g.source),
                       _mm512_load_ps(t.scale + g.source), _mm512_load_ps(t.beta + g.source));
                   g.pack(kRelu ? relu_lanes(normal) : normal, out);
                 }
               }
             });
}

#endif

}  // namespace
}  // namespace eb::EB_ISA

#endif
