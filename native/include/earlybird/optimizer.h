// Updates of trained and running state. Every product and sum is rounded to fp32 on its own, so the
// bits are the same for any number of threads, any instruction set and any backend. They run over
// stored elements in any order and layout; padding that is zero stays zero.
#ifndef EARLYBIRD_OPTIMIZER_H
#define EARLYBIRD_OPTIMIZER_H

#include "earlybird/api.h"

// One tensor of n elements in eb_multi_sgd_update_f32; new_weight may be weight or gradient,
// new_momentum may be momentum_buffer.
typedef struct {
  const float* weight;
  const float* momentum_buffer;
  const float* gradient;
  float* new_weight;
  float* new_momentum;
  int64_t n;
  float momentum;
  float weight_decay;
  // Scale of the L1 subgradient; with 0 there is no such term.
  float l1_scale;
} eb_sgd_item;

// y[i] = g[i] + scale sign(w[i]) for i in [0, n); the sign of both zeros and of NaN is 0. y may be
// g or w.
EB_API eb_status eb_add_sign_f32(const float* g, const float* w, float scale, float* y, int64_t n);

// One step of SGD with momentum: d = g + weight_decay w, new_m = momentum m + d,
// new_w = w - rate[0] new_m, for n elements. new_w may be w or g, new_m may be m.
EB_API eb_status eb_sgd_update_f32(const float* w, const float* m, const float* g,
                                   const float* rate, float momentum, float weight_decay,
                                   float* new_w, float* new_m, int64_t n);

// eb_add_sign_f32 (where l1_scale is not 0) and eb_sgd_update_f32 on every item, in one pass.
EB_API eb_status eb_multi_sgd_update_f32(const eb_sgd_item* items, int64_t count,
                                         const float* rate);

// One tensor in eb_multi_quantized_sgd_update_f32: `rows` rows of update.n / rows elements, each of
// which is a block of block floating point (quantize.h).
typedef struct {
  eb_sgd_item update;
  int64_t rows;
  // Bits per value, 2 to 16; 0 where nothing is rounded.
  int32_t gradient_bits;
  int32_t weight_bits;
  int32_t momentum_bits;
  // Names of the random numbers' streams.
  uint32_t gradient_hash;
  uint32_t weight_hash;
  uint32_t momentum_hash;
} eb_quantized_sgd_item;

// eb_multi_sgd_update_f32 in low precision: the gradient with its L1 term is rounded, then comes the
// update, then new weight and new momentum are rounded. step: one number, not read unless
// `stochastic`. new_weight may be weight, new_momentum may be momentum_buffer; nothing else may
// overlap.
EB_API eb_status eb_multi_quantized_sgd_update_f32(const eb_quantized_sgd_item* items,
                                                   int64_t count, const float* rate,
                                                   int32_t stochastic, int64_t seed,
                                                   const int64_t* step);

// y[i] = (1 - momentum[0]) average[i] + momentum[0] (correction value[i]) for i in [0, n). y may be
// average or value.
EB_API eb_status eb_update_average_f32(const float* average, const float* value,
                                       const float* momentum, float correction, float* y,
                                       int64_t n);

// y[0] = counter[0] + by, modulo 2^64. y may be counter.
EB_API eb_status eb_increment_i64(const int64_t* counter, int64_t by, int64_t* y);

#endif
