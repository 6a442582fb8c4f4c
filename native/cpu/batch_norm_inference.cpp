// Batch norm with given statistics, alone or with ReLU and channel selection. Version 1: one pass
// over folded rows (see channel_grid.h), streamed when the result is larger than the cache. Version 2:
// with AVX-512 selected channels are brought together in registers.
#include "cpu/batch_norm_apply.h"
#include "cpu/batch_norm_check.h"
#include "cpu/kernel_table.h"

namespace eb::EB_ISA {
namespace {

struct Given {
  const float* gamma;
  const float* beta;
  const float* mean;
  const float* variance;
  const int32_t* selected;
  float epsilon;
};

template <bool kRelu, class T, class Rows>
void run(const Given& g, const T* x, const Rows& rows, const Grid& out, T* y, void* scratch) {
  Scratch memory(scratch);
  const Tables t(memory, out, rows.channels);
  for (int64_t k = 0; k < out.channels(); k++) {
    const int64_t c = g.selected ? g.selected[k] : k;
    t.set<Rows>(out, k, c, g.gamma[c], g.beta[c], g.mean[c], g.variance[c], g.epsilon);
  }
  const int64_t values = out.rows() * out.channels();
  const bool stream = y != x && should_stream(y, values);
#pragma omp parallel if (values >= kSerial)
  {
    const Part pieces = my_part(out.pieces());
    for (int64_t i = pieces.begin; i < pieces.end; i++) {
      apply_piece<kRelu>(rows, out.piece(i), out.channels(), t, stream, y);
    }
    if (stream) stream_end();
  }
}

template <class T>
eb_status inference(const T* x, const float* gamma, const float* beta, const float* mean,
                    const float* variance, int64_t rows, int64_t channels, float epsilon, T* y,
                    void* scratch) {
  const Given g = {gamma, beta, mean, variance, nullptr, epsilon};
  run<false>(g, x, PlainRows<T>{x, channels}, Grid(rows, channels), y, scratch);
  return EB_OK;
}

template <class T>
eb_status inference_relu(const T* x, const float* gamma, const float* beta, const float* mean,
                         const float* variance, int64_t rows, int64_t channels,
                         const int32_t* selected, int64_t kept, float epsilon, T* y,
                         void* scratch) {
  const Given g = {gamma, beta, mean, variance, selected, epsilon};
  const Grid out(rows, kept);
  if (selected) {
    const Selection selection(selected, kept, channels);
    run<true>(g, x, SelectedRows<T>{x, channels, &selection}, out, y, scratch);
  } else {
    run<true>(g, x, PlainRows<T>{x, channels}, out, y, scratch);
  }
  return EB_OK;
}

}  // namespace

eb_status batch_norm_inference_f32(const float* x, const float* gamma, const float* beta,
                                   const float* mean, const float* variance, int64_t rows,
                                   int64_t channels, float epsilon, float* y, void* scratch) {
  return inference(x, gamma, beta, mean, variance, rows, channels, epsilon, y, scratch);
}

eb_status batch_norm_inference_bf16(const uint16_t* x, const float* gamma, const float* beta,
                                    const float* mean, const float* variance, int64_t rows,
                                    int64_t channels, float epsilon, uint16_t* y, void* scratch) {
  return inference(bf16(x), gamma, beta, mean, variance, rows, channels, epsilon, bf16(y), scratch);
}

eb_status batch_norm_inference_relu_f32(const float* x, const float* gamma, const float* beta,
                                        const float* mean, const float* variance, int64_t rows,
                                        int64_t channels, const int32_t* selected, int64_t kept,
                                        float epsilon, float* y, void* scratch) {
  return inference_relu(x, gamma, beta, mean, variance, rows, channels, selected, kept, epsilon, y,
                        scratch);
}

eb_status batch_norm_inference_relu_bf16(const uint16_t* x, const float* gamma, const float* beta,
                                         const float* mean, const float* variance, int64_t rows,
                                         int64_t channels, const int32_t* selected, int64_t kept,
                                         float epsilon, uint16_t* y, void* scratch) {
  return inference_relu(bf16(x), gamma, beta, mean, variance, rows, channels, selected, kept,
                        epsilon, bf16(y), scratch);
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
namespace {

// Checks what batch_norm.h asks for; `kernel` is called if there is anything to do.
template <class T, class Kernel>
eb_status checked(Kernel kernel, const T* x, const float* gamma, const float* beta,
                  const float* mean, const float* variance, int64_t rows, int64_t channels,
                  float epsilon, T* y, void* scratch) {
  if (rows < 0 || channels < 0) return EB_BAD_ARGUMENT;
  if (rows == 0 || channels == 0) return EB_OK;
  if (!x || !gamma || !beta || !mean || !variance || !y || !scratch) return EB_BAD_ARGUMENT;
  return kernel(x, gamma, beta, mean, variance, rows, channels, epsilon, y, scratch);
}

template <class T, class Kernel>
eb_status checked(Kernel kernel, const T* x, const float* gamma, const float* beta,
                  const float* mean, const float* variance, int64_t rows, int64_t channels,
                  const int32_t* selected, int64_t kept, float epsilon, T* y, void* scratch) {
  const eb_status status = eb::check_selection(rows, channels, selected, kept);
  if (status != EB_OK || channels == 0 || kept == 0) return status;
  if (!x || !gamma || !beta || !mean || !variance || !y || !scratch) return EB_BAD_ARGUMENT;
  if (selected && y == x) return EB_BAD_ARGUMENT;
  return kernel(x, gamma, beta, mean, variance, rows, channels, selected, kept, epsilon, y,
                scratch);
}

}  // namespace

eb_status eb_batch_norm_inference_f32(const float* x, const float* gamma, const float* beta,
                                      const float* mean, const float* variance, int64_t rows,
                                      int64_t channels, float epsilon, float* y, void* scratch) {
  return checked(eb::active().batch_norm_inference_f32, x, gamma, beta, mean, variance, rows,
                 channels, epsilon, y, scratch);
}

eb_status eb_batch_norm_inference_bf16(const uint16_t* x, const float* gamma, const float* beta,
                                       const float* mean, const float* variance, int64_t rows,
                                       int64_t channels, float epsilon, uint16_t* y,
                                       void* scratch) {
  return checked(eb::active().batch_norm_inference_bf16, x, gamma, beta, mean, variance, rows,
                 channels, epsilon, y, scratch);
}

eb_status eb_batch_norm_inference_relu_f32(const float* x, const float* gamma, const float* beta,
                                           const float* mean, const float* variance, int64_t rows,
                                           int64_t channels, const int32_t* selected, int64_t kept,
                                           float epsilon, float* y, void* scratch) {
  return checked(eb::active().batch_norm_inference_relu_f32, x, gamma, beta, mean, variance, rows,
                 channels, selected, kept, epsilon, y, scratch);
}

eb_status eb_batch_norm_inference_relu_bf16(const uint16_t* x, const float* gamma,
                                            const float* beta, const float* mean,
                                            const float* variance, int64_t rows, int64_t channels,
                                            const int32_t* selected, int64_t kept, float epsilon,
                                            uint16_t* y, void* scratch) {
  return checked(eb::active().batch_norm_inference_relu_bf16, x, gamma, beta, mean, variance, rows,
                 channels, selected, kept, epsilon, y, scratch);
}
#endif
