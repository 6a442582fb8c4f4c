// Gradients of batch norm, alone or with ReLU and channel selection.
// Version 1: dbeta and dgamma, then dx. Version 2: the ReLU's mask is recomputed from x, so neither
// its output nor a mask is read; the second pass takes the pieces in reverse, first those that the
// first one touched last. Version 3: narrow rows are folded (see channel_grid.h), results larger
// than the cache are streamed past it. Version 4: with AVX-512 selected channels are taken apart in
// registers, and their gradients streamed too: twice as fast. Version 5: another gradient of x is
// added to dx in the same pass. Version 6: with AVX-512 bf16 columns are taken in pairs: conversions
// and tables, not memory, were what the passes waited for. Version 7: so are rows of which channels
// are selected; their sums are brought together once in 64 wide rows. Version 8: selected floats are
// brought together as they are read, so that the others are not computed.
#include "cpu/batch_norm_check.h"
#include "cpu/batch_norm_selected_gradient.h"
#include "cpu/kernel_table.h"

namespace eb::EB_ISA {
namespace {

template <class T>
struct Backward {
  const T* dy;
  const T* other;
  const float* mean;
  const float* variance;
  const float* gamma;
  const float* beta;
  const int32_t* selected;
  float epsilon;
  T* dx;
  float* dgamma;
  float* dbeta;

