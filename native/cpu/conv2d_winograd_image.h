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
    const int64_t tile = kPoints * pitch * static_cast<int64_t>(sizeof(Term));
    const int64_t fit = kTileBytes / tile;
    group = std::clamp<int64_t>(fit / rows_of(2) * rows_of(2), rows_of(2), kMostTiles);
    together = tiling.tiles * tile <= kTogetherBytes && blocks * kBlock * tile > kWeightBytes;
    if (together) group = tiling.tiles;
    const int64_t row = kPoints * kBlock * static_cast<int64_t>(sizeof(Term));
    weight_parts = together ? (terms * row + kPartBytes - 1) / kPartBytes : 1;
    point_pitch = group * pitch + kApart;
    weight_pitch = (terms + weight_parts - 1) / weight_parts * kBlock + kApart;
    product_pitch = group * kBlock + kApart;
  }

  // Bytes of scratch for run(), on cache lines.
  int64_t bytes() const {
    const int64_t shared = together ? transform_size() : blocks * weight_size();
    return shared * static_cast<int64_t>(sizeof(Term)) + omp_get_max_threads() * thread_bytes();
  }

  // y = x convolved with w, which is stored as for eb_conv2d_f32 or eb_conv2d_backward_data_f32.
  void run(const Element* x, const Read& read, const float* w, const After& after, Element* y,
           void* scratch) const {
#pragma omp parallel
    {
      if (together) {
        run_blocks(x, read, w, after, y, static_cast<Term*>(scratch));
      } else {
        run_groups(x, read, w, after, y, static_cast<Term*>(scratch));
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

  // How many channels before they are transformed weights are asked for: nine streams at distances by
  // which they displace each other are too many for the processor's own prefetching.
  static constexpr int64_t kAhead = 8;

  // Where transforms of all tiles take no more than this, and those of the weights more, threads share
  // the tiles and transform parts of a block of weights, which stay in their second caches.
  static constexpr int64_t kTogetherBytes = 10 << 20;
  static constexpr int64_t kWeightBytes = 8 << 20;
  static constexpr int64_t kPartBytes = 192 << 10;

  // Terms of the transforms of one block of weights, or of a part of it.
  int64_t weight_size() const { return kPoints * weight_pitch; }

  int64_t transform_size() const { return kPoints * point_pitch; }

  // Transforms of a group, or of a block of weights, and products of one with the other.
  int64_t thread_bytes() const {
    return (together ? weight_size() : transform_size()) * static_cast<int64_t>(sizeof(Term)) +
           kPoints * product_pitch * static_cast<int64_t>(sizeof(float));
  }

  // Stored weights of a block.
  int64_t block_size() const { return 9 * p.in * kBlock; }

  // Part of a thread: its groups of tiles, by the weights that all threads transform.
  void run_groups(const Element* x, const Read& read, const float* w, const After& after,
                  Element* y, Term* weights) const {
    const Part mine = my_part(blocks);
    for (int64_t b = mine.begin; b < mine.end; b++) {
      transform_weights(w + b * block_size(), {0, terms}, weights + b * weight_size());
    }
#pragma omp barrier
    Term* transforms = own_room(weights + blocks * weight_size());
    float* products = reinterpret_cast<float*>(transforms + transform_size());
    const Part part = my_part(tiling.tiles);
    for (int64_t first = part.begin; first < part.end; first += group) {
      const int64_t end = std::min(first + group, part.end);
      transform_tiles(x, read, first, end - first, transforms);
      Stretches next(blocks * steps(end - first));
      ask_for(y, p.out, first, end, next);
      ask_for(x, p.in, end, std::min(end + group, part.end), next);
      for (int64_t b = 0; b < blocks; b++) {
        multiply(transforms, end - first, weights + b * weight_size(), {0, terms}, b, next,
                 b * steps(end - first), products);
        transform_results(products, first, end - first, b, after, y);
      }
    }
  }

  // Part of a thread: its blocks of weights, by the tiles that all threads transform. Where there are
  // more threads than blocks, some of them transform the same weights for different tiles.
  void run_blocks(const Element* x, const Read& read, const float* w, const After& after,
                  Element* y, Term* transforms) const {
    const Part tiles = my_part(tiling.tiles);
    transform_tiles(x, read, tiles.begin, tiles.end - tiles.begin,
                    transforms + tiles.begin * pitch);
#pragma omp barrier
    Term* weights = own_room(transforms + transform_size());
    float* products = reinterpret_cast<float*>(weights + weight_size());
    const int64_t shares = (omp_get_num_threads() + blocks - 1) / blocks;
    const Part mine = my_part(blocks * shares);
    for (int64_t item = mine.begin; item < mine.end; item++) {
      const int64_t b = item / shares;
      const int64_t first = tiling.tiles * (item % shares) / shares;
      const int64_t count = tiling.tiles * (item % shares + 1) / shares - first;
      for (int64_t part = 0; part < weight_parts; part++) {
        const Part some = {terms * part / weight_parts, terms * (part + 1) / weight_parts};
        transform_weights(w + b * block_size(), some, weights);
        multiply(transforms + first * pitch, count, weights, some, b, Stretches(0), 0, products);
      }
      transform_results(products, first, count, b, after, y);
    }
  }

  // The calling thread's scratch, of which that of all threads begins here.
  Term* own_room(Term* all) const {
    return reinterpret_cast<Term*>(reinterpret_cast<char*>(all) +
                                   omp_get_thread_num() * thread_bytes());
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

  // One block of stored weights [3, 3, in, kBlock] becomes [points, terms, kBlock], of which a part is transformed.
  void transform_weights(const float* w, Part part, Term* out) const {
    for (int64_t i = part.begin; i < part.end; i++, out += kBlock) {
      for (int64_t tap = 0; tap < 9; tap++) {
        const float* ahead = w + (tap * p.in + i * N::kNumbers + kAhead) * kBlock;
        Ahead::ask_two(reinterpret_cast<const char*>(ahead));
      }
      for (int64_t v = 0; v < kBlock; v += kLanes) {
        Vec t[N::kNumbers][kPoints];
        for (int64_t k = 0; k < N::kNumbers; k++) transform_taps(w + v, i * N::kNumbers + k, t[k]);
        for (int64_t point = 0; point < kPoints; point++) {
          Vec numbers[N::kNumbers];
          for (int64_t k = 0; k < N::kNumbers; k++) numbers[k] = t[k][point];
          N::pack(out + point * weight_pitch + v, numbers);
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

  // Steps of products of so many tiles with a block.
  int64_t steps(int64_t tiles) const {
    const int64_t rows = rows_of(vectors_of(p.out, 0));
    return kPoints * terms * ((tiles + rows - 1) / rows);
  }

  // Adds the pixels of tiles first..end of an image.
  void ask_for(const Element* image, int64_t channels, int64_t first, int64_t end,
               Stretches& all) const {
    const int64_t begin = pixels(first);
    all.add(image + begin * channels, channels, pixels(end) - begin);
  }

  // Pixels before those of a tile.
  int64_t pixels(int64_t tile) const {
    return Tile(tiling, tile).pixels(tiling, p.out_height, p.out_width);
  }

  // Products of tiles with one block of output channels; asks for what is needed next from `step` on.
  void multiply(const Term* transforms, int64_t count, const Term* weights, Part part,
                int64_t block, const Stretches& next, int64_t step, float* products) const {
    const int64_t some_terms = part.end - part.begin;
    const bool fresh = part.begin == 0;
    const int64_t vectors = vectors_of(p.out, block);
    const int64_t rows = rows_of(vectors);
    for (int64_t point = 0; point < kPoints; point++) {
      const Term* w = weights + point * weight_pitch;
      for (int64_t t = 0; t < count; t += rows, step += some_terms) {
        const Term* from = transforms + point * point_pitch + t * pitch + part.begin;
        float* to = products + point * product_pitch + t * kBlock;
        const int64_t some = std::min(rows, count - t);
        const Ahead ahead = next.ahead(step);
        if (ahead.from) {
          multiply_of<N, false, Ahead>(some, vectors)(from, pitch, w, some_terms, fresh, ahead, to);
        } else {
          multiply_of<N, false, Nothing>(some, vectors)(from, pitch, w, some_terms, fresh,
                                                        Nothing(), to);
        }
      }
    }
  }

  Product p;
  Tiling tiling;
  int64_t terms;   // of a pixel's channels
  int64_t pitch;   // terms between two transforms
  int64_t blocks;  // of output channels
  int64_t group;   // tiles that a thread multiplies at a time
  bool together;   // whether that is all of them, and it takes parts of weights
  int64_t weight_parts;
  int64_t
      point_pitch;  // terms between two points of tiles, of weights, and floats between products
  int64_t weight_pitch;
  int64_t product_pitch;
};

}  // namespace eb::EB_ISA

#endif
