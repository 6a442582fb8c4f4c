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
    return NormRelu::bytes(channels) + Pointwise<N, NormRelu>(p, channels).bytes();
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
      Pointwise<N, NormRelu>(p, s.in).run(x, read, rest..., room);
    } else {
#if defined(__AVX512F__)
      if constexpr (Pointwise<N, NormRelu>::kCanChoose) {
        if (2 * s.in > norm.channels) {
          const ChosenNormRelu chosen(norm, scratch);
          Pointwise<N, ChosenNormRelu>(p, norm.channels).run(x, chosen, rest..., room);
          return EB_OK;
        }
      }
      const ChannelPicks picks(norm.selected, s.in, norm.channels);
      const SelectedNormRelu selected(read, picks);
      Pointwise<N, SelectedNormRelu>(p, s.in).run(x, selected, rest..., room);
#else
      return EB_UNSUPPORTED;
#endif
    }
    return EB_OK;
  }
};

}  // namespace eb::EB_ISA

#endif
