// Gradient of a weight for an input that is read through batch norm and ReLU, for both kinds of numbers
// of conv2d_numbers.h; see conv2d_norm_backward_weight.cpp.
#ifndef EARLYBIRD_CPU_CONV2D_NORM_WEIGHT_H
#define EARLYBIRD_CPU_CONV2D_NORM_WEIGHT_H

#include "cpu/conv2d_check.h"
#include "cpu/conv2d_pointwise_weight.h"
#include "cpu/conv2d_winograd_weight.h"

namespace eb::EB_ISA {

template <class N>
class NormWeight {
 public:
  using Element = typename N::Element;

  explicit NormWeight(const eb_conv2d& shape) : s(shape) {}

  // Bytes of scratch for run(), on cache lines.
  int64_t bytes() const {
    return NormRelu::bytes(s.in) +
           (fits_pointwise(&s) ? Pointwise(forward(s)).bytes() : Winograd(forward(s)).bytes());
  }

  void run(const Element* x, const float* gamma, const float* beta, const float* mean,
           const float* variance, float epsilon, const Element* dy, float* dw,
           void* scratch) const {
    const NormRelu read(gamma, beta, mean, variance, epsilon, s.in, scratch);
    void* rest = static_cast<char*>(scratch) + NormRelu::bytes(s.in);
    if (fits_pointwise(&s)) {
      Pointwise(forward(s)).run(x, read, dy, dw, rest);
    } else {
      Winograd(forward(s)).run(x, read, dy, dw, rest);
    }
  }

 private:
  using Pointwise = PointwiseWeight<N, NormRelu>;
  using Winograd = WinogradWeight<N, NormRelu>;

  eb_conv2d s;
};

}  // namespace eb::EB_ISA

#endif
