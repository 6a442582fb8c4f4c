// Gradient of a weight for an input that is read through batch norm and ReLU, for both kinds of numbers
// of conv2d_numbers.h; see conv2d_norm_backward_weight.cpp.
#ifndef EARLYBIRD_CPU_CONV2D_NORM_WEIGHT_H
#define EARLYBIRD_CPU_CONV2D_NORM_WEIGHT_H

#include <algorithm>

#include "cpu/conv2d_check.h"
#include "cpu/conv2d_pointwise_weight.h"
#include "cpu/conv2d_winograd_weight.h"

namespace eb::EB_ISA {

template <class N>
class NormWeight {
 public:
  using Element = typename N::Element;

  NormWeight(const eb_conv2d& shape, const eb_norm& norm) : s(shape), norm(norm) {}

  // Bytes of scratch for run(), on cache lines.
  static int64_t bytes(const eb_conv2d& s, int64_t channels) {
    return NormRelu::bytes(channels) +
           (fits_pointwise(&s) ? most(forward(s)) : Winograd(forward(s)).bytes());
  }

  eb_status run(const Element* x, const Element* dy, float* dw, void* scratch) const {
    const NormRelu read(norm.gamma, norm.beta, norm.mean, norm.variance, norm.epsilon,
                        norm.channels, scratch);
    void* rest = static_cast<char*>(scratch) + NormRelu::bytes(norm.channels);
    if (!fits_pointwise(&s)) {
      Winograd(forward(s)).run(x, read, dy, dw, rest);
    } else if (!norm.selected) {
      Pointwise<NormRelu>(forward(s)).run(x, read, dy, dw, rest);
    } else {
#if defined(__AVX512F__)
      const Selection selection(norm.selected, s.in, norm.channels);
      const SelectedNormRelu selected(read, selection);
      Pointwise<SelectedNormRelu>(forward(s)).run(x, selected, dy, dw, rest);
#else
      return EB_UNSUPPORTED;
#endif
    }
    return EB_OK;
  }

 private:
  template <class Read>
  using Pointwise = PointwiseWeight<N, Read>;
  using Winograd = WinogradWeight<N, NormRelu>;

  static int64_t most(const Product& p) {
    int64_t bytes = Pointwise<NormRelu>(p).bytes();
#if defined(__AVX512F__)
    bytes = std::max(bytes, Pointwise<SelectedNormRelu>(p).bytes());
#endif
    return bytes;
  }

  eb_conv2d s;
  eb_norm norm;
};

}  // namespace eb::EB_ISA

#endif
