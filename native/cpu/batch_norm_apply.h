// Normalising rows once the statistics are known, alone or with ReLU; shared by the kernels that
// compute the statistics and those that are given them, so that the bits agree.
#ifndef EARLYBIRD_CPU_BATCH_NORM_APPLY_H
#define EARLYBIRD_CPU_BATCH_NORM_APPLY_H

#include "common/batch_norm.h"
#include "common/elementwise.h"
#include "cpu/channel_rows.h"

namespace eb::EB_ISA {
namespace {

// What normalising needs of every column.
struct Tables {
  float* mean;
  float* scale;
  float* beta;

  Tables(Scratch& memory, const Grid& out)
      : mean(memory.take<float>(out.width())),
        scale(memory.take<float>(out.width())),
        beta(memory.take<float>(out.width())) {}

  // The columns of channel k of the result.
  void set(const Grid& out, int64_t k, float gamma, float shift, float m, float variance,
           float epsilon) const {
    spread(out, k, m, mean);
    spread(out, k, eb_batch_norm_scale(gamma, variance, epsilon), scale);
    spread(out, k, shift, beta);
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

// y of one piece.
template <bool kRelu, class Rows, class Y>
void apply_piece(const Rows& rows, const Piece& piece, int64_t channels, const Tables& t,
                 bool stream, Y* y) {
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

}  // namespace
}  // namespace eb::EB_ISA

#endif
