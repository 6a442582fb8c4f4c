// Convolution of an image that is read through batch norm and ReLU, for both kinds of numbers of
// conv2d_numbers.h; see conv2d_norm.cpp.
#ifndef EARLYBIRD_CPU_CONV2D_NORM_IMAGE_H
#define EARLYBIRD_CPU_CONV2D_NORM_IMAGE_H

#include <algorithm>

#include "cpu/conv2d_check.h"
#include "cpu/conv2d_pointwise_image.h"
#include "cpu/conv2d_winograd_image.h"

namespace eb::EB_ISA {

template <class N>
class NormImage {
 public:
  using Element = typename N::Element;

  NormImage(const eb_conv2d& shape, const eb_norm& norm, const eb_norm* after)
      : s(shape), norm(norm), after_norm(after) {}

  // Bytes of scratch for run(), on cache lines.
  static int64_t bytes(const eb_conv2d& s, int64_t channels) {
    return NormRelu::bytes(channels) + scale_bytes(s) +
           (fits_pointwise(&s) ? most(forward(s)) : Winograd(forward(s)).bytes());
  }

  eb_status run(const Element* x, const float* w, const Element* residual, bool relu, Element* y,
                void* scratch) const {
    const NormRelu read(norm.gamma, norm.beta, norm.mean, norm.variance, norm.epsilon,
                        norm.channels, scratch);
    char* room = static_cast<char*>(scratch) + NormRelu::bytes(norm.channels);
    const EpilogueOf<Element> after = epilogue(residual, relu, reinterpret_cast<float*>(room));
    void* rest = room + scale_bytes(s);
    if (!fits_pointwise(&s)) {
      Winograd(forward(s)).run(x, read, w, after, y, rest);
    } else if (!norm.selected) {
      Pointwise<NormRelu>(forward(s)).run(x, read, w, after, y, rest);
    } else {
#if defined(__AVX512F__)
      const Selection selection(norm.selected, s.in, norm.channels);
      const SelectedNormRelu selected(read, selection);
      Pointwise<SelectedNormRelu>(forward(s)).run(x, selected, w, after, y, rest);
#else
      return EB_UNSUPPORTED;
#endif
    }
    return EB_OK;
  }

 private:
  template <class Read>
  using Pointwise = PointwiseImage<N, Read>;
  using Winograd = WinogradImage<N, NormRelu>;

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

  static int64_t most(const Product& p) {
    int64_t bytes = Pointwise<NormRelu>(p).bytes();
#if defined(__AVX512F__)
    bytes = std::max(bytes, Pointwise<SelectedNormRelu>(p).bytes());
#endif
    return bytes;
  }

  eb_conv2d s;
  eb_norm norm;
  const eb_norm* after_norm;
};

}  // namespace eb::EB_ISA

#endif
