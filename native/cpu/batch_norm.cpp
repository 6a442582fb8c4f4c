// Batch norm with the batch's statistics, alone or with ReLU and channel selection.
// Version 1: statistics, then y. Version 2: the second pass takes the pieces in reverse, first those
// that the first one touched last and that are still in the cache; within a piece it goes forward,
// because backward the processor prefetches badly (half the speed at 64 channels). Version 3: narrow
// rows are folded (see channel_grid.h), results larger than the cache are streamed past it. Version 4:
// with AVX-512 selected channels are brought together in registers. Version 5: statistics alone, for
// convolutions that normalise their own input.
#include "cpu/batch_norm_apply.h"
#include "cpu/batch_norm_check.h"
#include "cpu/channel_statistics.h"
#include "cpu/kernel_table.h"

namespace eb::EB_ISA {
namespace {

template <class T>
struct Forward {
  const float* gamma;
  const float* beta;
  const int32_t* selected;
  float epsilon;
  T* y;
  float* mean;
  float* variance;
};

// Mean and variance, whose sums are made piece by piece. All threads of a team call each function.
class Statistics {
 public:
  Statistics(Scratch& memory, const Grid& grid, float* mean, float* variance)
      : grid_(grid),
        means_(memory.take<double>(grid.pieces() * grid.channels())),
        squares_(memory.take<double>(grid.pieces() * grid.channels())),
        mean_(mean),
        variance_(variance) {}

  template <class T>
  void sum(const T* x) const {
    const int64_t channels = grid_.channels();
    const Part pieces = my_part(grid_.pieces());
    for (int64_t i = pieces.begin; i < pieces.end; i++) {
      const Piece p = grid_.piece(i);
      piece_moments(x + p.row * channels, p.count, p.fold, channels, means_ + i * channels,
                    squares_ + i * channels);
    }
  }

  // The results of channels [begin, end), once all sums are there.
  void finish(int64_t begin, int64_t end) const {
    join_pieces(grid_, begin, end, means_, squares_);
    for (int64_t c = begin; c < end; c++) {
      mean_[c] = static_cast<float>(means_[c]);
      variance_[c] = static_cast<float>(squares_[c] / static_cast<double>(grid_.rows()));
    }
  }

