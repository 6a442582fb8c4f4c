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
    void* room = static_cast<char*>(scratch) + NormRelu::bytes(norm.channels);
    if (norm.selected && fits_pointwise(&s)) {
      return run_selected(s, norm, scratch, x, rest..., room);
    }
    const Product p = forward(s);
    const NormRelu read(norm, s.in, scratch);
    if (fits_pointwise(&s)) {
      Pointwise<N, NormRelu>(p, s.in).run(x, read, rest..., room);
    } else {
      Winograd<N, NormRelu, F>(p).run(x, read, rest..., room);
    }
    return EB_OK;
  }

 private:
  // Of selected channels; `rest` are the product's further arguments and its scratch.
  template <class... Rest>
  static eb_status run_selected([[maybe_unused]] const eb_conv2d& s,
                                [[maybe_unused]] const eb_norm& norm,
                                [[maybe_unused]] void* scratch, [[maybe_unused]] const Element* x,
                                [[maybe_unused]] const Rest&... rest) {
#if defined(__AVX512F__)
    const Product p = forward(s);
    if constexpr (Pointwise<N, NormRelu>::kCanChoose) {
      if (2 * s.in > norm.channels) {
        Pointwise<N, ChosenNormRelu>(p, norm.channels)
            .run(x, ChosenNormRelu(norm, scratch), rest...);
        return EB_OK;
      }
    }
    const NormRelu read(norm, s.in, scratch);
    const ChannelPicks picks(norm.selected, s.in, norm.channels);
    Pointwise<N, SelectedNormRelu>(p, s.in).run(x, SelectedNormRelu(read, picks), rest...);
    return EB_OK;
#else
    return EB_UNSUPPORTED;
#endif
  }
};

}  // namespace eb::EB_ISA

#endif
