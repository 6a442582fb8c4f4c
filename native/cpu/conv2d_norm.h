// Products of an input that is read through batch norm and ReLU, by those of 1x1 kernels and of Winograd's
// filtering.
#ifndef EARLYBIRD_CPU_CONV2D_NORM_H
#define EARLYBIRD_CPU_CONV2D_NORM_H

#include "cpu/conv2d_check.h"
#include "cpu/conv2d_read.h"
#include "cpu/conv2d_taps.h"

namespace eb::EB_ISA {

// Pointwise and Winograd are templates of what is multiplied and of how x is read; F is the filtering.
template <class N, class F, template <class, class> class Pointwise,
          template <class, class, class> class Winograd>
class NormProduct {
 public:
  using Element = typename N::Element;

  // Bytes of scratch for run(), on cache lines.
  static int64_t bytes(const eb_conv2d& s, int64_t channels) {
    const Product p = forward(s);
    if (!fits_pointwise(&s)) return NormRelu::bytes(channels) + Winograd<N, NormRelu, F>(p).bytes();
    return NormRelu::bytes(channels) + Pointwise<N, NormRelu>(p).bytes();
  }

  // `rest` are the product's further arguments.
  template <class... Rest>
  static eb_status run(const eb_conv2d& s, const eb_norm& norm, void* scratch, const Element* x,
                       const Rest&... rest) {
    const Product p = forward(s);
    const NormRelu read(norm, s.in, scratch);
    void* room = static_cast<char*>(scratch) + NormRelu::bytes(norm.channels);
    if (!fits_pointwise(&s)) {
      Winograd<N, NormRelu, F>(p).run(x, read, rest..., room);
    } else if (!norm.selected) {
      Pointwise<N, NormRelu>(p).run(x, read, rest..., room);
    } else {
#if defined(__AVX512F__)
      const ChannelPicks picks(norm.selected, s.in, norm.channels);
      Pointwise<N, SelectedNormRelu>(p).run(x, SelectedNormRelu(read, picks), rest..., room);
#else
      return EB_UNSUPPORTED;
#endif
    }
    return EB_OK;
  }
};

}  // namespace eb::EB_ISA

#endif
