// SGD with momentum in low precision, on many tensors.
// Version 1: one launch for all tensors, a block of threads for each row, which is a block of the
// format, or for 1024 rows of one value. Every thread rounds what it computed itself, so that results
// are read again from the cache alone.
#include "common/block_float.h"
#include "common/elementwise.h"
#include "common/sgd.h"
#include "cuda/addends.h"
#include "cuda/block_max.h"
#include "cuda/item_table.h"
#include "earlybird/cuda/optimizer.h"
#include "earlybird/optimizer.h"

namespace eb::cuda {
namespace {

static_assert(sizeof(eb_quantized_sgd_item) == EB_CUDA_QUANTIZED_SGD_ITEM_BYTES,
              "the layout that callers write");

struct Draws {
  bool stochastic;
  uint64_t seed;
  const int64_t* step;
};

// Rounds values of one tensor; with bits = 0 it leaves them as they are.
struct Rounder {
  uint32_t bits;
  uint32_t keep;
  Addends draws;

  __device__ Rounder(int32_t word_length, uint32_t hash, const Draws& d)
      : bits(static_cast<uint32_t>(word_length)) {
    const uint32_t random = bits == 0 ? 1 : eb_block_random_bits(bits);
    keep = ~((1u << random) - 1u);
    draws = {d.stochastic && bits != 0 ? random : 0, 1u << (random - 1), d.seed, hash, d.step};
  }

  __device__ float round(float x, int32_t exponent, uint32_t addend) const {
    return bits == 0 ? x : eb_block_round(x, eb_block_of(exponent, bits), addend, keep);
  }
};

struct Update {
  const eb_quantized_sgd_item& item;
  float rate;
  Rounder gradient;
  Rounder weight;
  Rounder momentum;

  __device__ Update(const eb_quantized_sgd_item& item, float rate, const Draws& d)
      : item(item),
        rate(rate),
        gradient(item.gradient_bits, item.gradient_hash, d),
        weight(item.weight_bits, item.weight_hash, d),
        momentum(item.momentum_bits, item.momentum_hash, d) {}

  __device__ float regularized(uint32_t i) const {
    const float g = item.update.gradient[i];
    const float l1 = item.update.l1_scale;
    return l1 != 0.0f ? eb_add_sign(g, item.update.weight[i], l1) : g;
  }

  // New momentum and weight from a gradient.
  __device__ void step(uint32_t i, float g, float& w, float& m) const {
    const float old = item.update.weight[i];
    m = eb_sgd_momentum(old, item.update.momentum_buffer[i], g, item.update.momentum,
                        item.update.weight_decay);
    w = eb_sgd_weight(old, m, rate);
  }

  // body(i, j) for the elements of [begin, end) that are the thread's, draw(group) before eight of
  // them.
  template <class Draw, class Body>
  __device__ static void each(uint32_t begin, uint32_t end, Draw draw, Body body) {
    const uint32_t groups = (end + kDraws - 1) / kDraws;
    for (uint32_t g = begin / kDraws + threadIdx.x; g < groups; g += kThreads) {
      draw(g);
      for (uint32_t j = 0; j < kDraws; j++) {
        const uint32_t i = g * kDraws + j;
        if (i >= begin && i < end) body(i, j);
      }
    }
  }

  __device__ void row(uint32_t begin, uint32_t end) const {
    int32_t of_gradient = 0;
    if (gradient.bits != 0) {
      for (uint32_t i = begin + threadIdx.x; i < end; i += kThreads) {
        of_gradient = larger(of_gradient, eb_exponent_in_place(regularized(i)));
      }
    }
    of_gradient = block_max(of_gradient);
    uint32_t a[kDraws];
    uint32_t b[kDraws];
    int32_t of_weight = 0;
    int32_t of_momentum = 0;
    each(
        begin, end, [&](uint32_t g) { gradient.draws.make(g, a); },
        [&](uint32_t i, uint32_t j) {
          float w;
          float m;
          step(i, gradient.round(regularized(i), of_gradient, a[j]), w, m);
          item.update.new_weight[i] = w;
          item.update.new_momentum[i] = m;
          of_weight = larger(of_weight, eb_exponent_in_place(w));
          of_momentum = larger(of_momentum, eb_exponent_in_place(m));
        });
    of_weight = block_max(of_weight);
    of_momentum = block_max(of_momentum);
    each(
        begin, end,
        [&](uint32_t g) {
          weight.draws.make(g, a);
          momentum.draws.make(g, b);
        },
        [&](uint32_t i, uint32_t j) {
          item.update.new_weight[i] = weight.round(item.update.new_weight[i], of_weight, a[j]);
          item.update.new_momentum[i] =
              momentum.round(item.update.new_momentum[i], of_momentum, b[j]);
        });
  }

  // Rows of one value, each its own block.
  __device__ void single_values(uint32_t begin, uint32_t end) const {
    uint32_t a[kDraws];
    uint32_t b[kDraws];
    uint32_t c[kDraws];
    each(
        begin, end,
        [&](uint32_t g) {
          gradient.draws.make(g, a);
          weight.draws.make(g, b);
          momentum.draws.make(g, c);
        },
        [&](uint32_t i, uint32_t j) {
          const float g = regularized(i);
          float w;
          float m;
          step(i, gradient.round(g, eb_exponent_in_place(g), a[j]), w, m);
          item.update.new_weight[i] = weight.round(w, eb_exponent_in_place(w), b[j]);
          item.update.new_momentum[i] = momentum.round(m, eb_exponent_in_place(m), c[j]);
        });
  }
};

__global__ void __launch_bounds__(kThreads)
    multi_quantized_sgd_kernel(const eb_quantized_sgd_item* items, const int32_t* first,
                               int32_t count, const float* rate, Draws draws) {
  const int32_t block = static_cast<int32_t>(blockIdx.x);
  const int32_t k = item_of(first, count, block);
  const eb_quantized_sgd_item& item = items[k];
  const Update update(item, rate[0], draws);
  const uint32_t n = static_cast<uint32_t>(item.update.n);
  const uint32_t rows = static_cast<uint32_t>(item.rows);
  const uint32_t at = static_cast<uint32_t>(block - first[k]);
  if (n == rows) {
    constexpr uint32_t kMost = EB_CUDA_QUANTIZED_SGD_ROWS;
    const uint32_t begin = at * kMost;
    update.single_values(begin, n - begin < kMost ? n : begin + kMost);
  } else {
    const uint32_t width = n / rows;
    update.row(at * width, (at + 1) * width);
  }
}

}  // namespace
}  // namespace eb::cuda

eb_status eb_cuda_multi_quantized_sgd_update_f32(const void* items, const int32_t* first_block,
                                                 int64_t count, int64_t blocks, const float* rate,
                                                 int32_t stochastic, int64_t seed,
                                                 const int64_t* step, void* stream) {
  using namespace eb::cuda;
  if (count < 0 || blocks < 0 || !rate || (stochastic && !step)) return EB_BAD_ARGUMENT;
  if (blocks == 0) return EB_OK;
  if (count == 0 || !items || !first_block) return EB_BAD_ARGUMENT;
  if (count > kMaxElements || blocks > kMaxElements) return EB_UNSUPPORTED;
  const Draws draws = {stochastic != 0, static_cast<uint64_t>(seed), step};
  return launch(multi_quantized_sgd_kernel, grid(blocks), kThreads, stream,
                static_cast<const eb_quantized_sgd_item*>(items), first_block, count, rate, draws);
}
