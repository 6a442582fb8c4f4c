// Rounding runs of elements to a number format, a tile at a time: first the tile's random bits, then
// one loop over values.
#ifndef EARLYBIRD_CPU_ROUND_TILES_H
#define EARLYBIRD_CPU_ROUND_TILES_H

#include "common/block_float.h"
#include "cpu/philox_blocks.h"

namespace eb::EB_ISA {

// Elements whose random bits are made at once.
constexpr int64_t kRoundTile = 256;

// What is added below the bits that stay: half a unit, or random bits of the element.
class Addends {
 public:
  // bits: how many are added at random; 0 adds `constant` always.
  Addends(uint32_t bits, uint32_t constant, const Stream& stream)
      : bits_(bits), constant_(constant), stream_(stream) {}

  // Calls body(j, addend) for j in [0, count), the elements i.. of the tensor; count <= kRoundTile.
  template <class Body>
  void each(int64_t i, int64_t count, Body body) const {
    if (bits_ == 0) {
      const uint32_t constant = constant_;
#pragma omp simd
      for (int64_t j = 0; j < count; j++) body(j, constant);
    } else if (bits_ <= 16) {
      narrow(i, count, body);
    } else {
      wide(i, count, body);
    }
  }

 private:
  // Room for a tile that begins in the middle of a block.
  static constexpr int64_t kTileWords = kRoundTile + 4 * kBlockGroup + 4;

  // Two elements share a word, the even one its low half: as 16-bit numbers they lie in order.
  template <class Body>
  void narrow(int64_t i, int64_t count, Body body) const {
    alignas(64) uint32_t words[kTileWords / 2 + 4 * kBlockGroup];
    const int64_t lead = i & 7;
    philox_blocks(stream_, static_cast<uint32_t>(i >> 3), (lead + count + 7) >> 3, words);
    typedef uint16_t __attribute__((may_alias)) Half;
    const Half* halves = reinterpret_cast<const Half*>(words) + lead;
    const uint32_t shift = 16 - bits_;
#pragma omp simd
    for (int64_t j = 0; j < count; j++) body(j, static_cast<uint32_t>(halves[j]) >> shift);
  }

  template <class Body>
  void wide(int64_t i, int64_t count, Body body) const {
    alignas(64) uint32_t words[kTileWords];
    const int64_t lead = i & 3;
    philox_blocks(stream_, static_cast<uint32_t>(i >> 2), (lead + count + 3) >> 2, words);
    const uint32_t* own = words + lead;
    const uint32_t shift = 32 - bits_;
#pragma omp simd
    for (int64_t j = 0; j < count; j++) body(j, own[j] >> shift);
  }

  uint32_t bits_;
  uint32_t constant_;
  Stream stream_;
};

// Block floating point with everything but the blocks' exponents.
class BlockRounding {
 public:
  BlockRounding(int32_t word_length, bool stochastic, const Stream& stream)
      : word_length_(static_cast<uint32_t>(word_length)),
        keep_(~((1u << bits()) - 1u)),
        addends_(stochastic ? bits() : 0, 1u << (bits() - 1), stream) {}

  // Elements i.. of the tensor, x[0..count) to y[0..count), all of one block.
  void run(const float* x, int64_t i, int64_t count, int32_t exponent, float* y) const {
    const eb_block block = eb_block_of(exponent, word_length_);
    const uint32_t keep = keep_;
    for (int64_t at = 0; at < count; at += kRoundTile) {
      const float* from = x + at;
      float* to = y + at;
      addends_.each(i + at, tile(count - at), [=](int64_t j, uint32_t addend) {
        to[j] = eb_block_round(from[j], block, addend, keep);
      });
    }
  }

  // The same where element j has the shared exponent exponent(j).
  template <class Exponent>
  void run_each(const float* x, int64_t i, int64_t count, float* y, Exponent exponent) const {
    const uint32_t word_length = word_length_;
    const uint32_t keep = keep_;
    for (int64_t at = 0; at < count; at += kRoundTile) {
      const float* from = x + at;
      float* to = y + at;
      addends_.each(i + at, tile(count - at), [=](int64_t j, uint32_t addend) {
        const eb_block block = eb_block_of(exponent(at + j), word_length);
        to[j] = eb_block_round(from[j], block, addend, keep);
      });
    }
  }

  // Every element its own block: vectors with one exponent per index.
  void run_alone(const float* x, int64_t i, int64_t count, float* y) const {
    run_each(x, i, count, y, [=](int64_t j) { return eb_exponent_in_place(x[j]); });
  }

 private:
  static int64_t tile(int64_t left) { return left < kRoundTile ? left : kRoundTile; }

  uint32_t bits() const { return eb_block_random_bits(word_length_); }

  uint32_t word_length_;
  uint32_t keep_;
  Addends addends_;
};

// The largest exponent in place of n values, at least `least`.
inline int32_t largest_exponent(const float* x, int64_t n, int32_t least) {
  int32_t most = least;
#pragma omp simd reduction(max : most)
  for (int64_t j = 0; j < n; j++) {
    const int32_t e = eb_exponent_in_place(x[j]);
    most = e > most ? e : most;
  }
  return most;
}

}  // namespace eb::EB_ISA

#endif
