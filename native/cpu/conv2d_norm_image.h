// Convolution of an image that is read through batch norm and ReLU, for both kinds of numbers of
// conv2d_numbers.h; see conv2d_norm.cpp.
#ifndef EARLYBIRD_CPU_CONV2D_NORM_IMAGE_H
#define EARLYBIRD_CPU_CONV2D_NORM_IMAGE_H

#include "cpu/conv2d_check.h"
#include "cpu/conv2d_pointwise_image.h"
#include "cpu/conv2d_winograd_image.h"

namespace eb::EB_ISA {

template <class N>
class NormImage {
 public:
  using Element = typename N::Element;

  explicit NormImage(const eb_conv2d& shape) : s(shape) {}

  // Bytes of scratch for run(), on cache lines.
  int64_t bytes() const {
    return NormRelu::bytes(s.in) +
           (fits_pointwise(&s) ? Pointwise(forward(s)).bytes() : Winograd(forward(s)).bytes());
  }

  void run(const Element* x, const float* gamma, const float* beta, const float* mean,
           const float* variance, float epsilon, const float* w, const Element* residual,
           Element* y, void* scratch) const {
    const NormRelu read(gamma, beta, mean, variance, epsilon, s.in, scratch);
    const EpilogueOf<Element> after = {nullptr, nullptr, nullptr, residual, false};
    void* rest = static_cast<char*>(scratch) + NormRelu::bytes(s.in);
    if (fits_pointwise(&s)) {
      Pointwise(forward(s)).run(x, read, w, after, y, rest);
    } else {
      Winograd(forward(s)).run(x, read, w, after, y, rest);
    }
  }

 private:
  using Pointwise = PointwiseImage<N, NormRelu>;
  using Winograd = WinogradImage<N, NormRelu>;

  eb_conv2d s;
};

}  // namespace eb::EB_ISA

#endif
