// Rounding runs of elements to a number format, a tile at a time: first the tile's random bits, then
// one loop over values.
#ifndef EARLYBIRD_CPU_ROUND_TILES_H
#define EARLYBIRD_CPU_ROUND_TILES_H

#include "common/block_float.h"
#include "cpu/element.h"
#include "cpu/philox_blocks.h"

namespace eb::EB_ISA {

// Elements whose random bits are made at once where runs of one block are short.
constexpr int64_t kRoundTile = 256;

// The random bits of a tile of elements.
struct RandomTile {
  // Room for a tile that begins in the middle of a block, in whole groups of blocks.
  static constexpr int64_t kWords = kRoundTile + 4 * kBlockGroup;
  alignas(64) uint32_t words[kWords];
  // Where the tile's first element lies in its block.
  int64_t lead = 0;
};

// What is added below the bits that stay: half a unit, or random bits of the element.
class Addends {
 public:
  // bits: how many are added at random; 0 adds `constant` always.
  Addends(uint32_t bits, uint32_t constant, const Stream& stream)
      : bits_(bits), constant_(constant), blocks_(stream) {}

  // Whether they are random.
  bool draws() const { return bits_ > 0; }

  const PhiloxBlocks& philox() const { return blocks_; }

  // Calls body(j, addend) for j in [0, count), the elements i.. of the tensor.
  template <class Body>
  void for_all(int64_t i, int64_t count, Body body) const {
    if (bits_ == 0) {
      const uint32_t constant = constant_;
#pragma omp simd
      for (int64_t j = 0; j < count; j++) body(j, constant);
    } else if (bits_ <= 16) {
      in_groups<Half, 8>(i, count, 16 - bits_, body);
    } else {
      in_groups<Word, 4>(i, count, 32 - bits_, body);
    }
  }

  // Makes those of the elements i.. of the tensor; count <= kRoundTile.
  void fill(int64_t i, int64_t count, RandomTile* tile) const {
    if (bits_ == 0) return;
    const int64_t shift = bits_ <= 16 ? 3 : 2;
    const int64_t size = int64_t{1} << shift;
    tile->lead = i & (size - 1);
    blocks_.write(static_cast<uint32_t>(i >> shift), (tile->lead + count + size - 1) >> shift,
                  tile->words);
  }

  // Calls body(j, addend) for j in [first, end), places in the tile.
  template <class Body>
  void each(const RandomTile& tile, int64_t first, int64_t end, Body body) const {
    if (bits_ == 0) {
      const uint32_t constant = constant_;
#pragma omp simd
      for (int64_t j = first; j < end; j++) body(j, constant);
    } else if (bits_ <= 16) {
      each_draw<Half>(tile, first, end, 16 - bits_, body);
    } else {
      each_draw<Word>(tile, first, end, 32 - bits_, body);
    }
  }

 private:
  // Two narrow draws share a word, the even element's the low half: as 16-bit numbers they lie in
  // order.
  typedef uint16_t __attribute__((may_alias)) Half;
  typedef uint32_t Word;

  template <class Draw, class Body>
  static void each_draw(const RandomTile& tile, int64_t first, int64_t end, uint32_t shift,
                        Body body) {
    const Draw* draws = reinterpret_cast<const Draw*>(tile.words) + tile.lead;
#pragma omp simd
    for (int64_t j = first; j < end; j++) body(j, static_cast<uint32_t>(draws[j]) >> shift);
  }

  // Whole groups of blocks, of kDraws draws each, in loops whose length the compiler knows; what
  // lies before and behind them as tiles.
  template <class Draw, int64_t kDraws, class Body>
  void in_groups(int64_t i, int64_t count, uint32_t shift, Body body) const {
    constexpr int64_t kGroup = kDraws * kBlockGroup;
    const int64_t misplaced = i & (kDraws - 1);
    const int64_t before = misplaced == 0 ? 0 : kDraws - misplaced;
    int64_t at = before < count ? before : count;
    if (at > 0) piece<Draw>(i, 0, at, shift, body);
    for (; at + kGroup <= count; at += kGroup) {
      alignas(64) uint32_t words[4 * kBlockGroup];
      blocks_.write(static_cast<uint32_t>((i + at) / kDraws), kBlockGroup, words);
      const Draw* draws = reinterpret_cast<const Draw*>(words);
#pragma omp simd
      for (int64_t j = 0; j < kGroup; j++) body(at + j, static_cast<uint32_t>(draws[j]) >> shift);
    }
    if (at < count) piece<Draw>(i, at, count - at, shift, body);
  }