  int64_t channel(int64_t k) const { return selected ? selected[k] : k; }
};

// The tables of the first pass, for columns of channels [begin, end).
template <class Rows, class T>
void prepare(const Backward<T>& b, const Grid& grid, int64_t begin, int64_t end, const Tables& t) {
  for (int64_t k = begin; k < end; k++) {
    const int64_t c = b.channel(k);
    const int64_t at = Rows::place(k, c);
    set_column<Rows>(grid, k, at, b.mean[c], t.mean);
    set_column<Rows>(grid, k, at, eb_batch_norm_scale(b.gamma[c], b.variance[c], b.epsilon),
                     t.scale);
    set_column<Rows>(grid, k, at, b.beta ? b.beta[c] : 0.0f, t.beta);
  }
}

// Joins the sums of all pieces, [pieces][channels], for channels [begin, end): dgamma and dbeta,
// and the tables of the second pass.
template <class Rows, class T>
void finish(const Backward<T>& b, const Grid& grid, int64_t begin, int64_t end, double* sum,
            double* product, const Tables& t) {
  const int64_t channels = grid.channels();
  for (int64_t i = 1; i < grid.pieces(); i++) {
    for (int64_t k = begin; k < end; k++) {
      sum[k] += sum[i * channels + k];
      product[k] += product[i * channels + k];
    }
  }
  const double rows = static_cast<double>(grid.rows());
  for (int64_t k = begin; k < end; k++) {
    const int64_t c = b.channel(k);
    const double invstd = eb_batch_norm_invstd(b.variance[c], b.epsilon);
    const double dgamma = product[k] * invstd;
    b.dbeta[c] = static_cast<float>(sum[k]);
    b.dgamma[c] = static_cast<float>(dgamma);
    const int64_t at = Rows::place(k, c);
    set_column<Rows>(grid, k, at, static_cast<float>(sum[k] / rows), t.shift);
    set_column<Rows>(grid, k, at, static_cast<float>(dgamma * invstd / rows), t.slope);
  }
}

template <bool kRelu, class T, class Rows>
void run(const Backward<T>& b, const Rows& rows, const Grid& grid, void* scratch) {
  const int64_t channels = grid.channels();
  Scratch memory(scratch);
  double* sum = memory.take<double>(grid.pieces() * channels);
  double* product = memory.take<double>(grid.pieces() * channels);
  const auto table = [&] { return take_table(memory, grid, rows.channels); };
  const Tables t = {table(), table(), table(), table(), table()};
  const bool stream = b.dx != rows.x && b.dx != b.dy && b.dx != b.other &&
                      should_stream(b.dx, grid.rows() * rows.channels);
#pragma omp parallel if (grid.rows() * rows.channels >= kSerial)
  {
    const Part part = my_part(channels);
    prepare<Rows>(b, grid, part.begin, part.end, t);
#pragma omp barrier
    const Part pieces = my_part(grid.pieces());
    for (int64_t i = pieces.begin; i < pieces.end; i++) {
      piece_sums<kRelu>(rows, b.dy, grid.piece(i), channels, t, sum + i * channels,
                        product + i * channels);
    }
#pragma omp barrier
    finish<Rows>(b, grid, part.begin, part.end, sum, product, t);
#pragma omp barrier
    for (int64_t i = pieces.end; i-- > pieces.begin;) {
      write_piece<kRelu>(rows, b.dy, b.other, grid.piece(i), channels, t, stream, b.dx);
    }
    if (stream) stream_end();
  }
}

template <class T>
eb_status backward(const T* x, const T* dy, const float* mean, const float* variance,
                   const float* gamma, int64_t rows, int64_t channels, float epsilon, T* dx,
                   float* dgamma, float* dbeta, void* scratch) {
  const Backward<T> b = {dy,      nullptr, mean, variance, gamma, nullptr,
                         nullptr, epsilon, dx,   dgamma,   dbeta};
  run<false>(b, PlainRows<T>{x, channels}, Grid(rows, channels), scratch);
  return EB_OK;
}

template <class T>
eb_status relu_backward(const T* x, const T* dy, const T* other, const float* mean,
                        const float* variance, const float* gamma, const float* beta, int64_t rows,
                        int64_t channels, const int32_t* selected, int64_t kept, float epsilon,
                        T* dx, float* dgamma, float* dbeta, void* scratch) {
  const Backward<T> b = {dy,       other,   mean, variance, gamma, beta,
                         selected, epsilon, dx,   dgamma,   dbeta};
  if (selected) {
    const typename GradientRows<T>::Columns columns(selected, kept, channels);
    for (int64_t c = 0; c < channels; c++) dgamma[c] = dbeta[c] = 0.0f;
    run<true>(b, GradientRows<T>{x, channels, &columns}, Grid(rows, kept), scratch);
  } else {
    run<true>(b, PlainRows<T>{x, channels}, Grid(rows, channels), scratch);
  }
  return EB_OK;
}

}  // namespace

eb_status batch_norm_backward_f32(const float* x, const float* dy, const float* mean,
                                  const float* variance, const float* gamma, int64_t rows,
                                  int64_t channels, float epsilon, float* dx, float* dgamma,
                                  float* dbeta, void* scratch) {
  return backward(x, dy, mean, variance, gamma, rows, channels, epsilon, dx, dgamma, dbeta,
                  scratch);
}

eb_status batch_norm_backward_bf16(const uint16_t* x, const uint16_t* dy, const float* mean,
                                   const float* variance, const float* gamma, int64_t rows,
                                   int64_t channels, float epsilon, uint16_t* dx, float* dgamma,
                                   float* dbeta, void* scratch) {
  return backward(bf16(x), bf16(dy), mean, variance, gamma, rows, channels, epsilon, bf16(dx),
                  dgamma, dbeta, scratch);
}

eb_status batch_norm_relu_backward_f32(const float* x, const float* dy, const float* mean,
                                       const float* variance, const float* gamma, const float* beta,
                                       int64_t rows, int64_t channels, const int32_t* selected,
                                       int64_t kept, float epsilon, float* dx, float* dgamma,
                                       float* dbeta, void* scratch) {
  return relu_backward(x, dy, static_cast<const float*>(nullptr), mean, variance, gamma, beta, rows,
                       channels, selected, kept, epsilon, dx, dgamma, dbeta, scratch);
}

eb_status batch_norm_relu_backward_bf16(const uint16_t* x, const uint16_t* dy, const float* mean,
                                        const float* variance, const float* gamma,
                                        const float* beta, int64_t rows, int64_t channels,
                                        const int32_t* selected, int64_t kept, float epsilon,
                                        uint16_t* dx, float* dgamma, float* dbeta, void* scratch) {
  return relu_backward(bf16(x), bf16(dy), static_cast<const Bf16*>(nullptr), mean, variance, gamma,
                       beta, rows, channels, selected, kept, epsilon, bf16(dx), dgamma, dbeta,
                       scratch);
}

eb_status batch_norm_relu_backward_add_f32(const float* x, const float* dy, const float* other,
                                           const float* mean, const float* variance,
                                           const float* gamma, const float* beta, int64_t rows,
                                           int64_t channels, const int32_t* selected, int64_t kept,
                                           float epsilon, float* dx, float* dgamma, float* dbeta,
                                           void* scratch) {
  return relu_backward(x, dy, other, mean, variance, gamma, beta, rows, channels, selected, kept,
                       epsilon, dx, dgamma, dbeta, scratch);
}

eb_status batch_norm_relu_backward_add_bf16(const uint16_t* x, const uint16_t* dy,
                                            const uint16_t* other, const float* mean,
                                            const float* variance, const float* gamma,
                                            const float* beta, int64_t rows, int64_t channels,
                                            const int32_t* selected, int64_t kept, float epsilon,
                                            uint16_t* dx, float* dgamma, float* dbeta,
                                            void* scratch) {
  return relu_backward(bf16(x), bf16(dy), bf16(other), mean, variance, gamma, beta, rows, channels,
                       selected, kept, epsilon, bf16(dx), dgamma, dbeta, scratch);
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
namespace {

// Checks what batch_norm.h asks for; `kernel` is called if there is anything to do.
template <class T, class Kernel>
eb_status checked(Kernel kernel, const T* x, const T* dy, const float* mean, const float* variance,
                  const float* gamma, int64_t rows, int64_t channels, float epsilon, T* dx,
                  float* dgamma, float* dbeta, void* scratch) {
  if (rows <= 0 || channels < 0) return EB_BAD_ARGUMENT;
  if (channels == 0) return EB_OK;
  if (!x || !dy || !mean || !variance || !gamma || !dx || !dgamma || !dbeta || !scratch) {
    return EB_BAD_ARGUMENT;
  }
  return kernel(x, dy, mean, variance, gamma, rows, channels, epsilon, dx, dgamma, dbeta, scratch);
}

template <class T, class Kernel>
eb_status checked(Kernel kernel, const T* x, const T* dy, const float* mean, const float* variance,
                  const float* gamma, const float* beta, int64_t rows, int64_t channels,
                  const int32_t* selected, int64_t kept, float epsilon, T* dx, float* dgamma,
                  float* dbeta, void* scratch) {
  const eb_status status = eb::check_selection(rows, channels, selected, kept);
  if (status != EB_OK || channels == 0) return status;
  if (!x || !mean || !variance || !gamma || !beta || !dx || !dgamma || !dbeta || !scratch) {
    return EB_BAD_ARGUMENT;
  }
  if (kept > 0 && (!dy || (selected && dy == dx))) return EB_BAD_ARGUMENT;
  return kernel(x, dy, mean, variance, gamma, beta, rows, channels, selected, kept, epsilon, dx,
                dgamma, dbeta, scratch);
}

}  // namespace

eb_status eb_batch_norm_backward_f32(const float* x, const float* dy, const float* mean,
                                     const float* variance, const float* gamma, int64_t rows,
                                     int64_t channels, float epsilon, float* dx, float* dgamma,
                                     float* dbeta, void* scratch) {
  return checked(eb::active().batch_norm_backward_f32, x, dy, mean, variance, gamma, rows, channels,
                 epsilon, dx, dgamma, dbeta, scratch);
}

eb_status eb_batch_norm_backward_bf16(const uint16_t* x, const uint16_t* dy, const float* mean,
                                      const float* variance, const float* gamma, int64_t rows,
                                      int64_t channels, float epsilon, uint16_t* dx, float* dgamma,
                                      float* dbeta, void* scratch) {
  return checked(eb::active().batch_norm_backward_bf16, x, dy, mean, variance, gamma, rows,
                 channels, epsilon, dx, dgamma, dbeta, scratch);
}

eb_status eb_batch_norm_relu_backward_f32(const float* x, const float* dy, const float* mean,
                                          const float* variance, const float* gamma,
                                          const float* beta, int64_t rows, int64_t channels,
                                          const int32_t* selected, int64_t kept, float epsilon,
                                          float* dx, float* dgamma, float* dbeta, void* scratch) {
  return checked(eb::active().batch_norm_relu_backward_f32, x, dy, mean, variance, gamma, beta,
                 rows, channels, selected, kept, epsilon, dx, dgamma, dbeta, scratch);
}

eb_status eb_batch_norm_relu_backward_bf16(const uint16_t* x, const uint16_t* dy, const float* mean,
                                           const float* variance, const float* gamma,
                                           const float* beta, int64_t rows, int64_t channels,
                                           const int32_t* selected, int64_t kept, float epsilon,
                                           uint16_t* dx, float* dgamma, float* dbeta,
                                           void* scratch) {
  return checked(eb::active().batch_norm_relu_backward_bf16, x, dy, mean, variance, gamma, beta,
                 rows, channels, selected, kept, epsilon, dx, dgamma, dbeta, scratch);
}

namespace {

template <class T, class Kernel>
eb_status checked(Kernel kernel, const T* x, const T* dy, const T* other, const float* mean,
                  const float* variance, const float* gamma, const float* beta, int64_t rows,
                  int64_t channels, const int32_t* selected, int64_t kept, float epsilon, T* dx,
                  float* dgamma, float* dbeta, void* scratch) {
  if (channels > 0 && !other) return EB_BAD_ARGUMENT;
  const auto with_other = [=](const T* a, const T* b, auto... rest) {
    return kernel(a, b, other, rest...);
  };
  return checked(with_other, x, dy, mean, variance, gamma, beta, rows, channels, selected, kept,
                 epsilon, dx, dgamma, dbeta, scratch);
}

}  // namespace

eb_status eb_batch_norm_relu_backward_add_f32(const float* x, const float* dy, const float* other,
                                              const float* mean, const float* variance,
                                              const float* gamma, const float* beta, int64_t rows,
                                              int64_t channels, const int32_t* selected,
                                              int64_t kept, float epsilon, float* dx, float* dgamma,
                                              float* dbeta, void* scratch) {
  return checked(eb::active().batch_norm_relu_backward_add_f32, x, dy, other, mean, variance, gamma,
                 beta, rows, channels, selected, kept, epsilon, dx, dgamma, dbeta, scratch);
}

eb_status eb_batch_norm_relu_backward_add_bf16(const uint16_t* x, const uint16_t* dy,
                                               const uint16_t* other, const float* mean,
                                               const float* variance, const float* gamma,
                                               const float* beta, int64_t rows, int64_t channels,
                                               const int32_t* selected, int64_t kept, float epsilon,
                                               uint16_t* dx, float* dgamma, float* dbeta,
                                               void* scratch) {
  return checked(eb::active().batch_norm_relu_backward_add_bf16, x, dy, other, mean, variance,
                 gamma, beta, rows, channels, selected, kept, epsilon, dx, dgamma, dbeta, scratch);
}
#endif
