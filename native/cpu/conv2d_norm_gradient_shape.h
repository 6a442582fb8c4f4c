// Shape, operands and scratch memory of conv2d_norm_gradient.h.
#ifndef EARLYBIRD_CPU_CONV2D_NORM_GRADIENT_SHAPE_H
#define EARLYBIRD_CPU_CONV2D_NORM_GRADIENT_SHAPE_H

#include <algorithm>

#include "cpu/channel_grid.h"
#include "cpu/channel_picks.h"
#include "cpu/conv2d_check.h"
#include "cpu/conv2d_numbers.h"
#include "cpu/conv2d_read.h"

namespace eb::EB_ISA {

// The shape of the whole backward pass of a narrowing 1x1 convolution, see conv2d_norm_gradient.h: of x
// [pixels, channels], of which a norm keeps `in` channels, and dy [pixels, out]. Channels have slots: those
// that the norm keeps one behind the other if packs(), else all of them.
template <class N>
struct GradientShape {
  using Element = typename N::Element;
  using Term = typename N::Term;

  GradientShape(const eb_conv2d& s, int64_t channels)
      : pixels(s.n * s.height * s.width),
        in(s.in),
        out(s.out),
        channels(channels),
        slots(packs() ? in : channels),
        blocks((slots + kBlock - 1) / kBlock),
        terms(terms_of<N>(out)),
        row_pitch(kAsStored ? out : terms_of<N>(vectors_of(out) * kLanes)),
        column_pitch(kAsStored ? out : vectors_of(out) * kLanes),
        groups((pixels + kGroup - 1) / kGroup),
        pieces(std::min(kPieces, groups)) {}

  // Single floats are multiplied where they are stored.
  static constexpr bool kAsStored = N::kNumbers == 1;
  // Pixels whose gradients are computed together, in whole tiles.
  static constexpr int64_t kGroup = 48;
  // Pixels of a tile of two vectors of channels.
  static constexpr int kTall = rows_of(2);
  // Pixels of a tile that does not fill the registers.
  static constexpr int kFew = 4;
  // Parts of the pixels that are summed apart, so that sums do not depend on the number of threads.
  static constexpr int64_t kPieces = 16;

  // Whether the channels that the norm keeps are brought together; else all are computed, those that it does
  // not keep with weights of zero.
  bool packs() const {
#if defined(__AVX512F__)
    return in < channels;
#else
    return false;
#endif
  }

  // Slots in whole blocks.
  int64_t padded() const { return blocks * kBlock; }

  // Terms of what a block of channels is multiplied by, and of dy in both orders.
  int64_t thread_terms() const {
    return kGroup * (kBlock + (kAsStored ? 0 : row_pitch + column_pitch));
  }

  // These, and the channels of a group that are brought together.
  int64_t thread_bytes() const {
    const int64_t together = packs() ? kGroup * padded() * static_cast<int64_t>(sizeof(float)) : 0;
    return Scratch::bytes(thread_terms() * static_cast<int64_t>(sizeof(Term)) + together);
  }

  // Where a weight is stored.
  int64_t weight(int64_t output, int64_t input) const {
    return (output / kBlock * in + input) * kBlock + output % kBlock;
  }

  int64_t pixels;
  int64_t in;
  int64_t out;
  int64_t channels;
  int64_t slots;         // of channels that are computed
  int64_t blocks;        // of slots
  int64_t terms;         // of dy's channels
  int64_t row_pitch;     // terms between two pixels of dy in terms of channels
  int64_t column_pitch;  // and between two terms of pixels
  int64_t groups;        // of pixels
  int64_t pieces;
};

template <class N>
struct GradientOperands {
  using Element = typename N::Element;

  const Element* x;
  const float* w;  // stored as for eb_conv2d_f32
  const Element* dy;
  const Element* other;  // is added to dx; may be null
  Element* dx;
  float* dgamma;
  float* dbeta;
  float* dw;  // stored as w
};

// The scratch memory: tables of all slots, zero for those without a channel, weights and sums.
template <class N>
struct GradientRoom {
  using Term = typename N::Term;

  GradientRoom(const GradientShape<N>& g, void* memory) {
    Scratch scratch(memory);
    const int64_t n = g.padded();
    place = scratch.take<int32_t>(n);
    kept = scratch.take<float>(n);
    mean = scratch.take<float>(n);
    scale = scratch.take<float>(n);
    beta = scratch.take<float>(n);
    shift = scratch.take<float>(n);
    slope = scratch.take<float>(n);
    w = scratch.take<Term>(g.terms * n);
    sum = scratch.take<double>(g.pieces * n);
    product = scratch.take<double>(g.pieces * n);
    dw = scratch.take<float>(g.pieces * g.out * n);
    threads = scratch.take<char>(0);
  }

  int32_t* place;  // among those that the norm keeps, or -1
  float* kept;     // 1 or 0
  float* mean;
  float* scale;
  float* beta;
  float* shift;
  float* slope;
  Term* w;          // [blocks, terms, kBlock]
  double* sum;      // [pieces, slots]: of the gradient
  double* product;  // of the gradient and x - mean
  float* dw;        // [pieces, blocks, out, kBlock]
  char* threads;
};

// What all parts of one pass know.
template <class N>
struct GradientRun {
  const GradientShape<N>& g;
  const GradientOperands<N>& o;
  const GradientRoom<N>& room;
  const ChannelPicks* picks;  // null unless packed
  bool stream;                // whether dx bypasses the cache
};

}  // namespace eb::EB_ISA

#endif
