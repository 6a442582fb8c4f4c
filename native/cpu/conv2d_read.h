// What becomes of the pixels of a convolution's input as they are read.
#ifndef EARLYBIRD_CPU_CONV2D_READ_H
#define EARLYBIRD_CPU_CONV2D_READ_H

#include "common/batch_norm.h"
#include "cpu/simd.h"

namespace eb::EB_ISA {

// Nothing.
struct AsStored {
  struct Channels {
    Vec operator()(Vec v) const { return v; }
  };

  // For a vector of channels.
  Channels at(int64_t) const { return {}; }
};

// Batch norm with given statistics, then ReLU: what eb_batch_norm_inference_relu_f32 computes.
struct NormRelu {
  struct Channels {
    Vec mean;
    Vec scale;
    Vec beta;

    Vec operator()(Vec v) const { return relu(add(mul(sub(v, mean), scale), beta)); }
  };

  // See eb_batch_norm_inference_relu_f32; `room` is where tables of bytes(channels) go.
  NormRelu(const float* gamma, const float* beta, const float* mean, const float* variance,
           float epsilon, int64_t channels, void* room)
      : pitch(whole(channels)), tables(static_cast<float*>(room)) {
    for (int64_t c = 0; c < pitch; c++) {
      const bool any = c < channels;
      tables[c] = any ? mean[c] : 0.0f;
      tables[pitch + c] = any ? eb_batch_norm_scale(gamma[c], variance[c], epsilon) : 0.0f;
      tables[2 * pitch + c] = any ? beta[c] : 0.0f;
    }
  }

  // Bytes of tables, on cache lines.
  static int64_t bytes(int64_t channels) {
    return 3 * whole(channels) * static_cast<int64_t>(sizeof(float));
  }

  Channels at(int64_t channel) const {
    const float* t = tables + channel;
    return {load(t), load(t + pitch), load(t + 2 * pitch)};
  }

 private:
  static int64_t whole(int64_t channels) { return (channels + 15) / 16 * 16; }

  int64_t pitch;
  float* tables;
};

}  // namespace eb::EB_ISA

#endif
