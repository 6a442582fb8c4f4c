// The second half of batch norm: y from x and known statistics.
#ifndef EARLYBIRD_CUDA_BATCH_NORM_APPLY_H
#define EARLYBIRD_CUDA_BATCH_NORM_APPLY_H

#include "common/batch_norm.h"
#include "common/elementwise.h"
#include "cuda/batch_norm_scratch.h"

namespace eb::cuda {

template <class T, bool kRelu>
struct Apply {
  const T* x;
  const float* gamma;
  const float* beta;
  const float* mean;
  const float* variance;
  uint32_t channels;
  const int32_t* selected;
  float epsilon;
  T* y;

  // y [rows, kept].
  eb_status run(int64_t rows, int64_t kept, void* stream) const;

  // All rows of one thread; its channels are numbers of kept ones.
  template <int V>
  __device__ void rows(const Walk& w) const {
    const Place<V> p(w);
    if (p.row >= p.end) return;
    float m[V];
    float scale[V];
    float shift[V];
    uint32_t source = p.channel;
    if (V == 1 && selected) source = static_cast<uint32_t>(selected[p.channel]);
    for (int j = 0; j < V; j++) {
      const uint32_t c = source + j;
      m[j] = mean[c];
      scale[j] = eb_batch_norm_scale(gamma[c], variance[c], epsilon);
      shift[j] = beta[c];
    }
#pragma unroll 4
    for (uint32_t row = p.row; row < p.end; row += w.lines) {
      float v[V];
      load(x + row * channels + source, v);
      for (int j = 0; j < V; j++) {
        v[j] = eb_batch_norm_apply(v[j], m[j], scale[j], shift[j]);
        if (kRelu) v[j] = eb_relu(v[j]);
      }
      store(y + row * w.channels + p.channel, v);
    }
  }
};

template <int V, class T, bool kRelu>
__global__ void __launch_bounds__(kThreads) apply_kernel(Apply<T, kRelu> apply, Walk w) {
  apply.template rows<V>(w);
}

template <class T, bool kRelu>
eb_status Apply<T, kRelu>::run(int64_t rows, int64_t kept, void* stream) const {
  const int v = selected ? 1 : width(kept, x, y);
  const Walk walk = Walk::of(rows, kept, v);
  return v == 4 ? launch(apply_kernel<4, T, kRelu>, walk.blocks(), kThreads, stream, *this, walk)
                : launch(apply_kernel<1, T, kRelu>, walk.blocks(), kThreads, stream, *this, walk);
}

}  // namespace eb::cuda

#endif
