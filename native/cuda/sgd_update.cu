// SGD with momentum, on one tensor or on many.
// Version 1: one launch per tensor. Version 2: one launch for all tensors, a block per chunk of
// 4096 elements, which finds its tensor by bisection; 16 bytes per access where the tensor allows.
#include "common/elementwise.h"
#include "common/sgd.h"
#include "cuda/item_table.h"
#include "cuda/map.h"
#include "earlybird/cuda/optimizer.h"
#include "earlybird/optimizer.h"

namespace eb::cuda {
namespace {

static_assert(sizeof(eb_sgd_item) == EB_CUDA_SGD_ITEM_BYTES, "the layout that callers write");

struct Step {
  float rate;
  float momentum;
  float decay;
  float l1;

  __device__ void operator()(float& w, float& m, float g) const {
    const float gradient = l1 != 0.0f ? eb_add_sign(g, w, l1) : g;
    m = eb_sgd_momentum(w, m, gradient, momentum, decay);
    w = eb_sgd_weight(w, m, rate);
  }
};

__device__ bool aligned4(const eb_sgd_item& item) {
  const uintptr_t all =
      reinterpret_cast<uintptr_t>(item.weight) | reinterpret_cast<uintptr_t>(item.momentum_buffer) |
      reinterpret_cast<uintptr_t>(item.gradient) | reinterpret_cast<uintptr_t>(item.new_weight) |
      reinterpret_cast<uintptr_t>(item.new_momentum);
  return all % 16 == 0;
}

// Updates elements [begin, end) of one tensor by one block; begin is a multiple of four.
__device__ void update(const eb_sgd_item& item, float rate, int64_t begin, int64_t end) {
  const Step step = {rate, item.momentum, item.weight_decay, item.l1_scale};
  int64_t i = begin;
  if (aligned4(item)) {
    const int64_t whole = begin + (end - begin) / 4 * 4;
    for (i = begin + 4 * threadIdx.x; i < whole; i += 4 * kThreads) {
      float4 w = load4(item.weight + i);
      float4 m = load4(item.momentum_buffer + i);
      const float4 g = load4(item.gradient + i);
      step(w.x, m.x, g.x);
      step(w.y, m.y, g.y);
      step(w.z, m.z, g.z);
      step(w.w, m.w, g.w);
      store4(item.new_momentum + i, m);
      store4(item.new_weight + i, w);
    }
    i = whole;
  }
  for (i += threadIdx.x; i < end; i += kThreads) {
    float w = item.weight[i];
    float m = item.momentum_buffer[i];
    step(w, m, item.gradient[i]);
    item.new_momentum[i] = m;
    item.new_weight[i] = w;
  }
}

__device__ void update_chunk(const eb_sgd_item& item, float rate, int64_t chunk) {
  const int64_t begin = chunk * EB_CUDA_SGD_CHUNK;
  const int64_t end = begin + EB_CUDA_SGD_CHUNK;
  update(item, rate, begin, end < item.n ? end : item.n);
}

__global__ void __launch_bounds__(kThreads) sgd_kernel(eb_sgd_item item, const float* rate) {
  update_chunk(item, rate[0], blockIdx.x);
}

__global__ void __launch_bounds__(kThreads)
    multi_sgd_kernel(const eb_sgd_item* items, const int32_t* first_chunk, int32_t count,
                     const float* rate) {
  const int32_t chunk = static_cast<int32_t>(blockIdx.x);
  const int32_t k = item_of(first_chunk, count, chunk);
  const eb_sgd_item item = items[k];
  update_chunk(item, rate[0], chunk - first_chunk[k]);
}

}  // namespace
}  // namespace eb::cuda

eb_status eb_cuda_sgd_update_f32(const float* w, const float* m, const float* g, const float* rate,
                                 float momentum, float weight_decay, float* new_w, float* new_m,
                                 int64_t n, void* stream) {
  using namespace eb::cuda;
  const eb_status valid = check(n, w, m, g, rate, new_w, new_m);
  if (valid != EB_OK || n == 0) return valid;
  const eb_sgd_item item = {w, m, g, new_w, new_m, n, momentum, weight_decay, 0.0f};
  return launch(sgd_kernel, grid(ceil_div(n, EB_CUDA_SGD_CHUNK)), kThreads, stream, item, rate);
}

eb_status eb_cuda_multi_sgd_update_f32(const void* items, const int32_t* first_chunk, int64_t count,
                                       int64_t chunks, const float* rate, void* stream) {
  using namespace eb::cuda;
  if (count < 0 || chunks < 0 || !rate) return EB_BAD_ARGUMENT;
  if (chunks == 0) return EB_OK;
  if (count == 0 || !items || !first_chunk) return EB_BAD_ARGUMENT;
  if (count > kMaxElements || chunks > kMaxElements) return EB_UNSUPPORTED;
  return launch(multi_sgd_kernel, grid(chunks), kThreads, stream,
                static_cast<const eb_sgd_item*>(items), first_chunk, count, rate);
}
