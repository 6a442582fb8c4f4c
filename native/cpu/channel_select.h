// Packing of selected channels, and its reverse. With AVX-512, sixteen channels at a time by its
// instructions that bring lanes together and apart; with AVX2, eight: a permutation per group of eight
// source channels brings the kept ones together (or apart).
#ifndef EARLYBIRD_CPU_CHANNEL_SELECT_H
#define EARLYBIRD_CPU_CHANNEL_SELECT_H

#include <immintrin.h>
#include <stdint.h>

#include "cpu/lanes.h"
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

#if defined(__AVX512F__)

class Selection {
 public:
  // Sixteen source channels.
  struct Group {
    int32_t source;    // the first of them
    int32_t target;    // place of the first selected one among the selected channels
    __mmask16 chosen;  // of the source channels
    __mmask16 packed;  // as many lanes as are chosen
    __mmask16 whole;   // source channels that exist

    // Those of a row of source channels.
    template <class T>
    __m512 all(const T* row) const {
      return load_lanes(row + source, whole);
    }

    // Those of a row of selected channels where they belong, zeros elsewhere.
    template <class T>
    __m512 apart(const T* row) const {
      return _mm512_maskz_expand_ps(chosen, load_lanes(row + target, packed));
    }

    // Writes the chosen ones to a row of selected channels.
    template <class T>
    void pack(__m512 v, T* row) const {
      store_lanes(row + target, _mm512_maskz_compress_ps(chosen, v), packed);
    }
  };

  Selection(const int32_t* selected, int64_t kept, int64_t channels)
      : kept_(kept), channels_(channels), count_((channels + 15) / 16) {
    int64_t k = 0;
    for (int64_t i = 0; i < count_; i++) {
      Group& g = groups_[i];
      g.source = static_cast<int32_t>(16 * i);
      g.target = static_cast<int32_t>(k);
      g.chosen = 0;
      for (; k < kept && selected[k] < g.source + 16; k++) {
        g.chosen = static_cast<__mmask16>(g.chosen | 1u << (selected[k] - g.source));
      }
      g.packed = first_lanes(k - g.target);
      g.whole = first_lanes(channels - g.source);
    }
  }

  const Group* begin() const { return groups_; }
  const Group* end() const { return groups_ + count_; }

  // rows rows of x [channels] to out [kept].
  template <class X, class Y>
  void pack(const X* x, int64_t rows, Y* out) const {
    for (int64_t r = 0; r < rows; r++, x += channels_, out += kept_) {
      for (const Group& g : *this) g.pack(g.all(x), out);
    }
  }

  // rows rows of d [kept] to out [channels], zero where a channel is not selected.
  template <class X, class Y>
  void unpack(const X* d, int64_t rows, Y* out) const {
    for (int64_t r = 0; r < rows; r++, d += kept_, out += channels_) {
      for (const Group& g : *this) store_lanes(out + g.source, g.apart(d), g.whole);
    }
  }

 private:
  int64_t kept_;
  int64_t channels_;
  int64_t count_;
  Group groups_[EB_MAX_SELECTABLE / 16];
};

