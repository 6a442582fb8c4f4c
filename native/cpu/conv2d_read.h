// What becomes of the pixels of a convolution's input as they are read, a vector of channels at a time.
#ifndef EARLYBIRD_CPU_CONV2D_READ_H
#define EARLYBIRD_CPU_CONV2D_READ_H

#include "common/batch_norm.h"
#include "cpu/channel_picks.h"
#include "cpu/simd.h"
#include "earlybird/products.h"

namespace eb::EB_ISA {

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

  // Vectors of channels that are read.
  int64_t vectors() const { return vectors_of(channels_); }

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

  // Of the `kept` channels that `norm` selects; `room` is where tables of bytes(kept) go.
  NormRelu(const eb_norm& norm, int64_t kept, void* room)
      : channels_(kept), pitch_(pitch_of(kept)), tables_(static_cast<float*>(room)) {
    for (int64_t k = 0; k < pitch_; k++) {
      const bool any = k < kept;
      const int64_t c = any && norm.selected ? norm.selected[k] : k;
      tables_[k] = any ? norm.mean[c] : 0.0f;
      tables_[pitch_ + k] =
          any ? eb_batch_norm_scale(norm.gamma[c], norm.variance[c], norm.epsilon) : 0.0f;
      tables_[2 * pitch_ + k] = any ? norm.beta[c] : 0.0f;
    }
  }

  // Bytes of tables, on cache lines.
  static int64_t bytes(int64_t channels) {
    return 3 * pitch_of(channels) * static_cast<int64_t>(sizeof(float));
  }

  int64_t stored() const { return channels_; }

  int64_t vectors() const { return vectors_of(channels_); }

  // Whether some of the channels that are read are multiplied, and which; null: all.
  static constexpr bool kChooses = false;
  static constexpr const int32_t* chosen() { return nullptr; }

  Channels at(int64_t i) const {
    const float* t = tables_ + i * kLanes;
    return {load(t), load(t + pitch_), load(t + 2 * pitch_)};
  }

  // Vector i of R neighbouring pixels.
  template <int R, class T>
  void read(const T* pixels, int64_t i, Vec (&v)[R]) const {
    const Channels channels = at(i);
    const int64_t count = channels_ - i * kLanes;
#pragma GCC unroll 16
    for (int r = 0; r < R; r++) {
      v[r] = channels(load_channels(pixels + r * channels_ + i * kLanes, count));
    }
  }

 private:
  static int64_t pitch_of(int64_t channels) { return (channels + 15) / 16 * 16; }

  int64_t channels_;
  int64_t pitch_;
  float* tables_;
};

#if defined(__AVX512F__)

// The same of all channels of a pixel, of which some are multiplied.
class ChosenNormRelu : public NormRelu {
 public:
  ChosenNormRelu(const eb_norm& norm, void* room)
      : NormRelu(of_all(norm), norm.channels, room), chosen_(norm.selected) {}

  static constexpr bool kChooses = true;
  const int32_t* chosen() const { return chosen_; }

 private:
  static eb_norm of_all(eb_norm norm) {
    norm.selected = nullptr;
    return norm;
  }

  const int32_t* chosen_;
};

// The same of selected channels of a pixel, which are brought together.
class SelectedNormRelu {
 public:
  SelectedNormRelu(const NormRelu& norm, const ChannelPicks& picks) : norm_(norm), picks_(picks) {}

  int64_t stored() const { return picks_.channels(); }

  int64_t vectors() const { return norm_.vectors(); }

  static constexpr bool kChooses = false;
  static constexpr const int32_t* chosen() { return nullptr; }

  template <int R, class T>
  void read(const T* pixels, int64_t i, Vec (&v)[R]) const {
    picks_.take(pixels, stored(), i, v);
    const NormRelu::Channels channels = norm_.at(i);
#pragma GCC unroll 16
    for (int r = 0; r < R; r++) v[r] = channels(v[r]);
  }

 private:
  const NormRelu& norm_;
  const ChannelPicks& picks_;
};

#endif

}  // namespace eb::EB_ISA

#endif
