// SGD with momentum, on one tensor or on many.
// Many: one launch for all tensors whose operands lie in the same memories, a run of elements per
// group, which finds its tensor by bisection. OpenCL C 1.2 has no addresses in tables, so tensors
// are known by where they begin in these memories.
#include "common/elementwise.h"
#include "common/sgd.h"

kernel void sgd_update_f32(global const float* w, ulong w_at, global const float* m, ulong m_at,
                           global const float* g, ulong g_at, global const float* rate,
                           ulong rate_at, float momentum, float weight_decay, global float* new_w,
                           ulong new_w_at, global float* new_m, ulong new_m_at, uint n) {
  w += w_at;
  m += m_at;
  g += g_at;
  new_w += new_w_at;
  new_m += new_m_at;
  const float lr = rate[rate_at];
  EB_ELEMENTS(i, n) {
    const float v = eb_sgd_momentum(w[i], m[i], g[i], momentum, weight_decay);
    const float old = w[i];
    new_m[i] = v;
    new_w[i] = eb_sgd_weight(old, v, lr);
  }
}

// One tensor of the table: where its elements begin in each memory.
typedef struct {
  ulong weight;
  ulong momentum_buffer;
  ulong gradient;
  ulong new_weight;
  ulong new_momentum;
  ulong n;
  float momentum;
  float weight_decay;
  float l1_scale;
  uint first_group;
} eb_sgd_item;

kernel void multi_sgd_update_f32(global const float* w, global const float* m,
                                 global const float* g, global float* new_w, global float* new_m,
                                 global const eb_sgd_item* items, uint count,
                                 global const float* rate, ulong rate_at) {
  const uint group = get_group_id(0);
  uint low = 0;
  uint high = count;
  while (high - low > 1) {
    const uint middle = (low + high) / 2;
    if (items[middle].first_group <= group) {
      low = middle;
    } else {
      high = middle;
    }
  }
  const eb_sgd_item item = items[low];
  w += item.weight;
  m += item.momentum_buffer;
  g += item.gradient;
  new_w += item.new_weight;
  new_m += item.new_momentum;
  const float lr = rate[rate_at];
  const size_t begin = (group - item.first_group) * ((size_t)EB_GROUP * EB_SPAN);
  const size_t end = min((size_t)item.n, begin + (size_t)EB_GROUP * EB_SPAN);
  EB_INDEPENDENT
  for (size_t i = begin + get_local_id(0); i < end; i += EB_GROUP) {
    const float old = w[i];
    const float gradient =
        item.l1_scale != 0.0f ? eb_add_sign(g[i], old, item.l1_scale) : g[i];
    const float v = eb_sgd_momentum(old, m[i], gradient, item.momentum, item.weight_decay);
    new_m[i] = v;
    new_w[i] = eb_sgd_weight(old, v, lr);
  }
}
