// Selected channels of bf16 rows in their places among all channels, 32 of these at a time in pairs. For
// loops that read rows of all channels and rows of the selected ones. Floats are brought together instead,
// see channel_picks.h.
#ifndef EARLYBIRD_CPU_CHOSEN_COLUMNS_H
#define EARLYBIRD_CPU_CHOSEN_COLUMNS_H

#include "cpu/bf16_pairs.h"
#include "cpu/channel_select.h"

namespace eb::EB_ISA {

#if defined(__AVX512F__)

// A group of neighbouring channels. `target` is the place of its first selected one among the
// selected channels. Tables and sums of channels lie in the order of `place`.
struct ChosenGroup {
  static constexpr int64_t kColumns = kPairColumns;

  alignas(64) uint16_t from[kColumns];  // the packed channel that comes to a source channel
  int32_t source;
  int32_t target;
  __mmask32 chosen;
  __mmask32 packed;
  __mmask32 whole;
  PairMask chosen_pairs;

  void choose(uint32_t bits, int64_t kept, int64_t channels) {
    chosen = bits;
    packed = first_columns(kept);
    whole = first_columns(channels);
    chosen_pairs = {0, 0};
    uint16_t next = 0;
    for (int i = 0; i < kColumns; i++) {
      const uint32_t bit = bits >> i & 1u;
      from[i] = next;
      next = static_cast<uint16_t>(next + bit);
      __mmask16& half = i % 2 ? chosen_pairs.odd : chosen_pairs.even;
      half = static_cast<__mmask16>(half | bit << i / 2);
    }
  }

  static int64_t place(int64_t channel) {
    return channel / kColumns * kColumns + channel % 2 * 16 + channel % kColumns / 2;
  }

  Pair table(const float* t) const { return load_pair(t + source); }

  void set_table(float* t, Pair v) const { store_pair(t + source, v); }

  // Those of a row of source channels.
  Pair all(const Bf16* row) const { return pair_of(_mm512_maskz_loadu_epi16(whole, row + source)); }

  // Those of a row of selected channels where they belong, zeros elsewhere.
  Pair apart(const Bf16* row) const {
    return pair_of(_mm512_maskz_permutexvar_epi16(chosen, _mm512_load_si512(from),
                                                  _mm512_maskz_loadu_epi16(packed, row + target)));
  }

  Pair only_chosen(Pair v) const { return where(chosen_pairs, v); }

  void put(Pair v, bool stream, Bf16* row) const {
    if (stream) {
      store_pair(row + source, v, true);
    } else {
      _mm512_mask_storeu_epi16(row + source, whole, bf16_of(v));
    }
  }
};

// All groups of a selection.
class ChosenColumns {
 public:
  using Group = ChosenGroup;

  ChosenColumns(const int32_t* selected, int64_t kept, int64_t channels)
      : count_((channels + Group::kColumns - 1) / Group::kColumns) {
    int64_t k = 0;
    for (int64_t i = 0; i < count_; i++) {
      Group& g = groups_[i];
      g.source = static_cast<int32_t>(i * Group::kColumns);
      g.target = static_cast<int32_t>(k);
      uint32_t chosen = 0;
      for (; k < kept && selected[k] < g.source + Group::kColumns; k++) {
        places_[k] = static_cast<int32_t>(Group::place(selected[k]));
        chosen |= 1u << (selected[k] - g.source);
      }
      g.choose(chosen, k - g.target, channels - g.source);
    }
  }

  const Group* begin() const { return groups_; }
  const Group* end() const { return groups_ + count_; }

  // Columns of all groups.
  int64_t width() const { return count_ * Group::kColumns; }

  // Place of selected channel k in tables and sums.
  int32_t place(int64_t k) const { return places_[k]; }

 private:
  int64_t count_;
  int32_t places_[EB_MAX_SELECTABLE];
  Group groups_[EB_MAX_SELECTABLE / Group::kColumns];
};

#endif

}  // namespace eb::EB_ISA

#endif
