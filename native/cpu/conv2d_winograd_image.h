// Convolution with 3x3 kernels and its gradient with respect to the input by Winograd's minimal
// filtering F(2x2, 3x3), for both kinds of numbers of conv2d_winograd.h.
#ifndef EARLYBIRD_CPU_CONV2D_WINOGRAD_IMAGE_H
#define EARLYBIRD_CPU_CONV2D_WINOGRAD_IMAGE_H

#include <omp.h>

#include <algorithm>

#include "cpu/conv2d_epilogue.h"
#include "cpu/conv2d_read.h"
#include "cpu/conv2d_winograd.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {

template <class N, class Read>
class WinogradImage {
 public:
  using Element = typename N::Element;
  using After = EpilogueOf<Element>;

  explicit WinogradImage(const Product& product)
      : p(product),
        tiling(product),
        terms(terms_of<N>(p.in)),
        pitch(terms_of<N>((p.in + kLanes - 1) / kLanes * kLanes)),
        blocks((p.out + kBlock - 1) / kBlock) {
    const int64_t fit = kTileBytes / (kPoints * pitch * static_cast<int64_t>(sizeof(Term)));
    group = std::clamp<int64_t>(fit / rows_of(2) * rows_of(2), rows_of(2), kMostTiles);
    groups = (tiling.tiles + group - 1) / group;
  }

  // Bytes of scratch for run(), on cache lines.
  int64_t bytes() const {
    return weight_size() * static_cast<int64_t>(sizeof(Term)) +
           omp_get_max_threads() * thread_bytes();
  }

  // y = x convolved with w, which is stored as for eb_conv2d_f32 or eb_conv2d_backward_data_f32.
  void run(const Element* x, const Read& read, const float* w, const After& after, Element* y,
           void* scratch) const {
    const int64_t block = 9 * p.in * kBlock;
    Term* weights = static_cast<Term*>(scratch);
#pragma omp parallel
    {
      const Part mine = my_part(blocks);
      for (int64_t b = mine.begin; b < mine.end; b++) {
        transform_weights(w + b * block, weights + b * kPoints * terms * kBlock);
      }
#pragma omp barrier
      char* room =
          reinterpret_cast<char*>(weights + weight_size()) + omp_get_thread_num() * thread_bytes();
      const Part all = my_part(groups);
      for (int64_t g = all.begin; g < all.end; g++) {
        run_group(g, x, read, weights, after, room, y);
      }
    }
  }

 private:
  using Term = typename N::Term;

  // Tiles of a thread at most, and bytes of their transforms.
  static constexpr int64_t kMostTiles = 96;
  static constexpr int64_t kTileBytes = 768 << 10;

  int64_t weight_size() const { return kPoints * blocks * terms * kBlock; }

  int64_t transform_size() const { return kPoints * group * pitch; }

  // Transforms of a group and products of one block of channels with it.
  int64_t thread_bytes() const {
    return transform_size() * static_cast<int64_t>(sizeof(Term)) +
           kPoints * group * kBlock * static_cast<int64_t>(sizeof(float));
  }

  // Transforms [16, group, pitch] of the tiles from `first` on.
  void transform_tiles(const Element* x, const Read& read, int64_t first, int64_t count,
                       Term* out) const {
    Tile tile(tiling, first);
    for (int64_t t = 0; t < count; t++, tile.next(tiling)) {
      for (int64_t i = 0; i < p.in; i += kLanes) {
        Vec d[kPoints];
        load_pixels(p, tile, x, read, i, d);
        transform_pixels(
            d, [&](int point, Vec v) { N::put(out + (point * group + t) * pitch, i, v); });
      }
    }
  }

  // G g G^T of the weights of one vector of output channels and one input channel, turned by half a
  // circle for the gradient; zeros where there is no such channel.
  void transform_taps(const float* w, int64_t channel, Vec (&out)[kPoints]) const {
    if (channel >= p.in) {
      for (Vec& v : out) v = zero();
      return;
    }
    const float* taps = w + channel * kBlock;
    Vec t[12];
    for (int64_t c = 0; c < 3; c++) {
      Vec g[3];
      for (int64_t r = 0; r < 3; r++) {
        const int64_t tap = p.backward ? 8 - (3 * r + c) : 3 * r + c;
        g[r] = load(taps + tap * p.in * kBlock);
      }
      const Four f = weight_transform(g[0], g[1], g[2]);
      for (int64_t r = 0; r < 4; r++) t[3 * r + c] = f.v[r];
    }
    for (int64_t r = 0; r < 4; r++) {
      const Four f = weight_transform(t[3 * r], t[3 * r + 1], t[3 * r + 2]);
      for (int64_t c = 0; c < 4; c++) out[4 * r + c] = f.v[c];
    }
  }

