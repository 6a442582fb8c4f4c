// Gradient of 1x1 weights, for both kinds of numbers of conv2d_numbers.h.
#ifndef EARLYBIRD_CPU_CONV2D_POINTWISE_WEIGHT_H
#define EARLYBIRD_CPU_CONV2D_POINTWISE_WEIGHT_H

#include <algorithm>
#include <type_traits>

#include "cpu/conv2d_read.h"
#include "cpu/conv2d_taps.h"
#include "cpu/conv2d_term_sums.h"

namespace eb::EB_ISA {

template <class N, class Read>
class PointwiseWeight {
 public:
  using Element = typename N::Element;

  // Whether it can choose among channels that are read.
  static constexpr bool kCanChoose = false;

  // `read` is of no matter.
  explicit PointwiseWeight(const Product& product, [[maybe_unused]] int64_t read = 0)
      : p(flat(product)), sums(terms_of<N>(p.n), p.in, p.out) {}

  // Bytes of scratch for run(), on cache lines.
  int64_t bytes() const { return sums.bytes(); }

  // dw, stored as for eb_conv2d_backward_weight_f32.
  void run(const Element* x, const Read& read, const Element* dy, float* dw, void* scratch) const {
    const int64_t stored = read.stored();
    sums.run(
        [&](int64_t first, Part part, Term* room) { pack(x, read, dy, first, part, room); },
        [&](int64_t first, int64_t count, Stretches& all) {
          reads(x, stored, dy, first, count, all);
        },
        [&](int64_t block, Part rows, const float* sum, int64_t) { write(block, rows, sum, dw); },
        scratch);
  }

 private:
  using Term = typename N::Term;

  // Terms whose pixels are read side by side.
  static constexpr int64_t kNear = 8;

  void reads(const Element* x, int64_t stored, const Element* dy, int64_t first, int64_t count,
             Stretches& all) const {
    const int64_t begin = first * N::kNumbers;
    const int64_t end = std::min((first + count) * N::kNumbers, p.n);
    all.add(x + begin * stored, stored, end - begin);
    all.add(dy + begin * p.out, p.out, end - begin);
  }

  // Puts the pixels of terms into a room; zeros where there is no pixel.
  void pack(const Element* x, const Read& read, const Element* dy, int64_t first, Part part,
            Term* room) const {
    for (int64_t near = part.begin; near < part.end; near += kNear) {
      const Part terms = {first + near, first + std::min(near + kNear, part.end)};
      for (int64_t i = 0; i < read.vectors(); i++) {
        put(x, read, i, terms, sums.x_at(room, 0, near) + i * kLanes, sums.pitch());
      }
      const AsStored as_stored(p.out);
      for (int64_t i = 0; i < as_stored.vectors(); i++) {
        put(dy, as_stored, i, terms, sums.dy_at(room, 0, near, i * kLanes), kBlock);
      }
    }
  }

  // Puts vector i of channels of terms of neighbouring pixels, at most kNear.
  template <class From>
  void put(const Element* image, const From& from, int64_t i, Part terms, Term* to,
           int64_t pitch) const {
    const int64_t stored = from.stored();
    const int64_t step = N::kNumbers * stored;
    const Element* at = image + terms.begin * step;
    const int64_t whole = std::min(terms.end, p.n / N::kNumbers);
    if constexpr (std::is_same_v<From, AsStored>) {
      const Element* channels = at + i * kLanes;
      const int64_t left = std::min<int64_t>(kLanes, stored - i * kLanes);
      for (int64_t t = terms.begin; t < whole; t++, channels += step, to += pitch) {
        N::join(to, channels, channels + stored, left);
      }
      if (whole < terms.end) N::join(to, channels, nullptr, left);
    } else {
      if (whole - terms.begin == kNear) {
        put_terms<kNear>(at, from, i, to, pitch);
        return;
      }
      for (int64_t t = terms.begin; t < whole; t++, at += step, to += pitch) {
        put_terms<1>(at, from, i, to, pitch);
      }
      if (whole < terms.end) {
        Vec last[1];
        from.read(at, i, last);
        const Vec v[] = {last[0], zero()};
        N::pack(to, v);
      }
    }
  }

  template <int kTerms, class From>
  void put_terms(const Element* at, const From& from, int64_t i, Term* to, int64_t pitch) const {
    Vec v[kTerms * N::kNumbers];
    from.read(at, i, v);
#pragma GCC unroll 16
    for (int t = 0; t < kTerms; t++) N::pack(to + t * pitch, v + t * N::kNumbers);
  }

  // The sums of one block are its weights [in, kBlock]; zeros where there is no output channel.
  void write(int64_t block, Part rows, const float* sum, float* dw) const {
    const int64_t width = vectors_of(p.out, block) * kLanes;
    float* to = dw + (block * p.in + rows.begin) * kBlock;
    for (int64_t i = 0; i < (rows.end - rows.begin) * kBlock; i += kLanes) {
      store(to + i, i % kBlock < width ? load(sum + i) : zero());
    }
  }

  Product p;
  TermSums<N, 1> sums;
};

}  // namespace eb::EB_ISA

#endif
