// SGD with momentum in low precision, on many tensors.
// Version 1: row by row, so that what an update writes is still in the cache when its exponents are
// taken and it is rounded: three operands are read and two results written once, where single ops
// move 15 times a tensor. Asking for the next row meanwhile made it slower.
#include "common/elementwise.h"
#include "common/sgd.h"
#include "cpu/kernel_table.h"
#include "cpu/parallel.h"
#include "cpu/round_tiles.h"

namespace eb::EB_ISA {
namespace {

// Elements whose rounded gradients are kept at once.
constexpr int64_t kPiece = 1024;

// Where random numbers come from; nothing is drawn if `stochastic` is false.
struct Draws {
  bool stochastic;
  uint64_t seed;
  uint64_t step;

  BlockRounding rounding(int32_t bits, uint32_t hash) const {
    return BlockRounding(bits == 0 ? 2 : bits, stochastic, {seed, step, hash});
  }
};

// One tensor's update on rows of it.
class RowUpdate {
 public:
  RowUpdate(const eb_quantized_sgd_item& item, float rate, const Draws& draws)
      : item_(item),
        u_(item.update),
        rate_(rate),
        width_(item.update.n / item.rows),
        gradient_(draws.rounding(item.gradient_bits, item.gradient_hash)),
        weight_(draws.rounding(item.weight_bits, item.weight_hash)),
        momentum_(draws.rounding(item.momentum_bits, item.momentum_hash)) {}

  // Rows [first, end).
  void run(int64_t first, int64_t end) const {
    if (width_ == 1) {
      single_values(first, end);
      return;
    }
    for (int64_t row = first; row < end; row++) {
      const int64_t i = row * width_;
      row_update(i);
      const int32_t w = largest_exponent(u_.new_weight + i, width_, 0);
      const int32_t m = largest_exponent(u_.new_momentum + i, width_, 0);
      float* weight = u_.new_weight + i;
      float* momentum = u_.new_momentum + i;
      if (item_.weight_bits != 0) weight_.run(weight, i, width_, w, weight);
      if (item_.momentum_bits != 0) momentum_.run(momentum, i, width_, m, momentum);
    }
  }

 private:
  float gradient(int64_t i) const {
    return u_.l1_scale != 0.0f ? eb_add_sign(u_.gradient[i], u_.weight[i], u_.l1_scale)
                               : u_.gradient[i];
  }

  void step(int64_t i, float g) const {
    const float w = u_.weight[i];
    const float m = eb_sgd_momentum(w, u_.momentum_buffer[i], g, u_.momentum, u_.weight_decay);
    u_.new_weight[i] = eb_sgd_weight(w, m, rate_);
    u_.new_momentum[i] = m;
  }

  // The update of the row that begins at i, its gradient rounded and its results not yet.
  void row_update(int64_t i) const {
    const RowUpdate& self = *this;
    if (item_.gradient_bits == 0) {
#pragma omp simd
      for (int64_t j = i; j < i + width_; j++) self.step(j, self.gradient(j));
      return;
    }
    int32_t exponent = 0;
    if (u_.l1_scale == 0.0f) {
      exponent = largest_exponent(u_.gradient + i, width_, 0);
    } else {
      for (int64_t j = i; j < i + width_; j++) {
        const int32_t e = eb_exponent_in_place(gradient(j));
        exponent = e > exponent ? e : exponent;
      }
    }
    float rounded[kPiece];
    for (int64_t at = 0; at < width_; at += kPiece) {
      const int64_t n = width_ - at < kPiece ? width_ - at : kPiece;
      const float* from = u_.gradient + i + at;
      if (u_.l1_scale != 0.0f) {
        for (int64_t j = 0; j < n; j++) rounded[j] = gradient(i + at + j);
        from = rounded;
      }
      gradient_.run(from, i + at, n, exponent, rounded);
      plain_steps(i + at, n, rounded);
    }
  }

