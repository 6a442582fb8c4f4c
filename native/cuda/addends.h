// What stochastic rounding adds below the bits that stay, for eight elements at a time.
#ifndef EARLYBIRD_CUDA_ADDENDS_H
#define EARLYBIRD_CUDA_ADDENDS_H

#include "common/philox.h"
#include "cuda/map.h"

namespace eb::cuda {

// Elements whose random bits one thread makes together: a block of narrow draws, two of wide ones.
constexpr int64_t kDraws = 8;

// Half a unit, or random bits; bits = 0 stands for the nearest value.
struct Addends {
  uint32_t bits;
  uint32_t half;
  uint64_t seed;
  uint32_t hash;
  const int64_t* step;

  // Those of the elements 8 group to 8 group + 7.
  __device__ void make(uint32_t group, uint32_t out[kDraws]) const {
    if (bits == 0) {
#pragma unroll
      for (int j = 0; j < kDraws; j++) out[j] = half;
      return;
    }
    const uint64_t now = static_cast<uint64_t>(step[0]);
    if (bits <= 16) {
      const eb_philox4 four = eb_philox_block(seed, group, now, hash);
      const uint32_t words[4] = {four.w0, four.w1, four.w2, four.w3};
#pragma unroll
      for (int j = 0; j < 4; j++) {
        out[2 * j] = (words[j] & 0xFFFFu) >> (16 - bits);
        out[2 * j + 1] = (words[j] >> 16) >> (16 - bits);
      }
      return;
    }
#pragma unroll
    for (int b = 0; b < 2; b++) {
      const eb_philox4 four = eb_philox_block(seed, 2 * group + b, now, hash);
      out[4 * b] = four.w0 >> (32 - bits);
      out[4 * b + 1] = four.w1 >> (32 - bits);
      out[4 * b + 2] = four.w2 >> (32 - bits);
      out[4 * b + 3] = four.w3 >> (32 - bits);
    }
  }
};

inline Addends addends(bool stochastic, uint32_t bits, uint32_t hash, int64_t seed,
                       const int64_t* step) {
  return {stochastic ? bits : 0, 1u << (bits - 1), static_cast<uint64_t>(seed), hash, step};
}

// y[i] = f(x[i], i, addend) for the elements i of [begin, end) that belong to the group: in two
// accesses of 16 bytes each where all eight do and the pointers allow it.
template <class T, class F>
__device__ void round_group(const Addends& a, uint32_t group, uint32_t begin, uint32_t end,
                            bool whole, const float* x, T* y, const F& f) {
  uint32_t addend[kDraws];
  a.make(group, addend);
  const uint32_t first = group * kDraws;
  if (whole && first >= begin && first + kDraws <= end) {
    const float4 low = load4(x + first);
    const float4 high = load4(x + first + 4);
    store4(y + first, make_float4(f(low.x, first, addend[0]), f(low.y, first + 1, addend[1]),
                                  f(low.z, first + 2, addend[2]), f(low.w, first + 3, addend[3])));
    store4(y + first + 4,
           make_float4(f(high.x, first + 4, addend[4]), f(high.y, first + 5, addend[5]),
                       f(high.z, first + 6, addend[6]), f(high.w, first + 7, addend[7])));
    return;
  }
#pragma unroll
  for (uint32_t j = 0; j < kDraws; j++) {
    const uint32_t i = first + j;
    if (i >= begin && i < end) put(y + i, f(x[i], i, addend[j]));
  }
}

}  // namespace eb::cuda

#endif
