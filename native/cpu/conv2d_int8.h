// 8-bit block values that are stored as bf16 numbers, as integers: units of blocks, and how channels
// are sorted into groups whose terms share one.
#ifndef EARLYBIRD_CPU_CONV2D_INT8_H
#define EARLYBIRD_CPU_CONV2D_INT8_H

#include <immintrin.h>
#include <stdint.h>

#include <algorithm>
#include <limits>

#include "common/float_bits.h"
#include "cpu/conv2d_taps.h"
#include "cpu/simd.h"
#include "cpu/word_tile.h"

namespace eb::EB_ISA {

// Channels that packing has room for.
constexpr int64_t kMostChannels = 8192;

// Terms of which a sum of products of 8-bit integers always fits into 32 bits.
constexpr int64_t kMostTerms = 65536;

// Groups of channels of a round.
constexpr int kMostGroups = 8;

inline int most_groups(const Product& p) { return p.backward ? kMostGroups : 1; }

// Most words that the channels of a round take: those of a group are filled up.
inline int64_t most_words(const Product& p) { return (p.in + 3 * most_groups(p)) / 4; }

// What the integers of a block are multiples of: the values of a block with the exponent bits e are
// multiples of 2^(e - 133), at most 127 of them.
struct Unit {
  float value;       // 0 for a block whose unit would be subnormal, NaN for one that is not finite
  float reciprocal;  // makes integers of values; 0 where there are none
  int32_t exponent;  // bits; 0 for a block that counts as zero
};

inline Unit unit_of_exponent(uint32_t bits) {
  if (bits == 255) return {std::numeric_limits<float>::quiet_NaN(), 0.f, 255};
  if (bits < 7) return {0.f, 0.f, 0};
  return {eb_bits_float((bits - 6) << 23), eb_bits_float((260 - bits) << 23),
          static_cast<int32_t>(bits)};
}

// The unit of a block that lies in sequence.
inline Unit unit_of(const uint16_t* values, int64_t n) {
  uint16_t largest = 0;
  for (int64_t i = 0; i < n; i++) {
    largest = std::max(largest, static_cast<uint16_t>(values[i] & 0x7FFF));
  }
  return unit_of_exponent(largest >> 7);
}

// 16 values from `from`, of which those of the mask exist, as 8-bit integers; the others are zero.
// Of intrinsics without masks GCC 12 says that they read something uninitialised.
inline __m128i to_int8(__mmask16 valid, const uint16_t* from, __m512 reciprocal) {
  const __m512i wide = _mm512_maskz_cvtepu16_epi32(valid, _mm256_maskz_loadu_epi16(valid, from));
  const __m512 values = _mm512_castsi512_ps(_mm512_maskz_slli_epi32(valid, wide, 16));
  const __m512i numbers = _mm512_maskz_cvtps_epi32(valid, _mm512_mul_ps(values, reciprocal));
  return _mm512_maskz_cvtsepi32_epi8(valid, numbers);
}

// n values of a block as integers; up to a multiple of 16 zeros follow.
inline void to_int8(const uint16_t* from, int64_t n, Unit unit, int8_t* to) {
  const __m512 reciprocal = _mm512_set1_ps(unit.reciprocal);
  for (int64_t i = 0; i < n; i += kWordLanes) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i),
                     to_int8(first_lanes(n - i), from + i, reciprocal));
  }
}

// n values of a block as integers, with 128 added.
inline void to_offset_int8(const uint16_t* from, int64_t n, Unit unit, uint8_t* to) {
  const __m512 reciprocal = _mm512_set1_ps(unit.reciprocal);
  const __m128i offset = _mm_set1_epi8(static_cast<char>(0x80));
  for (int64_t i = 0; i < n; i += kWordLanes) {
    const __mmask16 valid = first_lanes(n - i);
    _mm_mask_storeu_epi8(to + i, valid,
                         _mm_xor_si128(to_int8(valid, from + i, reciprocal), offset));
  }
}

// Puts n numbers into words in the given order, four to a word. -1 stands for zero.
inline void gather(int8_t* numbers, int64_t n, const int32_t* order, int64_t words, uint32_t* to) {
  const auto* from = reinterpret_cast<const uint8_t*>(numbers);
  numbers[n] = 0;
  auto number = [=](int32_t at) { return static_cast<uint32_t>(from[at < 0 ? n : at]); };
  for (int64_t i = 0; i < words; i++, order += 4) {
    to[i] =
        number(order[0]) | number(order[1]) << 8 | number(order[2]) << 16 | number(order[3]) << 24;
  }
}

// The sum of the integers in n words.
inline int32_t sum_of(const uint32_t* words, int64_t n) {
  const __m512i ones = _mm512_set1_epi8(1);
  __m512i sums = _mm512_setzero_si512();
  for (int64_t i = 0; i < n; i += kWordLanes) {
    sums = _mm512_dpbusd_epi32(sums, ones, _mm512_maskz_loadu_epi32(first_lanes(n - i), words + i));
  }
  alignas(64) int32_t lanes[kWordLanes];
  _mm512_store_si512(lanes, sums);
  int32_t sum = 0;
  for (int32_t lane : lanes) sum += lane;
  return sum;
}

// Channels of equal exponent.
struct Group {
  int64_t first;  // word
  int64_t words;
  float factor;
};

// Groups that are summed together.
struct Round {
  bool adds;  // to what an earlier round wrote
  int groups;
  int64_t words;
  Group group[kMostGroups];
};

// Sorts channels into groups by the exponents of their units, the largest first, and groups into
// rounds; channels that count as zero are left out. Without units all channels are one group with
// the factor 1.
class Rounds {
 public:
  Rounds(const Unit* units, int64_t channels) : units_(units), channels_(channels) {
    for (int64_t c = 0; c < channels; c++) count_[exponent_of(c)]++;
    skip_empty();
  }

  // Whether there is another round; there always is a first one.
  bool more() const { return exponent_ > 0; }

  // The next round, and the channel in every byte of its words; -1: none.
  Round next(int32_t* order) {
    Round round{};
    round.adds = begun_;
    begun_ = true;
    while (round.groups < kMostGroups && more()) {
      Group& group = round.group[round.groups++];
      group = {round.words, ceil_div(count_[exponent_], 4),
               units_ ? unit_of_exponent(static_cast<uint32_t>(exponent_)).value : 1.f};
      round.words += group.words;
      int32_t* next = order + 4 * group.first;
      for (int64_t c = 0; c < channels_; c++) {
        if (exponent_of(c) == exponent_) *next++ = static_cast<int32_t>(c);
      }
      std::fill(next, order + 4 * round.words, -1);
      exponent_--;
      skip_empty();
    }
    return round;
  }

 private:
  int exponent_of(int64_t channel) const { return units_ ? units_[channel].exponent : 1; }

  void skip_empty() {
    while (exponent_ > 0 && count_[exponent_] == 0) exponent_--;
  }

  const Unit* units_;
  int64_t channels_;
  int64_t count_[256] = {};
  int exponent_ = 255;
  bool begun_ = false;
};

}  // namespace eb::EB_ISA

#endif
