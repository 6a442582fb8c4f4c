// Packing of selected channels, and its reverse. With AVX2, eight channels at a time: a permutation
// per group of eight source channels brings the kept ones together (or apart).
#ifndef EARLYBIRD_CPU_CHANNEL_SELECT_H
#define EARLYBIRD_CPU_CHANNEL_SELECT_H

#include <immintrin.h>
#include <stdint.h>

#include "earlybird/batch_norm.h"

namespace eb::EB_ISA {

// Whether `selected` is a selection as batch_norm.h describes it.
inline bool valid_selection(const int32_t* selected, int64_t kept, int64_t channels) {
  for (int64_t k = 0; k < kept; k++) {
    if (selected[k] < 0 || selected[k] >= channels) return false;
    if (k > 0 && selected[k] <= selected[k - 1]) return false;
  }
  return true;
}

#if defined(__AVX2__)

class Selection {
 public:
  Selection(const int32_t* selected, int64_t kept, int64_t channels)
      : kept_(kept), channels_(channels) {
    int64_t k = 0;
    while (k < kept) {
      const int64_t source = selected[k] / 8 * 8;
      Group& g = groups_[count_++];
      g.source = static_cast<int32_t>(source);
      g.target = static_cast<int32_t>(k);
      g.whole = source + 8 <= channels && k + 8 <= kept;
      for (int i = 0; i < 8; i++) {
        g.pack[i] = 0;
        g.unpack[i] = -1;
      }
      for (int i = 0; k < kept && selected[k] < source + 8; i++, k++) {
        const int64_t lane = selected[k] - source;
        g.pack[i] = static_cast<int8_t>(lane);
        g.unpack[lane] = static_cast<int8_t>(i);
      }
    }
  }

  // rows rows of x [channels] to out [kept].
  void pack(const float* x, int64_t rows, float* out) const {
    for (int64_t r = 0; r < rows; r++, x += channels_, out += kept_) {
      for (int64_t i = 0; i < count_; i++) {
        const Group& g = groups_[i];
        const __m256i order = lanes(g.pack);
        if (g.whole) {
          const __m256 v = _mm256_loadu_ps(x + g.source);
          _mm256_storeu_ps(out + g.target, _mm256_permutevar8x32_ps(v, order));
        } else {
          const __m256 v = _mm256_maskload_ps(x + g.source, first(channels_ - g.source));
          _mm256_maskstore_ps(out + g.target, first(kept_ - g.target),
                              _mm256_permutevar8x32_ps(v, order));
        }
      }
    }
  }

  // rows rows of d [kept] to out [channels], zero where a channel is not selected.
  void unpack(const float* d, int64_t rows, float* out) const {
    for (int64_t r = 0; r < rows; r++, d += kept_, out += channels_) {
      int64_t done = 0;
      for (int64_t i = 0; i < count_; i++) {
        const Group& g = groups_[i];
        for (; done < g.source; done += 8) _mm256_storeu_ps(out + done, _mm256_setzero_ps());
        done = g.source + 8;
        const __m256i order = lanes(g.unpack);
        const __m256 dropped = _mm256_castsi256_ps(_mm256_srai_epi32(order, 31));
        if (g.whole) {
          const __m256 v = _mm256_permutevar8x32_ps(_mm256_loadu_ps(d + g.target), order);
          _mm256_storeu_ps(out + g.source, _mm256_andnot_ps(dropped, v));
        } else {
          const __m256 v = _mm256_permutevar8x32_ps(
              _mm256_maskload_ps(d + g.target, first(kept_ - g.target)), order);
          _mm256_maskstore_ps(out + g.source, first(channels_ - g.source),
                              _mm256_andnot_ps(dropped, v));
        }
      }
      for (; done < channels_; done++) out[done] = 0.0f;
    }
  }

 private:
  // Eight source channels of which at least one is selected.
  struct Group {
    int32_t source;    // the first of them
    int32_t target;    // place of the first selected one among the selected channels
    int8_t pack[8];    // the lane that comes to place i
    int8_t unpack[8];  // the place that comes to lane i, -1 where it is not selected
    bool whole;        // neither row ends within these eight
  };

  static __m256i lanes(const int8_t* values) {
    return _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(values)));
  }

  // A mask of lanes 0..n-1.
  static __m256i first(int64_t n) {
    const int32_t bound = n < 8 ? static_cast<int32_t>(n) : 8;
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(bound), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }

  int64_t kept_;
  int64_t channels_;
  int64_t count_ = 0;
  Group groups_[EB_MAX_SELECTABLE / 8];
};

#else

class Selection {
 public:
  Selection(const int32_t* selected, int64_t kept, int64_t channels)
      : selected_(selected), kept_(kept), channels_(channels) {}

  // rows rows of x [channels] to out [kept].
  void pack(const float* x, int64_t rows, float* out) const {
    for (int64_t r = 0; r < rows; r++, x += channels_, out += kept_) {
      for (int64_t k = 0; k < kept_; k++) out[k] = x[selected_[k]];
    }
  }

  // rows rows of d [kept] to out [channels], zero where a channel is not selected.
  void unpack(const float* d, int64_t rows, float* out) const {
    for (int64_t r = 0; r < rows; r++, d += kept_, out += channels_) {
      for (int64_t c = 0; c < channels_; c++) out[c] = 0.0f;
      for (int64_t k = 0; k < kept_; k++) out[selected_[k]] = d[k];
    }
  }

 private:
  const int32_t* selected_;
  int64_t kept_;
  int64_t channels_;
};

#endif

}  // namespace eb::EB_ISA

#endif
