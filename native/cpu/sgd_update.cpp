// SGD with momentum, on one tensor or on many.
// Version 1: one pass over one tensor. Version 2: all tensors of a network in one parallel loop, cut
// at equal numbers of elements: two hundred small vectors no longer cost two hundred team wake-ups.
#include "common/elementwise.h"
#include "common/sgd.h"
#include "cpu/kernel_table.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {
namespace {

template <bool kL1>
void update(const eb_sgd_item& item, float rate, int64_t begin, int64_t end) {
  const float* w = item.weight;
  const float* m = item.momentum_buffer;
  const float* g = item.gradient;
  float* new_w = item.new_weight;
  float* new_m = item.new_momentum;
  const float momentum = item.momentum;
  const float decay = item.weight_decay;
  const float l1 = item.l1_scale;
#pragma omp simd
  for (int64_t i = begin; i < end; i++) {
    const float gradient = kL1 ? eb_add_sign(g[i], w[i], l1) : g[i];
    const float next = eb_sgd_momentum(w[i], m[i], gradient, momentum, decay);
    const float weight = eb_sgd_weight(w[i], next, rate);
    new_m[i] = next;
    new_w[i] = weight;
  }
}

void update_part(const eb_sgd_item& item, float rate, int64_t begin, int64_t end) {
  if (item.l1_scale != 0.0f) {
    update<true>(item, rate, begin, end);
  } else {
    update<false>(item, rate, begin, end);
  }
}

int64_t lines_of(const eb_sgd_item& item) { return (item.n + kLine - 1) / kLine; }

}  // namespace

eb_status multi_sgd_update_f32(const eb_sgd_item* items, int64_t count, const float* rate) {
  int64_t lines = 0;
  for (int64_t k = 0; k < count; k++) lines += lines_of(items[k]);
  parallel_ranges(lines * kLine, kLine, [=](int64_t begin, int64_t end) {
    int64_t first = 0;
    for (int64_t k = 0; k < count && first < end; k++) {
      const int64_t n = items[k].n;
      const int64_t from = begin > first ? begin - first : 0;
      const int64_t to = end - first < n ? end - first : n;
      if (from < to) update_part(items[k], rate[0], from, to);
      first += lines_of(items[k]) * kLine;
    }
  });
  return EB_OK;
}

eb_status sgd_update_f32(const float* w, const float* m, const float* g, const float* rate,
                         float momentum, float weight_decay, float* new_w, float* new_m,
                         int64_t n) {
  const eb_sgd_item item = {w, m, g, new_w, new_m, n, momentum, weight_decay, 0.0f};
  return multi_sgd_update_f32(&item, 1, rate);
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
namespace {
bool valid(const eb_sgd_item& item) {
  return item.n == 0 || (item.n > 0 && item.weight && item.momentum_buffer && item.gradient &&
                         item.new_weight && item.new_momentum);
}
}  // namespace

eb_status eb_sgd_update_f32(const float* w, const float* m, const float* g, const float* rate,
                            float momentum, float weight_decay, float* new_w, float* new_m,
                            int64_t n) {
  if (!rate || !valid({w, m, g, new_w, new_m, n, momentum, weight_decay, 0.0f})) {
    return EB_BAD_ARGUMENT;
  }
  return eb::active().sgd_update_f32(w, m, g, rate, momentum, weight_decay, new_w, new_m, n);
}

eb_status eb_multi_sgd_update_f32(const eb_sgd_item* items, int64_t count, const float* rate) {
  if (count < 0 || !rate || (count > 0 && !items)) return EB_BAD_ARGUMENT;
  for (int64_t k = 0; k < count; k++) {
    if (!valid(items[k])) return EB_BAD_ARGUMENT;
  }
  return eb::active().multi_sgd_update_f32(items, count, rate);
}
#endif