  template <class Draw, class Body>
  void piece(int64_t i, int64_t at, int64_t count, uint32_t shift, Body body) const {
    RandomTile tile;
    fill(i + at, count, &tile);
    each_draw<Draw>(tile, 0, count, shift,
                    [=](int64_t j, uint32_t addend) { body(at + j, addend); });
  }

  uint32_t bits_;
  uint32_t constant_;
  PhiloxBlocks blocks_;
};

// Block floating point with everything but the blocks' exponents. x and y are the same or apart;
// y may be of a type that holds the results exactly.
class BlockRounding {
 public:
  BlockRounding(int32_t word_length, bool stochastic, const Stream& stream)
      : word_length_(static_cast<uint32_t>(word_length)),
        keep_(~((1u << bits()) - 1u)),
        addends_(stochastic ? bits() : 0, 1u << (bits() - 1), stream) {}

  // Elements i.. of the tensor, x[0..count) to y[0..count), all of one block.
  template <class Y>
  void run(const float* x, int64_t i, int64_t count, int32_t exponent, Y* y) const {
    rounded(exponent, x, y, [&](auto body) { addends_.for_all(i, count, body); });
  }

  // The same where the elements lie in runs of `inner`, and run r has the shared exponent
  // exponents[r % blocks].
  template <class Y>
  void run_rows(const float* x, int64_t i, int64_t count, int64_t inner, const int32_t* exponents,
                int64_t blocks, Y* y) const {
    int64_t block = i / inner % blocks;
    int64_t left = inner - i % inner;
    RandomTile tile;
    for (int64_t at = 0; at < count;) {
      // Tiles end where the next one can begin with a block.
      const int64_t most = kRoundTile - ((i + at) & 7);
      const int64_t n = count - at < most ? count - at : most;
      addends_.fill(i + at, n, &tile);
      for (int64_t done = 0; done < n;) {
        const int64_t end = left < n - done ? done + left : n;
        rounded(exponents[block], x + at, y + at,
                [&](auto body) { addends_.each(tile, done, end, body); });
        left -= end - done;
        done = end;
        if (left == 0) {
          left = inner;
          if (++block == blocks) block = 0;
        }
      }
      at += n;
    }
  }

  // The same where element i + j has the shared exponent exponent(j).
  template <class Y, class Exponent>
  void run_each(const float* x, int64_t i, int64_t count, Y* y, Exponent exponent) const {
    const uint32_t word_length = word_length_;
    const uint32_t keep = keep_;
    addends_.for_all(i, count, [=](int64_t j, uint32_t addend) {
      const eb_block block = eb_block_of(exponent(j), word_length);
      y[j] = eb_block_round(x[j], block, addend, keep);
    });
  }

  // What else a loop of its own needs to know.
  bool draws() const { return addends_.draws(); }
  uint32_t random_bits() const { return bits(); }
  uint32_t keep() const { return keep_; }
  eb_block block(int32_t exponent) const { return eb_block_of(exponent, word_length_); }
  const PhiloxBlocks& philox() const { return addends_.philox(); }

  // Every element its own block: vectors with one exponent per index.
  template <class Y>
  void run_alone(const float* x, int64_t i, int64_t count, Y* y) const {
    run_each(x, i, count, y, [=](int64_t j) { return eb_exponent_in_place(x[j]); });
  }

 private:
  // Gives `loop` the body that rounds x[j] to y[j] in a block with this shared exponent.
  template <class Y, class Loop>
  void rounded(int32_t exponent, const float* x, Y* y, Loop loop) const {
    const eb_block block = eb_block_of(exponent, word_length_);
    const uint32_t keep = keep_;
    if (eb_block_is_normal(exponent)) {
      const float offset = block.offset;
      const float largest = eb_bits_float(static_cast<uint32_t>(block.largest));
      loop([=](int64_t j, uint32_t addend) {
        y[j] = eb_block_round_normal(x[j], offset, largest, addend, keep);
      });
    } else {
      loop([=](int64_t j, uint32_t addend) { y[j] = eb_block_round(x[j], block, addend, keep); });
    }
  }

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
