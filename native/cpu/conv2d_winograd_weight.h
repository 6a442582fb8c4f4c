// Gradient of 3x3 weights by the transpose of Winograd's minimal filtering F(2x2, 3x3), for both kinds
// of numbers of conv2d_winograd.h.
#ifndef EARLYBIRD_CPU_CONV2D_WINOGRAD_WEIGHT_H
#define EARLYBIRD_CPU_CONV2D_WINOGRAD_WEIGHT_H

#include <algorithm>

#include "cpu/conv2d_read.h"
#include "cpu/conv2d_term_sums.h"
#include "cpu/conv2d_winograd.h"

namespace eb::EB_ISA {

template <class N, class Read>
class WinogradWeight {
 public:
  using Element = typename N::Element;

  explicit WinogradWeight(const Product& product)
      : p(product),
        tiling(product),
        sums(terms_of<N>(tiling.tiles), p.in, p.out),
        line(p.in * kBlock) {}

  // Bytes of scratch for run(), on cache lines.
  int64_t bytes() const { return sums.bytes(); }

  // dw, stored as for eb_conv2d_backward_weight_f32.
  void run(const Element* x, const Read& read, const Element* dy, float* dw, void* scratch) const {
    sums.run(
        [&](int64_t first, Part part, Term* room) { transform(x, read, dy, first, part, room); },
        [&](int64_t first, int64_t count, Stretches& all) { reads(x, dy, first, count, all); },
        [&](int64_t block, const float* sum) { transform_sums(block, sum, dw); }, scratch);
  }

 private:
  using Term = typename N::Term;

  // What tiles read, but for the rows of pixels above and below.
  void reads(const Element* x, const Element* dy, int64_t first, int64_t count,
             Stretches& all) const {
    const int64_t pixels = p.n * p.out_height * p.out_width;
    const int64_t begin = std::min(4 * first * N::kNumbers, pixels);
    const int64_t end = std::min(4 * (first + count) * N::kNumbers, pixels);
    all.add(x + begin * p.in, p.in, end - begin);
    all.add(dy + begin * p.out, p.out, end - begin);
  }

  // Four values A d for the two values d.
  static Four gradient_transform(Vec a, Vec b) {
    return {{a, add(a, b), sub(a, b), sub(zero(), b)}};
  }

  // A d A^T for the 2x2 gradients d of a vector of channels.
  static void transform_gradient(const Vec (&d)[4], Vec (&out)[kPoints]) {
    Vec t[8];
#pragma GCC unroll 2
    for (int c = 0; c < 2; c++) {
      const Four f = gradient_transform(d[c], d[2 + c]);
#pragma GCC unroll 4
      for (int r = 0; r < 4; r++) t[2 * r + c] = f.v[r];
    }
#pragma GCC unroll 4
    for (int r = 0; r < 4; r++) {
      const Four f = gradient_transform(t[2 * r], t[2 * r + 1]);
#pragma GCC unroll 4
      for (int c = 0; c < 4; c++) out[4 * r + c] = f.v[c];
    }
  }

  // Channel `o` and those after it of the gradients of a tile; void where there are none.
  void load_gradients(const Tile& tile, const Element* dy, int64_t o, Vec (&d)[4]) const {
    const int64_t pixel = (tile.image * p.out_height + tile.row) * p.out_width + tile.column;
    const Element* line = dy + pixel * p.out + o;
    const bool inside = tile.column + 1 < p.out_width;
#pragma GCC unroll 2
    for (int r = 0; r < 2; r++, line += p.out_width * p.out) {
      const bool any = tile.row + r < p.out_height;
      d[2 * r] = any ? load_channels(line, p.out - o) : zero();
      d[2 * r + 1] = any && inside ? load_channels(line + p.out, p.out - o) : zero();
    }
  }

  // Puts the numbers of the points of a term, given for each of its tiles, where at(point) says.
  template <class At>
  static void put_term(const Vec (&t)[N::kNumbers][kPoints], At at) {
#pragma GCC unroll 16
    for (int point = 0; point < kPoints; point++) {
      Vec numbers[N::kNumbers];
      for (int64_t k = 0; k < N::kNumbers; k++) numbers[k] = t[k][point];
      N::pack(at(point), numbers);
    }
  }

  // Puts pixels and gradients of terms into a room; zeros where there is no tile.
  void transform(const Element* x, const Read& read, const Element* dy, int64_t first, Part part,
                 Term* room) const {
    Tile next(tiling, (first + part.begin) * N::kNumbers);
    for (int64_t t = part.begin; t < part.end; t++) {
      const int64_t tiles = std::min(N::kNumbers, tiling.tiles - (first + t) * N::kNumbers);
      Tile tile[] = {next, next};
      if (tiles > 1) tile[1].next(tiling);
      Vec all[N::kNumbers][kPoints];
      for (int64_t k = tiles; k < N::kNumbers; k++) {
        for (Vec& v : all[k]) v = zero();
      }
      for (int64_t i = 0; i < p.in; i += kLanes) {
        for (int64_t k = 0; k < tiles; k++) {
          Vec d[kPoints];
          load_pixels(p, tile[k], x, read, i, d);
          transform_pixels(d, [&](int point, Vec v) { all[k][point] = v; });
        }
        put_term(all, [&](int point) { return sums.x_at(room, point, t) + i; });
      }
      for (int64_t o = 0; o < p.out; o += kLanes) {
        for (int64_t k = 0; k < tiles; k++) {
          Vec d[4];
          load_gradients(tile[k], dy, o, d);
          transform_gradient(d, all[k]);
        }
        put_term(all, [&](int point) { return sums.dy_at(room, point, t, o); });
      }
      next = tile[tiles - 1];
      next.next(tiling);
    }
  }

  // Three values G^T s of four sums.
  static void weight_result(Vec a, Vec b, Vec c, Vec d, Vec (&out)[3]) {
    const Vec sum = half(add(b, c));
    out[0] = add(a, sum);
    out[1] = half(sub(b, c));
    out[2] = add(sum, d);
  }

  // The sums of one block become weights [3, 3, in, kBlock]; zeros where there is no output channel.
  void transform_sums(int64_t block, const float* sum, float* dw) const {
    const int64_t step = sums.blocks() * line;
    const int64_t width = vectors_of(p.out, block) * kLanes;
    for (int64_t i = 0; i < line; i += kLanes) {
      const float* s = sum + block * line + i;
      const bool any = i % kBlock < width;
      Vec t[12];
      for (int64_t c = 0; c < 4; c++) {
        Vec g[3] = {zero(), zero(), zero()};
        if (any) {
          weight_result(load(s + c * step), load(s + (4 + c) * step), load(s + (8 + c) * step),
                        load(s + (12 + c) * step), g);
        }
        for (int64_t r = 0; r < 3; r++) t[4 * r + c] = g[r];
      }
      for (int64_t r = 0; r < 3; r++) {
        Vec g[3];
        weight_result(t[4 * r], t[4 * r + 1], t[4 * r + 2], t[4 * r + 3], g);
        for (int64_t c = 0; c < 3; c++) store(dw + (9 * block + 3 * r + c) * line + i, g[c]);
      }
    }
  }

  Product p;
  Tiling tiling;
  TermSums<N, kPoints> sums;
  int64_t line;  // floats of one point of a block of sums
};

}  // namespace eb::EB_ISA

#endif
