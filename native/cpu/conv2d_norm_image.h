// Convolution of an image that is read through batch norm and ReLU, for both kinds of numbers of
// conv2d_numbers.h and a filtering F; see conv2d_norm.cpp.
#ifndef EARLYBIRD_CPU_CONV2D_NORM_IMAGE_H
#define EARLYBIRD_CPU_CONV2D_NORM_IMAGE_H

#include "cpu/conv2d_norm.h"
#include "cpu/conv2d_pointwise_image.h"
#include "cpu/conv2d_winograd_image.h"

namespace eb::EB_ISA {

// Pointwise and Winograd as for NormProduct.
template <class N, class F, template <class, class> class Pointwise = PointwiseImage,
          template <class, class, class> class Winograd = WinogradImage>
class NormImage {
 public:
  using Element = typename N::Element;

  NormImage(const eb_conv2d& shape, const eb_norm& norm, const eb_norm* after)
      : s(shape), norm(norm), after_norm(after) {}

  // Bytes of scratch for run(), on cache lines.
  static int64_t bytes(const eb_conv2d& s, int64_t channels) {
    return scale_bytes(s) + All::bytes(s, channels);
  }

  eb_status run(const Element* x, const float* w, const Element* residual, bool relu, Element* y,
                void* scratch) const {
    const EpilogueOf<Element> after = epilogue(residual, relu, static_cast<float*>(scratch));
    void* rest = static_cast<char*>(scratch) + scale_bytes(s);
    return All::run(s, norm, rest, x, w, after, y);
  }

 private:
  using All = NormProduct<N, F, Pointwise, Winograd>;

  // Bytes of the scales of results, on cache lines.
  static int64_t scale_bytes(const eb_conv2d& s) {
    return (s.out + 15) / 16 * 16 * static_cast<int64_t>(sizeof(float));
  }

  // What follows the sums; `scales` has room for those of batch norm.
  EpilogueOf<Element> epilogue(const Element* residual, bool relu, float* scales) const {
    if (!after_norm) return {nullptr, nullptr, nullptr, residual, relu};
    const eb_norm& n = *after_norm;
    for (int64_t c = 0; c < s.out; c++) {
      scales[c] = eb_batch_norm_scale(n.gamma[c], n.variance[c], n.epsilon);
    }
    return {n.mean, scales, n.beta, residual, relu};
  }

  eb_conv2d s;
  eb_norm norm;
  const eb_norm* after_norm;
};

}  // namespace eb::EB_ISA

#endif
