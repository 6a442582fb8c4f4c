// The two passes of batch norm's gradient over one piece of the rows: the sums of the gradient and of
// its product with x - mean, then dx. For rows as they lie and bf16 rows in pairs of columns; rows of
// which channels are selected are in batch_norm_selected_gradient.h.
#ifndef EARLYBIRD_CPU_BATCH_NORM_GRADIENT_H
#define EARLYBIRD_CPU_BATCH_NORM_GRADIENT_H

#include <type_traits>

#include "common/batch_norm.h"
#include "common/elementwise.h"
#include "cpu/bf16_pairs.h"
#include "cpu/channel_rows.h"

namespace eb::EB_ISA {
namespace {

// What the passes need of every column: shift and slope only the second.
struct Tables {
  float* mean;
  float* scale;
  float* beta;
  float* shift;
  float* slope;

  Tables operator+(int64_t at) const {
    return {mean + at, scale + at, beta + at, shift + at, slope + at};
  }
};

// The gradient that reaches batch norm's output.
template <bool kRelu>
float gradient(float x, float dy, float mean, float scale, float beta) {
  return kRelu ? eb_relu_gradient(eb_batch_norm_apply(x, mean, scale, beta), dy) : dy;
}

// Adds the gradient, and its product with x - mean, over kRows rows to column sums.
template <bool kRelu, int kRows, class X, class D>
void add_columns(const X* x, const D* dy, int64_t stride, const Tables& t, int64_t n, float* sum,
                 float* product) {
#pragma omp simd
  for (int64_t j = 0; j < n; j++) {
    float s = 0.0f;
    float p = 0.0f;
    for (int r = 0; r < kRows; r++) {
      const float v = x[r * stride + j];
      const float d = gradient<kRelu>(v, dy[r * stride + j], t.mean[j], t.scale[j], t.beta[j]);
      s += d;
      p += d * (v - t.mean[j]);
    }
    sum[j] += s;
    product[j] += p;
  }
}

// The same, line by line, while the next rows are on their way.
template <bool kRelu, int kRows, class X, class D>
void add_rows(const X* x, const D* dy, int64_t stride, const Tables& t, int64_t n, float* sum,
              float* product) {
  int64_t j = 0;
  for (; j + kLine <= n; j += kLine) {
    prefetch_rows<kRows>(x + kRows * stride + j, stride);
    prefetch_rows<kRows>(dy + kRows * stride + j, stride);
    add_columns<kRelu, kRows>(x + j, dy + j, stride, t + j, kLine, sum + j, product + j);
  }
  if (j < n) {
    add_columns<kRelu, kRows>(x + j, dy + j, stride, t + j, n - j, sum + j, product + j);
  }
}

#if defined(__AVX512F__)

// The first three tables, or all five, of n <= kStrip columns in the order of pairs.
class PairedTables {
 public:
  PairedTables(const Tables& t, int64_t n, bool all)
      : tables_{room_[0], room_[1], room_[2], room_[3], room_[4]} {
    to_pairs(t.mean, n, tables_.mean);
    to_pairs(t.scale, n, tables_.scale);
    to_pairs(t.beta, n, tables_.beta);
    if (!all) return;
    to_pairs(t.shift, n, tables_.shift);
    to_pairs(t.slope, n, tables_.slope);
  }

  operator const Tables&() const { return tables_; }

