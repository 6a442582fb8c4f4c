// What follows a convolution before its result is stored.
#ifndef EARLYBIRD_CPU_CONV2D_EPILOGUE_H
#define EARLYBIRD_CPU_CONV2D_EPILOGUE_H

#include "common/batch_norm.h"
#include "common/elementwise.h"
#include "cpu/lanes.h"
#include "cpu/simd.h"

namespace eb::EB_ISA {

// See eb_conv2d_epilogue_f32; steps as of y, whose elements are T.
template <class T>
struct EpilogueOf {
  const float* mean;
  const float* scale;
  const float* beta;
  const T* residual;
  bool relu;

  // The epilogue of the results that start `channel` and `offset` elements further on.
  EpilogueOf at(int64_t channel, int64_t offset) const {
    return {mean ? mean + channel : nullptr, scale ? scale + channel : nullptr,
            beta ? beta + channel : nullptr, residual ? residual + offset : nullptr, relu};
  }

  // Of the first `count` lanes, all of them if it is larger.
  Vec apply(Vec value, int64_t channel, int64_t offset, int64_t count = kLanes) const {
    if (mean) {
      value = sub(value, load_channels(mean + channel, count));
      value = add(mul(value, load_channels(scale + channel, count)),
                  load_channels(beta + channel, count));
    }
    if (residual) value = add(value, load_channels(residual + offset, count));
    return relu ? eb::EB_ISA::relu(value) : value;
  }

  float apply(float value, int64_t channel, int64_t offset) const {
    if (mean) value = eb_batch_norm_apply(value, mean[channel], scale[channel], beta[channel]);
    if (residual) value += residual[offset];
    return relu ? eb_relu(value) : value;
  }
};

using Epilogue = EpilogueOf<float>;

}  // namespace eb::EB_ISA

#endif
