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

  explicit PointwiseWeight(const Product& product)
      : p(flat(product)), sums(terms_of<N>(p.n), p.in, p.out, Read::kBehind) {}

  // Bytes of scratch for run(), on cache lines, however many channels are stored.
  int64_t bytes(int64_t = 0) const { return sums.bytes(); }

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
        const Place place = read.place(i);
        put(x, read, i, terms, sums.x_at(room, 0, near) + place.target, sums.pitch());
      }
      const AsStored as_stored(p.out);
      for (int64_t i = 0; i < as_stored.vectors(); i++) {
        put(dy, as_stored, i, terms, sums.dy_at(room, 0, near, i * kLanes), kBlock);
      }
    }
  }

  // Puts vector i of channels of terms of neighbouring pixels.
  template <class From>
  void put(const Element* image, const From& from, int64_t i, Part terms, Term* to,
           int64_t pitch) const {
    const auto channels = from.at(i);
    const int64_t count = from.stored();
    const Place place = from.place(i);
    const Element* at = image + terms.begin * N::kNumbers * count + place.source;
    const int64_t left = std::min<int64_t>(kLanes, place.count);
    const int64_t whole = std::min(terms.end, p.n / N::kNumbers);
    for (int64_t t = terms.begin; t < whole; t++, at += N::kNumbers * count, to += pitch) {
      if constexpr (std::is_same_v<From, AsStored>) {
        N::join(to, at, at + count, left);
      } else {
        Vec v[N::kNumbers];
#pragma GCC unroll 2
        for (int64_t k = 0; k < N::kNumbers; k++) {
          v[k] = channels(load_channels(at + k * count, left));
        }
        N::pack(to, v);
      }
    }
    if (whole < terms.end) {
      const Vec v[] = {channels(load_channels(at, left)), zero()};
      N::pack(to, v);
    }
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