 private:
  const Grid& grid_;
  double* means_;
  double* squares_;
  float* mean_;
  float* variance_;
};

// The tables for the columns of `out` that channels [begin, end) of x feed.
template <class Rows, class T>
void fill(const Forward<T>& f, const Grid& out, int64_t begin, int64_t end, const Tables& t) {
  for (int64_t k = 0; k < out.channels(); k++) {
    const int64_t c = f.selected ? f.selected[k] : k;
    if (c < begin || c >= end) continue;
    t.set<Rows>(out, k, c, f.gamma[c], f.beta[c], f.mean[c], f.variance[c], f.epsilon);
  }
}

template <bool kRelu, class T, class Rows>
void run(const Forward<T>& f, const T* x, const Rows& rows, const Grid& in, const Grid& out,
         void* scratch) {
  const int64_t channels = in.channels();
  Scratch memory(scratch);
  const Statistics statistics(memory, in, f.mean, f.variance);
  const Tables t(memory, out, channels);
  const bool stream = f.y != x && should_stream(f.y, out.rows() * out.channels());
#pragma omp parallel if (in.rows() * channels >= kSerial)
  {
    statistics.sum(x);
#pragma omp barrier
    const Part part = my_part(channels);
    statistics.finish(part.begin, part.end);
    fill<Rows>(f, out, part.begin, part.end, t);
#pragma omp barrier
    const Part outs = my_part(out.pieces());
    for (int64_t i = outs.end; i-- > outs.begin;) {
      apply_piece<kRelu>(rows, out.piece(i), out.channels(), t, stream, f.y);
    }
    if (stream) stream_end();
  }
}

template <class T>
eb_status statistics(const T* x, int64_t rows, int64_t channels, float* mean, float* variance,
                     void* scratch) {
  const Grid grid(rows, channels);
  Scratch memory(scratch);
  const Statistics statistics(memory, grid, mean, variance);
#pragma omp parallel if (rows * channels >= kSerial)
  {
    statistics.sum(x);
#pragma omp barrier
    const Part part = my_part(channels);
    statistics.finish(part.begin, part.end);
  }
  return EB_OK;
}

template <class T>
eb_status batch_norm(const T* x, const float* gamma, const float* beta, int64_t rows,
                     int64_t channels, float epsilon, T* y, float* mean, float* variance,
                     void* scratch) {
  const Grid grid(rows, channels);
  const Forward<T> f = {gamma, beta, nullptr, epsilon, y, mean, variance};
  run<false>(f, x, PlainRows<T>{x, channels}, grid, grid, scratch);
  return EB_OK;
}

template <class T>
eb_status batch_norm_relu(const T* x, const float* gamma, const float* beta, int64_t rows,
                          int64_t channels, const int32_t* selected, int64_t kept, float epsilon,
                          T* y, float* mean, float* variance, void* scratch) {
  const Grid grid(rows, channels);
  const Forward<T> f = {gamma, beta, selected, epsilon, y, mean, variance};
  if (selected) {
    const Selection selection(selected, kept, channels);
    run<true>(f, x, SelectedRows<T>{x, channels, &selection}, grid, Grid(rows, kept), scratch);
  } else {
    run<true>(f, x, PlainRows<T>{x, channels}, grid, grid, scratch);
  }
  return EB_OK;
}

}  // namespace

eb_status batch_norm_statistics_f32(const float* x, int64_t rows, int64_t channels, float* mean,
                                    float* variance, void* scratch) {
  return statistics(x, rows, channels, mean, variance, scratch);
}

eb_status batch_norm_statistics_bf16(const uint16_t* x, int64_t rows, int64_t channels, float* mean,
                                     float* variance, void* scratch) {
  return statistics(bf16(x), rows, channels, mean, variance, scratch);
}

eb_status batch_norm_f32(const float* x, const float* gamma, const float* beta, int64_t rows,
                         int64_t channels, float epsilon, float* y, float* mean, float* variance,
                         void* scratch) {
  return batch_norm(x, gamma, beta, rows, channels, epsilon, y, mean, variance, scratch);
}

eb_status batch_norm_bf16(const uint16_t* x, const float* gamma, const float* beta, int64_t rows,
                          int64_t channels, float epsilon, uint16_t* y, float* mean,
                          float* variance, void* scratch) {
  return batch_norm(bf16(x), gamma, beta, rows, channels, epsilon, bf16(y), mean, variance,
                    scratch);
}

eb_status batch_norm_relu_f32(const float* x, const float* gamma, const float* beta, int64_t rows,
                              int64_t channels, const int32_t* selected, int64_t kept,
                              float epsilon, float* y, float* mean, float* variance,
                              void* scratch) {
  return batch_norm_relu(x, gamma, beta, rows, channels, selected, kept, epsilon, y, mean, variance,
                         scratch);
}

eb_status batch_norm_relu_bf16(const uint16_t* x, const float* gamma, const float* beta,
                               int64_t rows, int64_t channels, const int32_t* selected,
                               int64_t kept, float epsilon, uint16_t* y, float* mean,
                               float* variance, void* scratch) {
  return batch_norm_relu(bf16(x), gamma, beta, rows, channels, selected, kept, epsilon, bf16(y),
                         mean, variance, scratch);
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS

int64_t eb_batch_norm_scratch_bytes(int64_t rows, int64_t channels) {
  using eb::EB_ISA::Grid;
  using eb::EB_ISA::Scratch;
  if (rows < 0 || channels < 0) return 0;
  const int64_t sums = Grid::max_pieces(rows, channels) * channels;
  const int64_t table = Grid::max_width(channels);
  return 2 * Scratch::bytes(sums * static_cast<int64_t>(sizeof(double))) +
         5 * Scratch::bytes(table * static_cast<int64_t>(sizeof(float)));
}

namespace {

// Checks what batch_norm.h asks for; `kernel` is called if there is anything to do.
template <class T, class Kernel>
eb_status checked(Kernel kernel, const T* x, const float* gamma, const float* beta, int64_t rows,
                  int64_t channels, float epsilon, T* y, float* mean, float* variance,
                  void* scratch) {
  if (rows <= 0 || channels < 0) return EB_BAD_ARGUMENT;
  if (channels == 0) return EB_OK;
  if (!x || !gamma || !beta || !y || !mean || !variance || !scratch) return EB_BAD_ARGUMENT;
  return kernel(x, gamma, beta, rows, channels, epsilon, y, mean, variance, scratch);
}

template <class T, class Kernel>
eb_status checked(Kernel kernel, const T* x, const float* gamma, const float* beta, int64_t rows,
                  int64_t channels, const int32_t* selected, int64_t kept, float epsilon, T* y,
                  float* mean, float* variance, void* scratch) {
  const eb_status status = eb::check_selection(rows, channels, selected, kept);
  if (status != EB_OK || channels == 0) return status;
  if (!x || !gamma || !beta || !mean || !variance || !scratch) return EB_BAD_ARGUMENT;
  if (kept > 0 && (!y || (selected && y == x))) return EB_BAD_ARGUMENT;
  return kernel(x, gamma, beta, rows, channels, selected, kept, epsilon, y, mean, variance,
                scratch);
}

template <class T, class Kernel>
eb_status checked(Kernel kernel, const T* x, int64_t rows, int64_t channels, float* mean,
                  float* variance, void* scratch) {
  if (rows <= 0 || channels < 0) return EB_BAD_ARGUMENT;
  if (channels == 0) return EB_OK;
  if (!x || !mean || !variance || !scratch) return EB_BAD_ARGUMENT;
  return kernel(x, rows, channels, mean, variance, scratch);
}

}  // namespace

eb_status eb_batch_norm_statistics_f32(const float* x, int64_t rows, int64_t channels, float* mean,
                                       float* variance, void* scratch) {
  return checked(eb::active().batch_norm_statistics_f32, x, rows, channels, mean, variance,
                 scratch);
}

eb_status eb_batch_norm_statistics_bf16(const uint16_t* x, int64_t rows, int64_t channels,
                                        float* mean, float* variance, void* scratch) {
  return checked(eb::active().batch_norm_statistics_bf16, x, rows, channels, mean, variance,
                 scratch);
}

eb_status eb_batch_norm_f32(const float* x, const float* gamma, const float* beta, int64_t rows,
                            int64_t channels, float epsilon, float* y, float* mean, float* variance,
                            void* scratch) {
  return checked(eb::active().batch_norm_f32, x, gamma, beta, rows, channels, epsilon, y, mean,
                 variance, scratch);
}

eb_status eb_batch_norm_bf16(const uint16_t* x, const float* gamma, const float* beta, int64_t rows,
                             int64_t channels, float epsilon, uint16_t* y, float* mean,
                             float* variance, void* scratch) {
  return checked(eb::active().batch_norm_bf16, x, gamma, beta, rows, channels, epsilon, y, mean,
                 variance, scratch);
}

eb_status eb_batch_norm_relu_f32(const float* x, const float* gamma, const float* beta,
                                 int64_t rows, int64_t channels, const int32_t* selected,
                                 int64_t kept, float epsilon, float* y, float* mean,
                                 float* variance, void* scratch) {
  return checked(eb::active().batch_norm_relu_f32, x, gamma, beta, rows, channels, selected, kept,
                 epsilon, y, mean, variance, scratch);
}

eb_status eb_batch_norm_relu_bf16(const uint16_t* x, const float* gamma, const float* beta,
                                  int64_t rows, int64_t channels, const int32_t* selected,
                                  int64_t kept, float epsilon, uint16_t* y, float* mean,
                                  float* variance, void* scratch) {
  return checked(eb::active().batch_norm_relu_bf16, x, gamma, beta, rows, channels, selected, kept,
                 epsilon, y, mean, variance, scratch);
}
#endif
