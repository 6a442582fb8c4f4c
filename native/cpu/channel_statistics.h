// Mean and variance per channel.
//
// Version 1: one pass, sums of x and x^2 in double; wrong once the mean is much larger than the
// deviation, and slow. Version 2: short sums in float of what is left of x after subtracting a shift
// near the mean, joined in double by the formula of Chan, Golub and LeVeque (1979). A first row as
// the shift lost a digit where it lay several deviations off, the median of three rows still half of
// one. Version 3: the first block's shift is the mean of a few of its rows, later blocks take the
// mean of all before them. Version 4: the next rows are asked for into the second cache, which waits for more
// lines at a time than the first: a quarter faster from memory.
#ifndef EARLYBIRD_CPU_CHANNEL_STATISTICS_H
#define EARLYBIRD_CPU_CHANNEL_STATISTICS_H

#include "cpu/bf16_pairs.h"
#include "cpu/channel_grid.h"

namespace eb::EB_ISA {

// Rows that the first shift is the mean of.
constexpr int64_t kSampleRows = 8;

// How the moments of `added` values join those of `before` values.
struct Join {
  double mean_weight;
  double gap_weight;
  Join(int64_t before, int64_t added)
      : mean_weight(static_cast<double>(added) / static_cast<double>(before + added)),
        gap_weight(mean_weight * static_cast<double>(before)) {}
};

// Joins n pairs (mean, sum of squared deviations) with n others.
inline void join_moments(const Join& join, int64_t n, const double* mean, const double* squares,
                         double* into_mean, double* into_squares) {
#pragma omp simd
  for (int64_t j = 0; j < n; j++) {
    const double gap = mean[j] - into_mean[j];
    into_mean[j] += gap * join.mean_weight;
    into_squares[j] += squares[j] + gap * gap * join.gap_weight;
  }
}

// Adds what is left of kRows rows after subtracting `shift`, and its square, to column sums.
template <int kRows, class T>
inline void add_columns(const T* x, int64_t stride, const float* shift, int64_t n, float* sum,
                        float* squares) {
#pragma omp simd
  for (int64_t j = 0; j < n; j++) {
    float s = 0.0f;
    float q = 0.0f;
    for (int r = 0; r < kRows; r++) {
      const float d = x[r * stride + j] - shift[j];
      s += d;
      q += d * d;
    }
    sum[j] += s;
    squares[j] += q;
  }
}

// The same, line by line, while the next rows are on their way.
template <int kRows, class T>
inline void add_rows(const T* x, int64_t stride, const float* shift, int64_t n, float* sum,
                     float* squares) {
  int64_t j = 0;
  for (; j + kLine <= n; j += kLine) {
    prefetch_rows<kRows, T, _MM_HINT_T1>(x + kRows * stride + j, stride);
    add_columns<kRows>(x + j, stride, shift + j, kLine, sum + j, squares + j);
  }
  if (j < n) add_columns<kRows>(x + j, stride, shift + j, n - j, sum + j, squares + j);
}

#if defined(__AVX512F__)

// The same; shift and sums are in the order of pairs as far as these go.
template <int kRows>
inline void add_rows(const Bf16* x, int64_t stride, const float* shift, int64_t n, float* sum,
                     float* squares) {
  int64_t j = 0;
  for (; j + kPairColumns <= n; j += kPairColumns) {
    prefetch_rows<kRows, Bf16, _MM_HINT_T1>(x + kRows * stride + j, stride);
    const Pair center = load_pair(shift + j);
    Pair s = no_pair();
    Pair q = no_pair();
    for (int r = 0; r < kRows; r++) {
      const Pair d = load_pair(x + r * stride + j) - center;
      s = s + d;
      q = q + d * d;
    }
    store_pair(sum + j, load_pair(sum + j) + s);
    store_pair(squares + j, load_pair(squares + j) + q);
  }
  if (j < n) add_columns<kRows>(x + j, stride, shift + j, n - j, sum + j, squares + j);
}

#endif

// The mean of up to kSampleRows rows spread over `rows`, column by column. The square of its distance
// to the mean of all is about the variance / kSampleRows, and never above it times
// (rows - kSampleRows) / kSampleRows, wherever a few values lie far off; so subtracting it costs the
// sums of squares less than a digit.
template <class T>
inline void sample_mean(const T* x, int64_t stride, int64_t rows, int64_t n, float* shift) {
  const int64_t count = rows < kSampleRows ? rows : kSampleRows;
  const float share = 1.0f / static_cast<float>(count);
  for (int64_t i = 0; i < count; i++) {
    const T* row = x + i * rows / count * stride;
#pragma omp simd
    for (int64_t j = 0; j < n; j++) {
      shift[j] = (i == 0 ? 0.0f : shift[j]) + row[j] * share;
    }
  }
}

// Sums of what is left of n <= kStrip columns after subtracting `shift`, and of its squares.
template <class T>
inline void block_sums(const T* x, int64_t stride, int64_t rows, int64_t n, const float* shift,
                       float* sum, float* squares) {
  int64_t r = 0;
  for (; r + kGroupRows <= rows; r += kGroupRows) {
    add_rows<kGroupRows>(x + r * stride, stride, shift, n, sum, squares);
  }
  for (; r < rows; r++) add_rows<1>(x + r * stride, stride, shift, n, sum, squares);
}

#if defined(__AVX512F__)
inline void block_sums(const Bf16* x, int64_t stride, int64_t rows, int64_t n, const float* shift,
                       float* sum, float* squares) {
  alignas(64) float paired[kStrip];
  to_pairs(shift, n, paired);
  block_sums<Bf16>(x, stride, rows, n, paired, sum, squares);
  from_pairs(sum, n);
  from_pairs(squares, n);
}
#endif

// Moments of n <= kStrip columns over `rows` <= kBlockRows rows.
template <class T>
inline void block_moments(const T* x, int64_t stride, int64_t rows, int64_t n, const float* shift,
                          double* mean, double* squares) {
  alignas(64) float s[kStrip] = {};
  alignas(64) float q[kStrip] = {};
  block_sums(x, stride, rows, n, shift, s, q);
  const double share = 1.0 / static_cast<double>(rows);
#pragma omp simd
  for (int64_t j = 0; j < n; j++) {
    const double sum = s[j];
    mean[j] = shift[j] + sum * share;
    squares[j] = q[j] - sum * sum * share;
  }
}

// Moments of n <= kStrip columns over `rows` rows.
template <class T>
inline void column_moments(const T* x, int64_t stride, int64_t rows, int64_t n, double* mean,
                           double* squares) {
  alignas(64) float shift[kStrip];
  const int64_t first = rows < kBlockRows ? rows : kBlockRows;
  sample_mean(x, stride, first, n, shift);
  block_moments(x, stride, first, n, shift, mean, squares);
  for (int64_t row = first; row < rows; row += kBlockRows) {
    const int64_t count = rows - row < kBlockRows ? rows - row : kBlockRows;
    alignas(64) double m[kStrip];
    alignas(64) double q[kStrip];
#pragma omp simd
    for (int64_t j = 0; j < n; j++) shift[j] = static_cast<float>(mean[j]);
    block_moments(x + row * stride, stride, count, n, shift, m, q);
    join_moments(Join(row, count), n, m, q, mean, squares);
  }
}

// Moments of the columns of `rows` wide rows of `fold` rows of `channels` each, by channel.
template <class T>
inline void piece_moments(const T* x, int64_t rows, int64_t fold, int64_t channels, double* mean,
                          double* squares) {
  const int64_t width = fold * channels;
  for (int64_t at = 0; at < width; at += kStrip) {
    const int64_t n = width - at < kStrip ? width - at : kStrip;
    alignas(64) double column_mean[kStrip];
    alignas(64) double column_squares[kStrip];
    column_moments(x + at, width, rows, n, column_mean, column_squares);
    // Columns of one channel meet; a strip may begin and end within a row.
    for (int64_t j = 0; j < n;) {
      const int64_t channel = (at + j) % channels;
      const int64_t before = (at + j) / channels * rows;
      const int64_t rest = channels - channel < n - j ? channels - channel : n - j;
      if (before == 0) {
        for (int64_t k = 0; k < rest; k++) {
          mean[channel + k] = column_mean[j + k];
          squares[channel + k] = column_squares[j + k];
        }
      } else {
        join_moments(Join(before, rows), rest, column_mean + j, column_squares + j, mean + channel,
                     squares + channel);
      }
      j += rest;
    }
  }
}

// Joins the moments of all pieces, [pieces][channels], for channels [begin, end) into the first.
inline void join_pieces(const Grid& grid, int64_t begin, int64_t end, double* mean,
                        double* squares) {
  int64_t before = grid.piece(0).count * grid.piece(0).fold;
  for (int64_t i = 1; i < grid.pieces(); i++) {
    const int64_t added = grid.piece(i).count * grid.piece(i).fold;
    const int64_t offset = i * grid.channels() + begin;
    join_moments(Join(before, added), end - begin, mean + offset, squares + offset, mean + begin,
                 squares + begin);
    before += added;
  }
}

}  // namespace eb::EB_ISA

#endif