  void plain_steps(int64_t i, int64_t n, const float* g) const {
    const float* w = u_.weight + i;
    const float* m = u_.momentum_buffer + i;
    float* new_w = u_.new_weight + i;
    float* new_m = u_.new_momentum + i;
    const float momentum = u_.momentum;
    const float decay = u_.weight_decay;
    const float rate = rate_;
#pragma omp simd
    for (int64_t j = 0; j < n; j++) {
      const float next = eb_sgd_momentum(w[j], m[j], g[j], momentum, decay);
      const float weight = eb_sgd_weight(w[j], next, rate);
      new_m[j] = next;
      new_w[j] = weight;
    }
  }

  // Rows of one value, each its own block.
  void single_values(int64_t first, int64_t end) const {
    float g[kPiece];
    for (int64_t at = first; at < end; at += kPiece) {
      const int64_t n = end - at < kPiece ? end - at : kPiece;
      for (int64_t j = 0; j < n; j++) g[j] = gradient(at + j);
      if (item_.gradient_bits != 0) gradient_.run_alone(g, at, n, g);
      plain_steps(at, n, g);
      float* weight = u_.new_weight + at;
      float* momentum = u_.new_momentum + at;
      if (item_.weight_bits != 0) weight_.run_alone(weight, at, n, weight);
      if (item_.momentum_bits != 0) momentum_.run_alone(momentum, at, n, momentum);
    }
  }

  const eb_quantized_sgd_item& item_;
  const eb_sgd_item& u_;
  float rate_;
  int64_t width_;
  BlockRounding gradient_;
  BlockRounding weight_;
  BlockRounding momentum_;
};

}  // namespace

eb_status multi_quantized_sgd_update_f32(const eb_quantized_sgd_item* items, int64_t count,
                                         const float* rate, int32_t stochastic, int64_t seed,
                                         const int64_t* step) {
  const Draws draws = {stochastic != 0, static_cast<uint64_t>(seed),
                       stochastic ? static_cast<uint64_t>(step[0]) : 0};
  int64_t elements = 0;
  for (int64_t k = 0; k < count; k++) elements += items[k].update.n;
  // Every thread takes the rows that begin in its part of all elements.
  parallel_ranges(elements, kLine, [=](int64_t begin, int64_t end) {
    int64_t before = 0;
    for (int64_t k = 0; k < count && before < end; k++) {
      const int64_t n = items[k].update.n;
      if (n > 0) {
        const int64_t width = n / items[k].rows;
        const int64_t from = begin > before ? (begin - before + width - 1) / width : 0;
        const int64_t to = end - before < n ? (end - before + width - 1) / width : items[k].rows;
        if (from < to) RowUpdate(items[k], rate[0], draws).run(from, to);
      }
      before += n;
    }
  });
  return EB_OK;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
namespace {
bool bits_fit(int32_t bits) { return bits == 0 || (bits >= 2 && bits <= 16); }

bool valid(const eb_quantized_sgd_item& item) {
  const eb_sgd_item& u = item.update;
  if (!bits_fit(item.gradient_bits) || !bits_fit(item.weight_bits) ||
      !bits_fit(item.momentum_bits) || u.n < 0) {
    return false;
  }
  return u.n == 0 || (item.rows > 0 && u.n % item.rows == 0 && u.weight && u.momentum_buffer &&
                      u.gradient && u.new_weight && u.new_momentum);
}
}  // namespace

eb_status eb_multi_quantized_sgd_update_f32(const eb_quantized_sgd_item* items, int64_t count,
                                            const float* rate, int32_t stochastic, int64_t seed,
                                            const int64_t* step) {
  if (count < 0 || !rate || (count > 0 && !items) || (stochastic && !step)) {
    return EB_BAD_ARGUMENT;
  }
  for (int64_t k = 0; k < count; k++) {
    if (!valid(items[k])) return EB_BAD_ARGUMENT;
  }
  return eb::active().multi_quantized_sgd_update_f32(items, count, rate, stochastic, seed, step);
}
#endif
