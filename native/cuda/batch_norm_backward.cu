// Gradients of batch norm, alone or with ReLU and channel selection.
// Version 1: three launches: sums of d and d (x - mean) in double over chunks of rows, their join,
// dx. The ReLU's mask is recomputed from x, so neither its output nor a mask is read.
// Version 2: bf16.
#include "common/batch_norm.h"
#include "common/elementwise.h"
#include "cuda/batch_norm_scratch.h"

namespace eb::cuda {
namespace {

// The operands, and the tables that the join writes: per channel dbeta / rows and
// dgamma invstd / rows.
template <class T>
struct Backward {
  const T* x;
  const T* dy;
  const float* mean;
  const float* variance;
  const float* gamma;
  const float* beta;
  const int32_t* selected;
  const int32_t* position;
  uint32_t channels;
  uint32_t kept;
  float epsilon;
  T* dx;
  float* dgamma;
  float* dbeta;
  float* shift;
  float* slope;
};

// What belongs to V channels.
template <int V>
struct Norm {
  float mean[V];
  float scale[V];
  float beta[V];

  template <class T>
  __device__ Norm(const Backward<T>& b, uint32_t channel) {
    for (int j = 0; j < V; j++) {
      const uint32_t c = channel + j;
      mean[j] = b.mean[c];
      scale[j] = eb_batch_norm_scale(b.gamma[c], b.variance[c], b.epsilon);
      beta[j] = b.beta ? b.beta[c] : 0.0f;
    }
  }

  // The gradient that reaches batch norm's output.
  template <bool kRelu>
  __device__ float gradient(int j, float x, float dy) const {
    if (!kRelu) return dy;
    return eb_relu_gradient(eb_batch_norm_apply(x, mean[j], scale[j], beta[j]), dy);
  }
};

template <int V, class T, bool kRelu>
struct Gradients {
  Backward<T> b;

  struct Columns {
    uint32_t source;
    Norm<V> norm;
  };

  __device__ Columns columns(uint32_t k) const {
    const uint32_t source = V == 1 && b.selected ? static_cast<uint32_t>(b.selected[k]) : k;
    return {source, Norm<V>(b, source)};
  }

  __device__ void add(const Columns& c, uint32_t row, uint32_t k, double (&sum)[V],
                      double (&product)[V]) const {
    float x[V];
    float dy[V];
    load(b.x + row * b.channels + c.source, x);
    load(b.dy + row * b.kept + k, dy);
    for (int j = 0; j < V; j++) {
      const double d = static_cast<double>(c.norm.template gradient<kRelu>(j, x[j], dy[j]));
      sum[j] += d;
      product[j] += d * (static_cast<double>(x[j]) - static_cast<double>(c.norm.mean[j]));
    }
  }
};

// Joins the sums of kept channels; channels that are not kept get zeros.
template <class T>
__global__ void __launch_bounds__(kThreads)
    gradients_kernel(Backward<T> b, const double* partial, uint32_t chunks, double rows) {
  const uint32_t c = blockIdx.x * kJoinChannels + threadIdx.x % kJoinChannels;
  uint32_t k = c;
  if (c < b.channels && b.position) k = static_cast<uint32_t>(b.position[c]);
  if (c >= b.channels) k = b.kept;
  double sum;
  double product;
  join(partial, chunks, b.kept, k, &sum, &product);
  if (threadIdx.x < kJoinChannels && c < b.channels) {
    const double invstd = eb_batch_norm_invstd(b.variance[c], b.epsilon);
    const bool kept = k < b.kept;
    const double dgamma = kept ? product * invstd : 0.0;
    b.dbeta[c] = static_cast<float>(sum);
    b.dgamma[c] = static_cast<float>(dgamma);
    b.shift[c] = static_cast<float>(sum / rows);
    b.slope[c] = kept ? static_cast<float>(dgamma * invstd / rows) : 0.0f;
  }
}

template <int V, class T, bool kRelu>
__global__ void __launch_bounds__(kThreads) input_gradient_kernel(Backward<T> b, Walk w) {
  const Place<V> p(w);
  if (p.row >= p.end) return;
  uint32_t k = p.channel;
  if (V == 1 && b.position) k = static_cast<uint32_t>(b.position[p.channel]);
  const Norm<V> norm(b, p.channel);
  float shift[V];
  float slope[V];
  for (int j = 0; j < V; j++) {
    shift[j] = b.shift[p.channel + j];
    slope[j] = b.slope[p.channel + j];
  }
#pragma unroll 4
  for (uint32_t row = p.row; row < p.end; row += w.lines) {
    float v[V] = {};
    if (k < b.kept) {
      float dy[V];
      load(b.x + row * b.channels + p.channel, v);
      load(b.dy + row * b.kept + k, dy);
      for (int j = 0; j < V; j++) {
        const float d = norm.template gradient<kRelu>(j, v[j], dy[j]);
        v[j] = eb_batch_norm_dx(v[j], d, norm.mean[j], norm.scale[j], shift[j], slope[j]);
      }
    }
    store(b.dx + row * b.channels + p.channel, v);
  }
}

template <int V, bool kRelu, class T>
eb_status sums(const Backward<T>& b, int64_t rows, double* partial, uint32_t* chunks,
               void* stream) {
  const Walk walk = Walk::of(rows, b.kept, V);
  *chunks = walk.chunks;
  using Term = Gradients<V, T, kRelu>;
  return launch(sums_kernel<V, Term>, walk.blocks(), kThreads, stream, Term{b}, walk, partial);
}

template <bool kRelu, class T>
eb_status backward(Backward<T> b, int64_t rows, void* scratch, void* stream) {
  double* partial = static_cast<double*>(scratch);
  b.shift = reinterpret_cast<float*>(partial + partial_doubles(rows, b.channels));
  b.slope = b.shift + b.channels;
  const int v = b.selected ? 1 : width(b.channels, b.x, b.dy, b.dx);
  uint32_t chunks = 0;
  eb_status status = EB_OK;
  if (b.kept > 0) {
    status = v == 4 ? sums<4, kRelu>(b, rows, partial, &chunks, stream)
                    : sums<1, kRelu>(b, rows, partial, &chunks, stream);
  }
  if (status != EB_OK) return status;
  status = launch(gradients_kernel<T>, grid(ceil_div(b.channels, kJoinChannels)), kThreads, stream,
                  b, partial, chunks, static_cast<double>(rows));
  if (status != EB_OK) return status;
  const Walk walk = Walk::of(rows, b.channels, v);
  return v == 4
             ? launch(input_gradient_kernel<4, T, kRelu>, walk.blocks(), kThreads, stream, b, walk)
             : launch(input_gradient_kernel<1, T, kRelu>, walk.blocks(), kThreads, stream, b, walk);
}

}  // namespace
}  // namespace eb::cuda

