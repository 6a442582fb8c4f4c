// Batch norm with the batch's statistics, alone or with ReLU and channel selection.
// Version 1: three launches: sums of x and x^2 in double over chunks of rows, their join, y. The
// squares of fp32 numbers are exact in double, so the variance needs no second pass over x.
// Version 2: bf16.
#include "common/batch_norm.h"
#include "common/elementwise.h"
#include "cuda/batch_norm_apply.h"
#include "cuda/batch_norm_scratch.h"

namespace eb::cuda {
namespace {

template <int V, class T>
struct Moments {
  const T* x;
  uint32_t channels;

  struct Columns {};

  __device__ Columns columns(uint32_t) const { return {}; }

  __device__ void add(const Columns&, uint32_t row, uint32_t channel, double (&sum)[V],
                      double (&square)[V]) const {
    float v[V];
    load(x + row * channels + channel, v);
    for (int j = 0; j < V; j++) {
      const double d = static_cast<double>(v[j]);
      sum[j] += d;
      square[j] += d * d;
    }
  }
};

__global__ void __launch_bounds__(kThreads)
    statistics_kernel(const double* partial, uint32_t chunks, uint32_t channels, double rows,
                      float* mean, float* variance) {
  const uint32_t k = blockIdx.x * kJoinChannels + threadIdx.x % kJoinChannels;
  double sum;
  double square;
  join(partial, chunks, channels, k, &sum, &square);
  if (threadIdx.x < kJoinChannels && k < channels) {
    const double m = sum / rows;
    const double v = square / rows - m * m;
    mean[k] = static_cast<float>(m);
    variance[k] = static_cast<float>(v < 0.0 ? 0.0 : v);  // a NaN stays
  }
}

template <int V, class T>
eb_status statistics(const T* x, int64_t rows, int64_t channels, float* mean, float* variance,
                     double* partial, void* stream) {
  const Walk walk = Walk::of(rows, channels, V);
  const Moments<V, T> term = {x, walk.channels};
  const eb_status status =
      launch(sums_kernel<V, Moments<V, T>>, walk.blocks(), kThreads, stream, term, walk, partial);
  if (status != EB_OK) return status;
  return launch(statistics_kernel, grid(ceil_div(channels, kJoinChannels)), kThreads, stream,
                partial, walk.chunks, channels, static_cast<double>(rows), mean, variance);
}

template <bool kRelu, class T>
eb_status forward(const T* x, const float* gamma, const float* beta, int64_t rows, int64_t channels,
                  const int32_t* selected, int64_t kept, float epsilon, T* y, float* mean,
                  float* variance, void* scratch, void* stream) {
  double* partial = static_cast<double*>(scratch);
  const eb_status status = width(channels, x) == 4
                               ? statistics<4>(x, rows, channels, mean, variance, partial, stream)
                               : statistics<1>(x, rows, channels, mean, variance, partial, stream);
  if (status != EB_OK || kept == 0) return status;
  const Apply<T, kRelu> apply = {
      x, gamma, beta, mean, variance, static_cast<uint32_t>(channels), selected, epsilon, y};
  return apply.run(rows, kept, stream);
}

}  // namespace
}  // namespace eb::cuda

int64_t eb_cuda_batch_norm_scratch_bytes(int64_t rows, int64_t channels) {
  using namespace eb::cuda;
  if (rows < 0 || channels < 0) return 0;
  return partial_doubles(rows, channels) * static_cast<int64_t>(sizeof(double)) +
         2 * channels * static_cast<int64_t>(sizeof(float));
}

eb_status eb_cuda_batch_norm(int32_t element, const void* x, const float* gamma, const float* beta,
                             int64_t rows, int64_t channels, float epsilon, void* y, float* mean,
                             float* variance, void* scratch, void* stream) {
  using namespace eb::cuda;
  const eb_status valid = check_rows(rows, channels, nullptr, nullptr, channels);
  if (valid != EB_OK || channels == 0) return valid;
  if (!x || !gamma || !beta || !y || !mean || !variance || !scratch) return EB_BAD_ARGUMENT;
  return typed(element, [=](auto* type) {
    using T = Element<decltype(type)>;
    return forward<false>(static_cast<const T*>(x), gamma, beta, rows, channels, nullptr, channels,
                          epsilon, static_cast<T*>(y), mean, variance, scratch, stream);
  });
}

eb_status eb_cuda_batch_norm_relu(int32_t element, const void* x, const float* gamma,
                                  const float* beta, int64_t rows, int64_t channels,
                                  const int32_t* selected, const int32_t* position, int64_t kept,
                                  float epsilon, void* y, float* mean, float* variance,
                                  void* scratch, void* stream) {
  using namespace eb::cuda;
  const eb_status valid = check_rows(rows, channels, selected, position, kept);
  if (valid != EB_OK || channels == 0) return valid;
  if (!x || !gamma || !beta || !mean || !variance || !scratch) return EB_BAD_ARGUMENT;
  if (kept > 0 && (!y || (selected && y == x))) return EB_BAD_ARGUMENT;
  return typed(element, [=](auto* type) {
    using T = Element<decltype(type)>;
    return forward<true>(static_cast<const T*>(x), gamma, beta, rows, channels, selected, kept,
                         epsilon, static_cast<T*>(y), mean, variance, scratch, stream);
  });
}
