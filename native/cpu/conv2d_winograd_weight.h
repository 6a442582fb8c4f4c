// Gradient of 3x3 weights by the transpose of Winograd's minimal filtering F(2x2, 3x3), for both kinds
// of numbers of conv2d_winograd.h.
#ifndef EARLYBIRD_CPU_CONV2D_WINOGRAD_WEIGHT_H
#define EARLYBIRD_CPU_CONV2D_WINOGRAD_WEIGHT_H

#include <omp.h>

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
        terms(terms_of<N>(tiling.tiles)),
        channels((p.in + kLanes - 1) / kLanes * kLanes),
        blocks((p.out + kBlock - 1) / kBlock) {
    const int64_t term =
        kPoints * (channels + blocks * kBlock) * static_cast<int64_t>(sizeof(Term));
    const bool small = sums_size() * static_cast<int64_t>(sizeof(float)) <= kCopyBytes;
    chunk = std::clamp<int64_t>((small ? kGroupBytes : kChunkBytes) / term, 1, terms);
    copies = small ? std::min(kCopies, (terms + chunk - 1) / chunk) : 1;
  }

  // Bytes of scratch for run(), on cache lines.
  int64_t bytes() const {
    return copies * sums_size() * static_cast<int64_t>(sizeof(float)) +
           (copies == 1 ? 1 : omp_get_max_threads()) * chunk_size() *
               static_cast<int64_t>(sizeof(Term));
  }

  // dw, stored as for eb_conv2d_backward_weight_f32.
  void run(const Element* x, const Element* dy, float* dw, void* scratch) const {
    float* sums = static_cast<float*>(scratch);
    Term* room = reinterpret_cast<Term*>(sums + copies * sums_size());
#pragma omp parallel
    {
      if (copies == 1) {
        sum_together(x, dy, room, sums);
      } else {
        sum_apart(x, dy, room + omp_get_thread_num() * chunk_size(), sums);
      }
      const Part mine = my_part(blocks);
      for (int64_t b = mine.begin; b < mine.end; b++) transform_sums(b, sums, dw);
    }
  }

 private:
  using Term = typename N::Term;

  // Bytes of the transforms of a chunk: of all threads, or of one.
  static constexpr int64_t kChunkBytes = 12 << 20;
  static constexpr int64_t kGroupBytes = 192 << 10;
  // Sums up to this size are made in copies, each by one thread, which keeps them in its second cache.
  static constexpr int64_t kCopyBytes = 600 << 10;
  static constexpr int64_t kCopies = 16;

  int64_t pixels_size() const { return kPoints * chunk * channels; }

  int64_t chunk_size() const { return pixels_size() + kPoints * chunk * blocks * kBlock; }

  int64_t sums_size() const { return kPoints * blocks * p.in * kBlock; }

  // All threads transform a chunk, then each of them adds to its part of the sums.
  void sum_together(const Element* x, const Element* dy, Term* room, float* sums) const {
    const Part items = my_part(kPoints * blocks);
    for (int64_t first = 0; first < terms; first += chunk) {
      const int64_t count = std::min(chunk, terms - first);
      transform(x, dy, first, my_part(count), room);
#pragma omp barrier
      for (int64_t item = items.begin; item < items.end; item++) {
        add_products(item, count, first == 0, room, sums);
      }
#pragma omp barrier
    }
  }

  // Parts of the tiles are summed apart, each by one thread, and added in their order.
  void sum_apart(const Element* x, const Element* dy, Term* room, float* sums) const {
    const Part mine = my_part(copies);
    for (int64_t copy = mine.begin; copy < mine.end; copy++) {
      const int64_t begin = terms * copy / copies;
      const int64_t end = terms * (copy + 1) / copies;
      for (int64_t first = begin; first < end; first += chunk) {
        const int64_t count = std::min(chunk, end - first);
        transform(x, dy, first, {0, count}, room);
        for (int64_t item = 0; item < kPoints * blocks; item++) {
          add_products(item, count, first == begin, room, sums + copy * sums_size());
        }
      }
    }
#pragma omp barrier
    const Part vectors = my_part(sums_size() / kLanes);
    for (int64_t i = vectors.begin * kLanes; i < vectors.end * kLanes; i += kLanes) {
      Vec sum = load(sums + i);
      for (int64_t copy = 1; copy < copies; copy++)
        sum = add(sum, load(sums + copy * sums_size() + i));
      store(sums + i, sum);
    }
#pragma omp barrier
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

  // pixels [16, chunk, channels] and gradients [16, blocks, chunk, kBlock] of the terms of tiles
  // [begin, end) after the first; zeros where there is no tile.
  void transform(const Element* x, const Element* dy, int64_t first, Part part, Term* room) const {
    Term* pixels = room;
    Term* gradients = room + pixels_size();
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
          load_pixels(p, tile[k], x, i, d);
          transform_pixels(d, [&](int point, Vec v) { all[k][point] = v; });
        }
        put_term(all, [&](int point) { return pixels + (point * chunk + t) * channels + i; });
      }
      for (int64_t o = 0; o < p.out; o += kLanes) {
        for (int64_t k = 0; k < tiles; k++) {
          Vec d[4];
          load_gradients(tile[k], dy, o, d);
          transform_gradient(d, all[k]);
        }
        put_term(all, [&](int point) {
          return gradients + ((point * blocks + o / kBlock) * chunk + t) * kBlock + o % kBlock;
        });
      }
      next = tile[tiles - 1];
      next.next(tiling);
    }
  }

  // Adds `count` terms to one point of one block of output channels: sums [16, blocks, in, kBlock].
  void add_products(int64_t item, int64_t count, bool fresh, const Term* room, float* sums) const {
    const Term* from = room + item / blocks * chunk * channels;
    const Term* by = room + pixels_size() + item * chunk * kBlock;
    float* to = sums + item * p.in * kBlock;
    const int64_t vectors = vectors_of(p.out, item % blocks);
    const int64_t parts = (p.in + rows_of(vectors) - 1) / rows_of(vectors);
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
  int64_t terms;     // of tiles
  int64_t channels;  // of x, rounded up to vectors
  int64_t blocks;    // of output channels
  int64_t chunk;     // terms that are worked on together
  int64_t copies;    // of the sums
};

}  // namespace eb::EB_ISA

#endif
