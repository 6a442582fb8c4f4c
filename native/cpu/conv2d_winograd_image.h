// Convolution with 3x3 kernels and its gradient with respect to the input by one of Winograd's minimal
// filterings F, for both kinds of numbers of conv2d_numbers.h.
#ifndef EARLYBIRD_CPU_CONV2D_WINOGRAD_IMAGE_H
#define EARLYBIRD_CPU_CONV2D_WINOGRAD_IMAGE_H

#include <omp.h>

#include <algorithm>

#include "cpu/conv2d_epilogue.h"
#include "cpu/conv2d_read.h"
#include "cpu/conv2d_winograd.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {

template <class N, class Read, class F>
class WinogradImage {
 public:
  using Element = typename N::Element;
  using After = EpilogueOf<Element>;

  explicit WinogradImage(const Product& product)
      : p(product),
        tiling(product, F::kResults),
        terms(terms_of<N>(p.in)),
        pitch(terms_of<N>((p.in + kLanes - 1) / kLanes * kLanes)),
        blocks((p.out + kBlock - 1) / kBlock) {
    const int64_t fit = kTileBytes / (kPoints * pitch * static_cast<int64_t>(sizeof(Term)));
    group = std::clamp<int64_t>(fit / rows_of(2) * rows_of(2), rows_of(2), kMostTiles);
    point_pitch = group * pitch + kApart;
    product_pitch = group * kBlock + kApart;
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
      const Part part = my_part(tiling.tiles);
      for (int64_t first = part.begin; first < part.end; first += group) {
        const int64_t count = std::min(group, part.end - first);
        const int64_t next = std::min(group, part.end - first - count);
        run_group(first, count, next, x, read, weights, after, room, y);
      }
    }
  }

 private:
  using Term = typename N::Term;

  static constexpr int kPoints = F::kPoints;

  // Numbers between two points: without them their lines would displace each other in the first cache.
  static constexpr int64_t kApart = 32;

  // Tiles of a thread at most, and bytes of their transforms.
  static constexpr int64_t kMostTiles = 96;
  static constexpr int64_t kTileBytes = (kPoints == 36 ? 192 : 768) << 10;

  int64_t weight_size() const { return kPoints * blocks * terms * kBlock; }

  int64_t transform_size() const { return kPoints * point_pitch; }

  // Transforms of a group and products of one block of channels with it.
  int64_t thread_bytes() const {
    return transform_size() * static_cast<int64_t>(sizeof(Term)) +
           kPoints * product_pitch * static_cast<int64_t>(sizeof(float));
  }

  // Transforms [points, group, pitch] of the tiles from `first` on.
  void transform_tiles(const Element* x, const Read& read, int64_t first, int64_t count,
                       Term* out) const {
    Tile tile(tiling, first);
    for (int64_t t = 0; t < count; t++, tile.next(tiling)) {
      for (int64_t i = 0; i < p.in; i += kLanes) {
        Term* to = out + t * pitch;
        const int64_t step = point_pitch;
        transform_pixels<F>(p, tile, x, read, i,
                            [=](int point, Vec v) { N::put(to + point * step, i, v); });
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
    transform<F::kUnrolled, 3, F::kLine, F::weight>(
        [&](int r, int c) {
          const int64_t tap = p.backward ? 8 - (3 * r + c) : 3 * r + c;
          return load(taps + tap * p.in * kBlock);
        },
        [&](int r, int c, Vec v) { out[r * F::kLine + c] = v; });
  }

  // One block of stored weights [3, 3, in, kBlock] becomes [points, terms, kBlock].
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

  // The products [points, group, kBlock] of a block of output channels become results.
  void transform_results(const float* products, int64_t first, int64_t count, int64_t block,
                         const After& after, Element* y) const {
    const int64_t step = product_pitch;
    const int64_t line = p.out_width * p.out;
    Tile tile(tiling, first);
    for (int64_t t = 0; t < count; t++, tile.next(tiling)) {
      const int64_t pixel = (tile.image * p.out_height + tile.row) * p.out_width + tile.column;
      const int64_t rows = p.out_height - tile.row;
      const int64_t columns = p.out_width - tile.column;
      for (int64_t v = 0; v < vectors_of(p.out, block); v++) {
        const int64_t channel = block * kBlock + v * kLanes;
        const float* m = products + t * kBlock + v * kLanes;
        const int64_t at = pixel * p.out + channel;
        transform<F::kUnrolled, F::kLine, F::kResults, F::output>(
            [=](int r, int c) { return load(m + (r * F::kLine + c) * step); },
            [&](int r, int c, Vec value) {
              if (r < rows && c < columns) put(after, value, channel, at + r * line + c * p.out, y);
            });
      }
    }
  }

  void put(const After& after, Vec value, int64_t channel, int64_t at, Element* y) const {
    const int64_t count = p.out - channel;
    store_channels(y + at, after.apply(value, channel, at, count), count);
  }

  // In how many parts so many tiles are multiplied with V vectors.
  static int64_t parts_of(int64_t tiles, int64_t v) {
    return (tiles + rows_of(v) - 1) / rows_of(v);
  }

  // Pixels before those of a tile.
  int64_t pixels(int64_t tile) const {
    return Tile(tiling, tile).pixels(tiling, p.out_height, p.out_width);
  }

  // Products of some tiles with one block of output channels at one point.
  void multiply(int64_t tiles, int64_t vectors, const Term* t, const Term* w, const Ahead& ahead,
                float* products) const {
    if (ahead.from) {
      multiply_of<N, false, Ahead>(tiles, vectors)(t, pitch, w, terms, true, ahead, products);
    } else {
      multiply_of<N, false, Nothing>(tiles, vectors)(t, pitch, w, terms, true, Nothing(), products);
    }
  }

  // The tiles of one group; `next` of those after it are asked for.
  void run_group(int64_t first, int64_t count, int64_t next, const Element* x, const Read& read,
                 const Term* weights, const After& after, char* room, Element* y) const {
    Term* transforms = reinterpret_cast<Term*>(room);
    float* products = reinterpret_cast<float*>(transforms + transform_size());
    transform_tiles(x, read, first, count, transforms);
    const int64_t matrix = terms * kBlock;
    const int64_t steps = kPoints * terms * parts_of(count, vectors_of(p.out, 0));
    Stretches wanted(blocks * steps);
    const int64_t at = pixels(first);
    const int64_t end = pixels(first + count);
    wanted.add(y + at * p.out, p.out, end - at);
    wanted.add(x + end * p.in, p.in, pixels(first + count + next) - end);
    int64_t step = 0;
    for (int64_t block = 0; block < blocks; block++) {
      const int64_t vectors = vectors_of(p.out, block);
      const int64_t rows = rows_of(vectors);
      for (int64_t point = 0; point < kPoints; point++) {
        const Term* w = weights + (block * kPoints + point) * matrix;
        for (int64_t t = 0; t < count; t += rows, step += terms) {
          multiply(std::min(rows, count - t), vectors, transforms + point * point_pitch + t * pitch,
                   w, wanted.ahead(step), products + point * product_pitch + t * kBlock);
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
  int64_t point_pitch;
  int64_t product_pitch;
};

}  // namespace eb::EB_ISA

#endif