 private:
  alignas(64) float room_[5][kStrip];
  Tables tables_;
};

// The gradient that reaches batch norm's output; `away` is x - mean.
template <bool kRelu>
Pair gradient(Pair away, Pair dy, Pair scale, Pair beta) {
  return kRelu ? where(positive(away * scale + beta), dy) : dy;
}

// Adds as the other add_rows does: tables and sums are in the order of pairs.
template <bool kRelu, int kRows>
void add_rows(const Bf16* x, const Bf16* dy, int64_t stride, const Tables& t, int64_t n, float* sum,
              float* product) {
  int64_t j = 0;
  for (; j + kPairColumns <= n; j += kPairColumns) {
    prefetch_rows<kRows>(x + kRows * stride + j, stride);
    prefetch_rows<kRows>(dy + kRows * stride + j, stride);
    const Pair mean = load_pair(t.mean + j);
    const Pair scale = load_pair(t.scale + j);
    const Pair beta = load_pair(t.beta + j);
    Pair s = no_pair();
    Pair p = no_pair();
    for (int r = 0; r < kRows; r++) {
      const Pair away = load_pair(x + r * stride + j) - mean;
      const Pair d = gradient<kRelu>(away, load_pair(dy + r * stride + j), scale, beta);
      s = s + d;
      p = p + d * away;
    }
    store_pair(sum + j, load_pair(sum + j) + s);
    store_pair(product + j, load_pair(product + j) + p);
  }
  if (j < n) {
    add_columns<kRelu, kRows>(x + j, dy + j, stride, t + j, n - j, sum + j, product + j);
  }
}

#endif

// The tables of a strip of n columns, and what becomes of its sums: as they are, or in pairs.
template <class Rows>
struct Order {
  Order(const Tables& t, int64_t) : tables(t) {}
  void restore(float*, int64_t) const {}
  Tables tables;
};

#if defined(__AVX512F__)
template <>
struct Order<PlainRows<Bf16>> {
  Order(const Tables& t, int64_t n) : tables(t, n, false) {}
  void restore(float* sums, int64_t n) const { from_pairs(sums, n); }
  PairedTables tables;
};
#endif

// Sums of one piece by channel.
template <bool kRelu, class Rows, class D>
void piece_sums(const Rows& rows, const D* dy, const Piece& piece, int64_t channels,
                const Tables& t, double* sum, double* product) {
  alignas(64) float tile[Rows::kTiles ? kTileFloats : 1];
  const int64_t width = piece.fold * channels;
  const D* gradients = dy + piece.row * channels;
  for (int64_t c = 0; c < channels; c++) sum[c] = product[c] = 0.0;
  for (int64_t at = 0; at < width; at += kStrip) {
    const int64_t n = width - at < kStrip ? width - at : kStrip;
    alignas(64) double wide_sum[kStrip] = {};
    alignas(64) double wide_product[kStrip] = {};
    const Order<Rows> order(t + at, n);
    const Tables& columns = order.tables;
    for (int64_t block = 0; block < piece.count; block += kBlockRows) {
      const int64_t end = piece.count - block < kBlockRows ? piece.count : block + kBlockRows;
      alignas(64) float s[kStrip] = {};
      alignas(64) float p[kStrip] = {};
      for (int64_t row = block; row < end; row += kGroupRows) {
        const int64_t count = end - row < kGroupRows ? end - row : kGroupRows;
        const auto* x = rows.rows(piece, row, count, tile) + at;
        const D* d = gradients + row * width + at;
        if (count == kGroupRows) {
          add_rows<kRelu, kGroupRows>(x, d, width, columns, n, s, p);
        } else {
          for (int64_t r = 0; r < count; r++) {
            add_rows<kRelu, 1>(x + r * width, d + r * width, width, columns, n, s, p);
          }
        }
      }
      order.restore(s, n);
      order.restore(p, n);
#pragma omp simd
      for (int64_t j = 0; j < n; j++) {
        wide_sum[j] += s[j];
        wide_product[j] += p[j];
      }
    }
    for (int64_t j = 0, c = at % channels; j < n; j++, c = c + 1 == channels ? 0 : c + 1) {
      sum[c] += wide_sum[j];
      product[c] += wide_product[j];
    }
  }
}

template <bool kRelu, class X, class D>
float input_gradient(X x, D dy, const Tables& t, int64_t j) {
  const float d = gradient<kRelu>(x, dy, t.mean[j], t.scale[j], t.beta[j]);
  return eb_batch_norm_dx(x, d, t.mean[j], t.scale[j], t.shift[j], t.slope[j]);
}

// n elements of dx, to which `other` is added unless it is null.
template <bool kRelu, class X, class D, class T, class Y>
void input_gradient(const X* x, const D* dy, const T* other, const Tables& t, int64_t n, Y* dx) {
  if (other) {
#pragma omp simd
    for (int64_t j = 0; j < n; j++) dx[j] = input_gradient<kRelu>(x[j], dy[j], t, j) + other[j];
  } else {
#pragma omp simd
    for (int64_t j = 0; j < n; j++) dx[j] = input_gradient<kRelu>(x[j], dy[j], t, j);
  }
}

template <class T>
const T* at(const T* other, int64_t offset) {
  return other ? other + offset : nullptr;
}

#if defined(__AVX512F__)

// kRows rows of dx, tables in the order of pairs.
template <bool kRelu, bool kAdd, int kRows>
void input_gradients(const Bf16* x, const Bf16* dy, const Bf16* other, int64_t stride,
                     const Tables& t, int64_t n, bool stream, Bf16* dx) {
  int64_t j = 0;
  for (; j + kPairColumns <= n; j += kPairColumns) {
    const Pair mean = load_pair(t.mean + j);
    const Pair scale = load_pair(t.scale + j);
    const Pair beta = load_pair(t.beta + j);
    const Pair shift = load_pair(t.shift + j);
    const Pair slope = load_pair(t.slope + j);
    for (int r = 0; r < kRows; r++) {
      const int64_t i = r * stride + j;
      const Pair away = load_pair(x + i) - mean;
      const Pair d = gradient<kRelu>(away, load_pair(dy + i), scale, beta);
      Pair result = scale * ((d - shift) - away * slope);
      if (kAdd) result = result + load_pair(other + i);
      store_pair(dx + i, result, stream);
    }
  }
  for (int r = 0; r < kRows && j < n; r++) {
    const int64_t i = r * stride + j;
    input_gradient<kRelu>(x + i, dy + i, kAdd ? other + i : nullptr, t + j, n - j, dx + i);
  }
}

template <bool kRelu, bool kAdd>
void write_pairs(const PlainRows<Bf16>& rows, const Bf16* dy, const Bf16* other, const Piece& piece,
                 int64_t channels, const Tables& t, bool stream, Bf16* dx) {
  const int64_t width = piece.fold * channels;
  for (int64_t first = 0; first < width; first += kStrip) {
    const int64_t n = width - first < kStrip ? width - first : kStrip;
    const PairedTables columns(t + first, n, true);
    for (int64_t r = 0; r < piece.count;) {
      const int64_t i = piece.row * channels + r * width + first;
      const Bf16* plus = kAdd ? other + i : nullptr;
      if (piece.count - r >= kGroupRows) {
        input_gradients<kRelu, kAdd, kGroupRows>(rows.x + i, dy + i, plus, width, columns, n,
                                                 stream, dx + i);
        r += kGroupRows;
      } else {
        input_gradients<kRelu, kAdd, 1>(rows.x + i, dy + i, plus, width, columns, n, stream,
                                        dx + i);
        r++;
      }
    }
  }
}

#endif

// dx of one piece.
template <bool kRelu, class T>
void write_piece(const PlainRows<T>& rows, const T* dy, const T* other, const Piece& piece,
                 int64_t channels, const Tables& t, bool stream, T* dx) {
  const int64_t width = piece.fold * channels;
#if defined(__AVX512F__)
  if constexpr (std::is_same_v<T, Bf16>) {
    if (!stream || rows_begin_lines(dx, width)) {
      const auto write = other ? write_pairs<kRelu, true> : write_pairs<kRelu, false>;
      write(rows, dy, other, piece, channels, t, stream, dx);
      return;
    }
  }
#endif
  for (int64_t r = 0; r < piece.count; r++) {
    const int64_t row = piece.row * channels + r * width;
    if (stream) {
      stream_range(dx + row, width, [&](T* to, int64_t i, int64_t count) {
        input_gradient<kRelu>(rows.x + row + i, dy + row + i, at(other, row + i), t + i, count, to);
      });
    } else {
      input_gradient<kRelu>(rows.x + row, dy + row, at(other, row), t, width, dx + row);
    }
  }
}

}  // namespace
}  // namespace eb::EB_ISA

#endif