#elif defined(__AVX2__)

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
      if (source + 8 <= channels && k + 8 <= kept) whole_ = count_;
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
  template <class X, class Y>
  void pack(const X* x, int64_t rows, Y* out) const {
    int64_t r = 0;
    for (; r + 4 <= rows; r += 4) pack_rows<4>(x + r * channels_, out + r * kept_);
    for (; r < rows; r++) pack_rows<1>(x + r * channels_, out + r * kept_);
  }

  // rows rows of d [kept] to out [channels], zero where a channel is not selected.
  template <class X, class Y>
  void unpack(const X* d, int64_t rows, Y* out) const {
    int64_t r = 0;
    for (; r + 4 <= rows; r += 4) unpack_rows<4>(d + r * kept_, out + r * channels_);
    for (; r < rows; r++) unpack_rows<1>(d + r * kept_, out + r * channels_);
  }

 private:
  // Eight source channels of which at least one is selected.
  struct Group {
    int32_t source;    // the first of them
    int32_t target;    // place of the first selected one among the selected channels
    int8_t pack[8];    // the lane that comes to place i
    int8_t unpack[8];  // the place that comes to lane i, -1 where it is not selected
  };

  template <int kRows, class X, class Y>
  void pack_rows(const X* x, Y* out) const {
    const int64_t channels = channels_;
    const int64_t kept = kept_;
    const Group* const end = groups_ + count_;
    const Group* g = groups_;
    for (; g < groups_ + whole_; g++) {
      const __m256i order = lanes(g->pack);
      const X* from = x + g->source;
      Y* to = out + g->target;
      for (int r = 0; r < kRows; r++, from += channels, to += kept) {
        store(to, _mm256_permutevar8x32_ps(load(from), order));
      }
    }
    for (; g < end; g++) {
      const __m256i order = lanes(g->pack);
      for (int r = 0; r < kRows; r++) {
        const __m256 v = load(x + r * channels + g->source, channels - g->source);
        store(out + r * kept + g->target, _mm256_permutevar8x32_ps(v, order), kept - g->target);
      }
    }
  }

  template <int kRows, class X, class Y>
  void unpack_rows(const X* d, Y* out) const {
    const int64_t channels = channels_;
    const int64_t kept = kept_;
    const Group* const end = groups_ + count_;
    const Group* g = groups_;
    int64_t done = 0;
    for (; g < groups_ + whole_; g++) {
      if (done < g->source) clear<kRows>(out, done, g->source);
      done = g->source + 8;
      const __m256i order = lanes(g->unpack);
      const __m256 dropped = _mm256_castsi256_ps(_mm256_srai_epi32(order, 31));
      const X* from = d + g->target;
      Y* to = out + g->source;
      for (int r = 0; r < kRows; r++, from += kept, to += channels) {
        const __m256 v = _mm256_permutevar8x32_ps(load(from), order);
        store(to, _mm256_andnot_ps(dropped, v));
      }
    }
    for (; g < end; g++) {
      if (done < g->source) clear<kRows>(out, done, g->source);
      done = g->source + 8;
      const __m256i order = lanes(g->unpack);
      const __m256 dropped = _mm256_castsi256_ps(_mm256_srai_epi32(order, 31));
      for (int r = 0; r < kRows; r++) {
        const __m256 v =
            _mm256_permutevar8x32_ps(load(d + r * kept + g->target, kept - g->target), order);
        store(out + r * channels + g->source, _mm256_andnot_ps(dropped, v), channels - g->source);
      }
    }
    if (done < channels) clear<kRows>(out, done, channels);
  }

  // Zeros from channel `begin` to `end`.
  template <int kRows, class Y>
  void clear(Y* out, int64_t begin, int64_t end) const {
    for (int r = 0; r < kRows; r++) {
      for (int64_t c = begin; c < end; c++) out[r * channels_ + c] = 0.0f;
    }
  }

  static __m256i lanes(const int8_t* values) {
    return _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(values)));
  }

  static __m256 load(const float* from) { return _mm256_loadu_ps(from); }

  static __m256 load(const Bf16* from) {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
  }

  // The first n lanes.
  static __m256 load(const float* from, int64_t n) {
    if (n >= 8) return load(from);
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_maskload_ps(from,
                              _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int32_t>(n)), lane));
  }

  static __m256 load(const Bf16* from, int64_t n) {
    if (n >= 8) return load(from);
    Bf16 lanes[8] = {};
    for (int64_t i = 0; i < n; i++) lanes[i] = from[i];
    return load(lanes);
  }

  static void store(float* to, __m256 v) { _mm256_storeu_ps(to, v); }

  // As eb_bf16_bits rounds.
  static void store(Bf16* to, __m256 v) {
    const __m256i bits = _mm256_castps_si256(v);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i half = _mm256_add_epi32(odd, _mm256_set1_epi32(0x7FFF));
    const __m256 rounded = _mm256_castsi256_ps(_mm256_add_epi32(bits, half));
    const __m256 quiet = _mm256_or_ps(v, _mm256_castsi256_ps(_mm256_set1_epi32(0x400000)));
    const __m256 nan = _mm256_cmp_ps(v, v, _CMP_UNORD_Q);
    const __m256i wide =
        _mm256_srli_epi32(_mm256_castps_si256(_mm256_blendv_ps(rounded, quiet, nan)), 16);
    _mm_storeu_si128(
        reinterpret_cast<__m128i*>(to),
        _mm_packus_epi32(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1)));
  }

  // Stores the first n lanes. A masked store would be microcode on some processors.
  static void store(float* to, __m256 v, int64_t n) {
    if (n >= 8) {
      store(to, v);
      return;
    }
    __m128 half = _mm256_castps256_ps128(v);
    if (n & 4) {
      _mm_storeu_ps(to, half);
      half = _mm256_extractf128_ps(v, 1);
      to += 4;
    }
    if (n & 2) {
      _mm_storel_pi(reinterpret_cast<__m64*>(to), half);
      half = _mm_movehl_ps(half, half);
      to += 2;
    }
    if (n & 1) _mm_store_ss(to, half);
  }

  static void store(Bf16* to, __m256 v, int64_t n) {
    if (n >= 8) {
      store(to, v);
      return;
    }
    Bf16 lanes[8];
    store(lanes, v);
    for (int64_t i = 0; i < n; i++) to[i] = lanes[i];
  }

  int64_t kept_;
  int64_t channels_;
  int64_t count_ = 0;
  int64_t whole_ = 0;  // groups at the start that end within both rows
  Group groups_[EB_MAX_SELECTABLE / 8];
};

#else

class Selection {
 public:
  Selection(const int32_t* selected, int64_t kept, int64_t channels)
      : selected_(selected), kept_(kept), channels_(channels) {}

  // rows rows of x [channels] to out [kept].
  template <class X, class Y>
  void pack(const X* x, int64_t rows, Y* out) const {
    for (int64_t r = 0; r < rows; r++, x += channels_, out += kept_) {
      for (int64_t k = 0; k < kept_; k++) out[k] = x[selected_[k]];
    }
  }

  // rows rows of d [kept] to out [channels], zero where a channel is not selected.
  template <class X, class Y>
  void unpack(const X* d, int64_t rows, Y* out) const {
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