  // One block of stored weights [3, 3, in, kBlock] becomes [16, terms, kBlock].
  void transform_weights(const float* w, Term* out) const {
    for (int64_t i = 0; i < terms; i++) {
      for (int64_t v = 0; v < kBlock; v += kLanes) {
        Vec t[N::kNumbers][kPoints];
        for (int64_t k = 0; k < N::kNumbers; k++) transform_taps(w + v, i * N::kNumbers + k, t[k]);
        for (int64_t point = 0; point < kPoints; point++) {
          Vec numbers[N::kNumbers];
          for (int64_t k = 0; k < N::kNumbers; k++) numbers[k] = t[k][point];
          N::pack(out + (point * terms + i) * kBlock + v, numbers);
        }
      }
    }
  }

  // The products [16, group, kBlock] of a block of output channels become results.
  void transform_results(const float* products, int64_t first, int64_t count, int64_t block,
                         const After& after, Element* y) const {
    const int64_t step = group * kBlock;
    const int64_t line = p.out_width * p.out;
    Tile tile(tiling, first);
    for (int64_t t = 0; t < count; t++, tile.next(tiling)) {
      const int64_t pixel = (tile.image * p.out_height + tile.row) * p.out_width + tile.column;
      for (int64_t v = 0; v < vectors_of(p.out, block); v++) {
        const int64_t channel = block * kBlock + v * kLanes;
        const float* m = products + t * kBlock + v * kLanes;
        Vec rows[2][4];
#pragma GCC unroll 4
        for (int c = 0; c < 4; c++) {
          output_transform(load(m + c * step), load(m + (4 + c) * step), load(m + (8 + c) * step),
                           load(m + (12 + c) * step), &rows[0][c], &rows[1][c]);
        }
        int64_t at = pixel * p.out + channel;
#pragma GCC unroll 2
        for (int r = 0; r < 2; r++, at += line) {
          if (tile.row + r >= p.out_height) break;
          Vec left;
          Vec right;
          output_transform(rows[r][0], rows[r][1], rows[r][2], rows[r][3], &left, &right);
          put(after, left, channel, at, y);
          if (tile.column + 1 < p.out_width) put(after, right, channel, at + p.out, y);
        }
      }
    }
  }

  void put(const After& after, Vec value, int64_t channel, int64_t at, Element* y) const {
    const int64_t count = p.out - channel;
    store_channels(y + at, after.apply(value, channel, at, count), count);
  }

  // The tiles of one group.
  void run_group(int64_t g, const Element* x, const Read& read, const Term* weights,
                 const After& after, char* room, Element* y) const {
    const int64_t first = g * group;
    const int64_t count = std::min(group, tiling.tiles - first);
    Term* transforms = reinterpret_cast<Term*>(room);
    float* products = reinterpret_cast<float*>(transforms + transform_size());
    transform_tiles(x, read, first, count, transforms);
    const int64_t matrix = terms * kBlock;
    for (int64_t block = 0; block < blocks; block++) {
      const int64_t vectors = vectors_of(p.out, block);
      const int64_t rows = rows_of(vectors);
      for (int64_t point = 0; point < kPoints; point++) {
        const Term* w = weights + (block * kPoints + point) * matrix;
        for (int64_t t = 0; t < count; t += rows) {
          const int64_t at = point * group + t;
          multiply_of<N, false, Nothing>(std::min(rows, count - t), vectors)(
              transforms + at * pitch, pitch, w, terms, true, Nothing(), products + at * kBlock);
        }
      }
      transform_results(products, first, count, block, after, y);
    }
  }

  Product p;
  Tiling tiling;
  int64_t terms;   // of a pixel's channels
  int64_t pitch;   // terms between two transforms
  int64_t blocks;  // of output channels
  int64_t group;   // tiles that a thread transforms at a time
  int64_t groups;
};

}  // namespace eb::EB_ISA

#endif
