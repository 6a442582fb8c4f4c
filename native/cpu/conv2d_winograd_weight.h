// Gradient of 3x3 weights by the transpose of one of Winograd's minimal filterings F, for both kinds of
// numbers of conv2d_numbers.h.
#ifndef EARLYBIRD_CPU_CONV2D_WINOGRAD_WEIGHT_H
#define EARLYBIRD_CPU_CONV2D_WINOGRAD_WEIGHT_H

#include <algorithm>

#include "cpu/conv2d_read.h"
#include "cpu/conv2d_term_sums.h"
#include "cpu/conv2d_winograd.h"

namespace eb::EB_ISA {

template <class N, class Read, class F>
class WinogradWeight {
 public:
  using Element = typename N::Element;

  explicit WinogradWeight(const Product& product)
      : p(product),
        tiling(product, F::kResults),
        sums(terms_of<N>(tiling.tiles), p.in, p.out),
        line(p.in * kBlock) {}

  // Bytes of scratch for run(), on cache lines.
  int64_t bytes() const { return sums.bytes(); }

  // dw, stored as for eb_conv2d_backward_weight_f32.
  void run(const Element* x, const Read& read, const Element* dy, float* dw, void* scratch) const {
    sums.run([&](int64_t first, Part part, Term* room) { pack(x, read, dy, first, part, room); },
             [&](int64_t first, int64_t count, Stretches& all) { reads(x, dy, first, count, all); },
             [&](int64_t block, Part rows, const float* sum, int64_t step) {
               transform_sums(block, rows, sum, step, dw);
             },
             scratch);
  }

 private:
  using Term = typename N::Term;

  static constexpr int kPoints = F::kPoints;

  // Pixels before those of a term.
  int64_t pixels(int64_t term) const {
    const int64_t tile = std::min(term * N::kNumbers, tiling.tiles);
    return Tile(tiling, tile).pixels(tiling, p.out_height, p.out_width);
  }

  // What tiles read, but for the rows of pixels above and below.
  void reads(const Element* x, const Element* dy, int64_t first, int64_t count,
             Stretches& all) const {
    const int64_t begin = pixels(first);
    const int64_t end = pixels(first + count);
    all.add(x + begin * p.in, p.in, end - begin);
    all.add(dy + begin * p.out, p.out, end - begin);
  }

  // Calls put(point, values) with A d A^T for channel `o` and those after it of the gradients d of a
  // tile.
  template <class Put>
  [[gnu::always_inline]] void transform_gradients(const Tile& tile, const Element* dy, int64_t o,
                                                  Put put) const {
    const int64_t step = p.out_width * p.out;
    const int64_t pixel = p.out;
    const int64_t count = p.out - o;
    const Element* from =
        dy + (tile.image * p.out_height + tile.row) * step + tile.column * pixel + o;
    const int64_t rows = p.out_height - tile.row;
    const int64_t columns = p.out_width - tile.column;
    transform<F::kUnrolled, F::kResults, F::kLine, F::gradient>(
        [=](int r, int c) {
          return r < rows && c < columns ? load_channels(from + r * step + c * pixel, count)
                                         : zero();
        },
        [=](int r, int c, Vec v) { put(r * F::kLine + c, v); });
  }

  // Packs the points of a term from `to` on, `step` apart; values(k, put) puts those of the tile k of it,
  // of which there are `tiles`.
  template <class Values>
  [[gnu::always_inline]] static void pack_term(int64_t tiles, Term* to, int64_t step,
                                               Values values) {
    if constexpr (N::kNumbers == 1) {
      values(0, [=](int point, Vec v) { N::pack(to + point * step, &v); });
    } else {
      Vec all[N::kNumbers][kPoints];
      for (int64_t k = 0; k < N::kNumbers; k++) {
        if (k < tiles) {
          values(k, [&](int point, Vec v) { all[k][point] = v; });
        } else {
          for (Vec& v : all[k]) v = zero();
        }
      }
      each<true, kPoints>([&](int point) {
        Vec numbers[N::kNumbers];
        for (int64_t k = 0; k < N::kNumbers; k++) numbers[k] = all[k][point];
        N::pack(to + point * step, numbers);
      });
    }
  }

  // Puts pixels and gradients of terms into a room; zeros where there is no tile.
  void pack(const Element* x, const Read& read, const Element* dy, int64_t first, Part part,
            Term* room) const {
    Tile next(tiling, (first + part.begin) * N::kNumbers);
    for (int64_t t = part.begin; t < part.end; t++) {
      const int64_t tiles = std::min(N::kNumbers, tiling.tiles - (first + t) * N::kNumbers);
      Tile tile[] = {next, next};
      if (tiles > 1) tile[1].next(tiling);
      for (int64_t i = 0; i < p.in; i += kLanes) {
        pack_term(tiles, sums.x_at(room, 0, t) + i, sums.x_step(),
                  [&](int64_t k, auto put) { transform_pixels<F>(p, tile[k], x, read, i, put); });
      }
      for (int64_t o = 0; o < p.out; o += kLanes) {
        pack_term(tiles, sums.dy_at(room, 0, t, o), sums.dy_step(),
                  [&](int64_t k, auto put) { transform_gradients(tile[k], dy, o, put); });
      }
      next = tile[tiles - 1];
      next.next(tiling);
    }
  }

  // The sums of one block become weights [3, 3, in, kBlock]; zeros where there is no output channel.
  void transform_sums(int64_t block, Part rows, const float* sum, int64_t step, float* dw) const {
    const int64_t width = vectors_of(p.out, block) * kLanes;
    for (int64_t i = rows.begin * kBlock; i < rows.end * kBlock; i += kLanes, sum += kLanes) {
      const float* s = sum;
      float* to = dw + 9 * block * line + i;
      const int64_t pitch = line;
      const bool any = i % kBlock < width;
      transform<F::kUnrolled, F::kLine, 3, F::weight_sum>(
          [=](int r, int c) { return any ? load(s + (r * F::kLine + c) * step) : zero(); },
          [=](int r, int c, Vec v) { store(to + (3 * r + c) * pitch, v); });
    }
  }

  Product p;
  Tiling tiling;
  TermSums<N, kPoints> sums;
  int64_t line;  // floats of one point of a block of sums
};

}  // namespace eb::EB_ISA

#endif
