// What becomes of the pixels of a convolution's input as they are read, a vector of channels at a time.
#ifndef EARLYBIRD_CPU_CONV2D_READ_H
#define EARLYBIRD_CPU_CONV2D_READ_H

#include "common/batch_norm.h"
#include "cpu/channel_select.h"
#include "cpu/simd.h"
#include "earlybird/products.h"

namespace eb::EB_ISA {

// Where a vector of channels lies, and where it goes.
struct Place {
  int64_t source;  // the first channel of a stored pixel
  int64_t target;  // the first channel of a pixel that is multiplied
  int64_t count;   // channels of the stored pixel from the first on
};

inline int64_t vectors_of(int64_t channels) { return (channels + kLanes - 1) / kLanes; }

// Pixels as they are stored, which have `channels` channels.
class AsStored {
 public:
  struct Channels {
    Vec operator()(Vec v) const { return v; }
  };

  explicit AsStored(int64_t channels) : channels_(channels) {}

  // Channels of a stored pixel.
  int64_t stored() const { return channels_; }

  // Channels that may be written behind those of a pixel that is multiplied.
  static constexpr int64_t kBehind = 0;
  static constexpr bool kSelects = false;

  int64_t vectors() const { return vectors_of(channels_); }

  Place place(int64_t i) const { return {i * kLanes, i * kLanes, channels_ - i * kLanes}; }

  // What vector i becomes.
  Channels at(int64_t) const { return {}; }

 private:
  int64_t channels_;
};

// Batch norm with given statistics, then ReLU: what eb_batch_norm_inference_relu_f32 computes.
class NormRelu {
 public:
  struct Channels {
    Vec mean;
    Vec scale;
    Vec beta;

    Vec operator()(Vec v) const { return relu(add(mul(sub(v, mean), scale), beta)); }
  };

  // Of all channels of `norm`; `room` is where tables of bytes(channels) go.
  NormRelu(const eb_norm& norm, void* room)
      : channels_(norm.channels),
        pitch_(pitch_of(norm.channels)),
        tables_(static_cast<float*>(room)) {
    for (int64_t c = 0; c < pitch_; c++) {
      const bool any = c < channels_;
      tables_[c] = any ? norm.mean[c] : 0.0f;
      tables_[pitch_ + c] =
          any ? eb_batch_norm_scale(norm.gamma[c], norm.variance[c], norm.epsilon) : 0.0f;
      tables_[2 * pitch_ + c] = any ? norm.beta[c] : 0.0f;
    }
  }

  // Bytes of tables, on cache lines.
  static int64_t bytes(int64_t channels) {
    return 3 * pitch_of(channels) * static_cast<int64_t>(sizeof(float));
  }

  int64_t stored() const { return channels_; }

  static constexpr int64_t kBehind = 0;
  static constexpr bool kSelects = false;

  int64_t vectors() const { return vectors_of(channels_); }

  Place place(int64_t i) const { return {i * kLanes, i * kLanes, channels_ - i * kLanes}; }

  Channels at(int64_t i) const {
    const float* t = tables_ + i * kLanes;
    return {load(t), load(t + pitch_), load(t + 2 * pitch_)};
  }

 private:
  static int64_t pitch_of(int64_t channels) { return (channels + 15) / 16 * 16; }

  int64_t channels_;
  int64_t pitch_;
  float* tables_;
};

#if defined(__AVX512F__)

// The same, of selected channels, which are brought together.
class SelectedNormRelu {
 public:
  struct Channels {
    NormRelu::Channels norm;
    __mmask16 chosen;

    Vec operator()(Vec v) const { return _mm512_maskz_compress_ps(chosen, norm(v)); }
  };

  // `chosen` are the channels of `selection`.
  SelectedNormRelu(const NormRelu& norm, const Selection& selection, const int32_t* chosen)
      : norm_(norm), groups_(selection.begin()), chosen_(chosen) {}

  // Of all channels, where they are stored, and which of them are selected.
  const NormRelu& all() const { return norm_; }
  const int32_t* chosen() const { return chosen_; }

  int64_t stored() const { return norm_.stored(); }

  static constexpr int64_t kBehind = kLanes;
  static constexpr bool kSelects = true;

  int64_t vectors() const { return norm_.vectors(); }

  Place place(int64_t i) const {
    return {i * kLanes, groups_[i].target, norm_.stored() - i * kLanes};
  }

  Channels at(int64_t i) const { return {norm_.at(i), groups_[i].chosen}; }

 private:
  const NormRelu& norm_;
  const Selection::Group* groups_;
  const int32_t* chosen_;
};

#endif

}  // namespace eb::EB_ISA

#endif
