// Gradient of 3x3 weights by the transpose of Winograd's minimal filtering F(2x2, 3x3), for both kinds
// of numbers of conv2d_winograd.h.
#ifndef EARLYBIRD_CPU_CONV2D_WINOGRAD_WEIGHT_H
#define EARLYBIRD_CPU_CONV2D_WINOGRAD_WEIGHT_H

#include <algorithm>

#include "cpu/conv2d_winograd.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {

template <class N>
class WinogradWeight {
 public:
  using Element = typename N::Element;

  explicit WinogradWeight(const Product& product)
      : p(product),
        tiling(product),
        channels((p.in + kLanes - 1) / kLanes * kLanes),
        blocks((p.out + kBlock - 1) / kBlock) {
    const int64_t term = kPoints * (channels + blocks * kBlock);
    const int64_t fit = kChunkBytes / (term * static_cast<int64_t>(sizeof(Term)));
    chunk = std::clamp<int64_t>(fit, 1, terms_of<N>(tiling.tiles));
  }

  // Bytes of scratch for run(), on cache lines.
  int64_t bytes() const {
    return (pixels_size() + gradients_size()) * static_cast<int64_t>(sizeof(Term)) +
           kPoints * blocks * p.in * kBlock * static_cast<int64_t>(sizeof(float));
  }

  // dw, stored as for eb_conv2d_backward_weight_f32.
  void run(const Element* x, const Element* dy, float* dw, void* scratch) const {
    Term* pixels = static_cast<Term*>(scratch);
    Term* gradients = pixels + pixels_size();
    float* sums = reinterpret_cast<float*>(gradients + gradients_size());
    const int64_t all = terms_of<N>(tiling.tiles);
#pragma omp parallel
    {
      const Part items = my_part(kPoints * blocks);
      for (int64_t first = 0; first < all; first += chunk) {
        const int64_t count = std::min(chunk, all - first);
        transform(x, dy, first, my_part(count), pixels, gradients);
#pragma omp barrier
        for (int64_t item = items.begin; item < items.end; item++) {
          add_products(item, count, first == 0, pixels, gradients, sums);
        }
#pragma omp barrier
      }
      const Part mine = my_part(blocks);
      for (int64_t b = mine.begin; b < mine.end; b++) transform_sums(b, sums, dw);
    }
  }

 private:
  using Term = typename N::Term;

  // Bytes of the transforms of tiles that are worked on together.
  static constexpr int64_t kChunkBytes = 12 << 20;

  int64_t pixels_size() const { return kPoints * chunk * channels; }

  int64_t gradients_size() const { return kPoints * chunk * blocks * kBlock; }

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
    for (int64_t r = 0; r < 2; r++) {
      for (int64_t c = 0; c < 2; c++) {
        const int64_t row = tile.row + r;
        const int64_t column = tile.column + c;
        Vec value = zero();
        if (row < p.out_height && column < p.out_width && o < p.out) {
          value = load_channels(
              dy + ((tile.image * p.out_height + row) * p.out_width + column) * p.out + o,
              p.out - o);
        }
        d[2 * r + c] = value;
      }
    }
  }

  // Calls values(tile, numbers) for every tile of term `term`, zeros where there is none, and puts
  // the numbers of its points where at(point) says.
  template <class Values, class At>
  void put_term(int64_t term, Values values, At at) const {
    Vec t[N::kNumbers][kPoints];
    for (int64_t k = 0; k < N::kNumbers; k++) {
      const int64_t tile = term * N::kNumbers + k;
      if (tile < tiling.tiles) {
        values(Tile(tiling, tile), t[k]);
      } else {
        for (Vec& v : t[k]) v = zero();
      }
    }
#pragma GCC unroll 16
    for (int point = 0; point < kPoints; point++) {
      Vec numbers[N::kNumbers];
      for (int64_t k = 0; k < N::kNumbers; k++) numbers[k] = t[k][point];
      N::pack(at(point), numbers);
    }
  }

  // pixels [16, chunk, channels] and gradients [16, blocks, chunk, kBlock] of the terms of tiles
  // [begin, end) after the first.
  void transform(const Element* x, const Element* dy, int64_t first, Part part, Term* pixels,
                 Term* gradients) const {
    for (int64_t t = part.begin; t < part.end; t++) {
      for (int64_t i = 0; i < p.in; i += kLanes) {
        put_term(
            first + t,
            [&](const Tile& tile, Vec(&out)[kPoints]) {
              Vec d[kPoints];
              load_pixels(p, tile, x, i, d);
              transform_pixels(d, [&](int point, Vec v) { out[point] = v; });
            },
            [&](int point) { return pixels + (point * chunk + t) * channels + i; });
      }
      for (int64_t o = 0; o < blocks * kBlock; o += kLanes) {
        put_term(
            first + t,
            [&](const Tile& tile, Vec(&out)[kPoints]) {
              Vec d[4];
              load_gradients(tile, dy, o, d);
              transform_gradient(d, out);
            },
            [&](int point) {
              return gradients + ((point * blocks + o / kBlock) * chunk + t) * kBlock + o % kBlock;
            });
      }
    }
  }

  // Adds `count` terms to one point of one block of output channels: sums [16, blocks, in, kBlock].
  void add_products(int64_t item, int64_t count, bool fresh, const Term* pixels,
                    const Term* gradients, float* sums) const {
    const Term* from = pixels + item / blocks * chunk * channels;
    const Term* by = gradients + item * chunk * kBlock;
    float* to = sums + item * p.in * kBlock;
    const int64_t vectors = vectors_of(p.out, item % blocks);
    const int64_t parts = (p.in + kWinogradRows - 1) / kWinogradRows;
    for (int64_t part = 0; part < parts; part++) {
      const int64_t begin = p.in * part / parts;
      const int64_t rows = p.in * (part + 1) / parts - begin;
      multiply_of<N, true>(rows, vectors)(from + begin, channels, by, count, fresh,
                                          to + begin * kBlock);
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
  void transform_sums(int64_t block, const float* sums, float* dw) const {
    const int64_t line = p.in * kBlock;
    const int64_t step = blocks * line;
    const int64_t width = vectors_of(p.out, block) * kLanes;
    for (int64_t i = 0; i < line; i += kLanes) {
      const float* s = sums + block * line + i;
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
  int64_t channels;  // of x, rounded up to vectors
  int64_t blocks;    // of output channels
  int64_t chunk;     // terms of tiles that are worked on together
};

}  // namespace eb::EB_ISA

#endif
