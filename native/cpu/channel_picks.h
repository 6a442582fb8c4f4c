// Selected channels brought together in registers, a vector of them at a time: each lane is taken from one
// of the vectors of all channels. Unlike packing into memory this stores nothing over the edge of a line.
#ifndef EARLYBIRD_CPU_CHANNEL_PICKS_H
#define EARLYBIRD_CPU_CHANNEL_PICKS_H

#include <algorithm>

#include "cpu/channel_select.h"
#include "cpu/lanes.h"

namespace eb::EB_ISA {

#if defined(__AVX512F__)

class ChannelPicks {
 public:
  ChannelPicks(const int32_t* selected, int64_t kept, int64_t channels)
      : selection(selected, kept, channels),
        channels_(channels),
        vectors_((kept + kLanes - 1) / kLanes) {
    int count = 0;
    for (int64_t k = 0; k < kept;) {
      first_[k / kLanes] = count;
      const int64_t end = std::min(kept, k + kLanes);
      while (k < end) {
        Pick& pick = picks_[count++];
        pick = {};
        pick.source = selected[k] / kLanes * kLanes;
        for (; k < end && selected[k] < pick.source + kLanes; k++) {
          pick.from[k % kLanes] = selected[k] - pick.source;
          pick.lanes = static_cast<__mmask16>(pick.lanes | 1u << k % kLanes);
        }
      }
    }
    first_[vectors_] = count;
  }

  // Of a pixel.
  int64_t channels() const { return channels_; }

  // Of whole vectors of selected channels, and the place of one of them in these.
  int64_t width() const { return vectors_ * kLanes; }
  static int64_t place(int64_t k) { return k; }

  // Vector v of the selected channels of R pixels, filled up with zeros.
  template <int R, class T>
  void take(const T* pixels, int64_t step, int64_t v, Vec (&taken)[R]) const {
#pragma GCC unroll 16
    for (int r = 0; r < R; r++) taken[r] = zero();
    for (int i = first_[v]; i < first_[v + 1]; i++) {
      const Pick& pick = picks_[i];
      const __m512i from = _mm512_loadu_si512(pick.from);
      const T* source = pixels + pick.source;
      const int64_t count = channels_ - pick.source;
#pragma GCC unroll 16
      for (int r = 0; r < R; r++) {
        taken[r] = _mm512_mask_permutexvar_ps(taken[r], pick.lanes, from,
                                              load_channels(source + r * step, count));
      }
    }
  }

  // All vectors of them.
  template <int R, class T>
  void take(const T* pixels, int64_t step, float* to, int64_t to_step) const {
    for (int64_t v = 0; v < vectors_; v++) {
      Vec taken[R];
      take(pixels, step, v, taken);
#pragma GCC unroll 16
      for (int r = 0; r < R; r++) store(to + r * to_step + v * kLanes, taken[r]);
    }
  }

  // For the way back.
  const Selection selection;

 private:
  // Lanes of a vector that come from one vector of all channels.
  struct Pick {
    int32_t from[kLanes];
    int32_t source;  // the first channel of that vector
    __mmask16 lanes;
  };

  static constexpr int kMost = EB_MAX_SELECTABLE / kLanes;

  int64_t channels_;
  int64_t vectors_;  // of selected channels
  int first_[kMost + 1];
  Pick picks_[2 * kMost];  // a vector of all channels is in two others at most
};

#else

class ChannelPicks;

#endif

}  // namespace eb::EB_ISA

#endif