eb_status eb_cuda_batch_norm_backward(int32_t element, const void* x, const void* dy,
                                      const float* mean, const float* variance, const float* gamma,
                                      int64_t rows, int64_t channels, float epsilon, void* dx,
                                      float* dgamma, float* dbeta, void* scratch, void* stream) {
  using namespace eb::cuda;
  const eb_status valid = check_rows(rows, channels, nullptr, nullptr, channels);
  if (valid != EB_OK || channels == 0) return valid;
  if (!x || !dy || !mean || !variance || !gamma || !dx || !dgamma || !dbeta || !scratch) {
    return EB_BAD_ARGUMENT;
  }
  return typed(element, [=](auto* type) {
    using T = Element<decltype(type)>;
    const uint32_t all = static_cast<uint32_t>(channels);
    const Backward<T> b = {static_cast<const T*>(x),
                           static_cast<const T*>(dy),
                           mean,
                           variance,
                           gamma,
                           nullptr,
                           nullptr,
                           nullptr,
                           all,
                           all,
                           epsilon,
                           static_cast<T*>(dx),
                           dgamma,
                           dbeta,
                           nullptr,
                           nullptr};
    return backward<false>(b, rows, scratch, stream);
  });
}

eb_status eb_cuda_batch_norm_relu_backward(int32_t element, const void* x, const void* dy,
                                           const float* mean, const float* variance,
                                           const float* gamma, const float* beta, int64_t rows,
                                           int64_t channels, const int32_t* selected,
                                           const int32_t* position, int64_t kept, float epsilon,
                                           void* dx, float* dgamma, float* dbeta, void* scratch,
                                           void* stream) {
  using namespace eb::cuda;
  const eb_status valid = check_rows(rows, channels, selected, position, kept);
  if (valid != EB_OK || channels == 0) return valid;
  if (!x || (kept > 0 && !dy) || !mean || !variance || !gamma || !beta || !dx || !dgamma ||
      !dbeta || !scratch || (selected && dx == dy)) {
    return EB_BAD_ARGUMENT;
  }
  return typed(element, [=](auto* type) {
    using T = Element<decltype(type)>;
    const Backward<T> b = {static_cast<const T*>(x),
                           static_cast<const T*>(dy),
                           mean,
                           variance,
                           gamma,
                           beta,
                           selected,
                           position,
                           static_cast<uint32_t>(channels),
                           static_cast<uint32_t>(kept),
                           epsilon,
                           static_cast<T*>(dx),
                           dgamma,
                           dbeta,
                           nullptr,
                           nullptr};
    return backward<true>(b, rows, scratch, stream);
  });
}
