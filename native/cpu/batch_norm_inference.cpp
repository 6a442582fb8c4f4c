// Batch norm with given statistics. Version 1: one pass over folded rows (see channel_grid.h),
// streamed when the result is larger than the cache.
#include "common/batch_norm.h"
#include "cpu/channel_grid.h"
#include "cpu/kernel_table.h"

namespace eb::EB_ISA {
namespace {

struct Tables {
  float* mean;
  float* scale;
  float* beta;
};

void apply(const float* x, const Tables& t, int64_t at, int64_t n, float* out) {
  const float* mean = t.mean + at;
  const float* scale = t.scale + at;
  const float* beta = t.beta + at;
#pragma omp simd
  for (int64_t j = 0; j < n; j++) out[j] = eb_batch_norm_apply(x[j], mean[j], scale[j], beta[j]);
}

}  // namespace

eb_status batch_norm_inference_f32(const float* x, const float* gamma, const float* beta,
                                   const float* mean, const float* variance, int64_t rows,
                                   int64_t channels, float epsilon, float* y, void* scratch) {
  const Grid grid(rows, channels);
  Scratch memory(scratch);
  const Tables t = {memory.take<float>(grid.width()), memory.take<float>(grid.width()),
                    memory.take<float>(grid.width())};
  for (int64_t c = 0; c < channels; c++) {
    spread(grid, c, mean[c], t.mean);
    spread(grid, c, eb_batch_norm_scale(gamma[c], variance[c], epsilon), t.scale);
    spread(grid, c, beta[c], t.beta);
  }
  const bool stream = y != x && should_stream(y, rows * channels);
#pragma omp parallel if (rows * channels >= kSerial)
  {
    const Part pieces = my_part(grid.pieces());
    for (int64_t i = pieces.begin; i < pieces.end; i++) {
      const Piece piece = grid.piece(i);
      const int64_t width = piece.fold * channels;
      for (int64_t r = 0; r < piece.count; r++) {
        const int64_t at = piece.row * channels + r * width;
        if (stream) {
          stream_range(y + at, width, [&](float* to, int64_t j, int64_t count) {
            apply(x + at + j, t, j, count, to);
          });
        } else {
          apply(x + at, t, 0, width, y + at);
        }
      }
    }
    if (stream) stream_end();
  }
  return EB_OK;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
eb_status eb_batch_norm_inference_f32(const float* x, const float* gamma, const float* beta,
                                      const float* mean, const float* variance, int64_t rows,
                                      int64_t channels, float epsilon, float* y, void* scratch) {
  if (rows < 0 || channels < 0) return EB_BAD_ARGUMENT;
  if (rows == 0 || channels == 0) return EB_OK;
  if (!x || !gamma || !beta || !mean || !variance || !y || !scratch) return EB_BAD_ARGUMENT;
  return eb::active().batch_norm_inference_f32(x, gamma, beta, mean, variance, rows, channels,
                                               epsilon, y, scratch);
}
#endif
