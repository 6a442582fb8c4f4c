// Convolution with 1x1 kernels, for both kinds of numbers of conv2d_numbers.h.
#ifndef EARLYBIRD_CPU_CONV2D_POINTWISE_IMAGE_H
#define EARLYBIRD_CPU_CONV2D_POINTWISE_IMAGE_H

#include <omp.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "cpu/conv2d_epilogue.h"
#include "cpu/conv2d_numbers.h"
#include "cpu/conv2d_read.h"
#include "cpu/conv2d_taps.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {

template <class N, class Read>
class PointwiseImage {
 public:
  using Element = typename N::Element;
  using After = EpilogueOf<Element>;

  // Whether it can choose among channels that are read: where more than half of them are multiplied, they
  // are sooner found than brought together. Numbers in pairs have to be together.
  static constexpr bool kCanChoose = N::kNumbers == 1;

  // `read` channels of a pixel are read, at least those that are multiplied.
  PointwiseImage(const Product& product, int64_t read)
      : p(flat(product)),
        terms(terms_of<N>(p.in)),
        pitch(terms_of<N>(vectors_of(kCanChoose ? read : p.in) * kLanes)),
        blocks((p.out + kBlock - 1) / kBlock),
        groups((p.n + kGroup - 1) / kGroup) {}

  // Bytes of scratch for run(), on cache lines.
  int64_t bytes() const {
    return (weight_size() + omp_get_max_threads() * kGroup * pitch) *
           static_cast<int64_t>(sizeof(Term));
  }

  // y = x convolved with w, which is stored as for eb_conv2d_f32.
  void run(const Element* x, const Read& read, const float* w, const After& after, Element* y,
           void* scratch) const {
    Term* packed = static_cast<Term*>(scratch);
#pragma omp parallel
    {
      if constexpr (N::kNumbers > 1) {
        const Part mine = my_part(blocks);
        for (int64_t b = mine.begin; b < mine.end; b++) pack_weights(w, b, packed);
#pragma omp barrier
      }
      Term* rows = packed + weight_size() + omp_get_thread_num() * kGroup * pitch;
      const Part mine = my_part(groups);
      for (int64_t g = mine.begin; g < mine.end; g++) {
        const Part pixels = {g * kGroup, std::min((g + 1) * kGroup, p.n)};
        pack(x, read, pixels, rows);
        multiply_group(pixels, x, read, g + 1 == mine.end, rows, weights(w, packed), after, y);
      }
      if (past_cache(y)) stream_end();
    }
  }

 private:
  using Term = typename N::Term;

  // Pixels that are packed together, in whole tiles of any width.
  static constexpr int64_t kGroup = 96;
  // Pixels that are read side by side.
  static constexpr int64_t kNear = 8;

  int64_t weight_size() const { return N::kNumbers > 1 ? blocks * terms * kBlock : 0; }

  // Numbers of single floats are multiplied as they are stored.
  static const Term* weights(const float* w, const Term* packed) {
    if constexpr (N::kNumbers > 1) {
      return packed;
    } else {
      return w;
    }
  }

  // Weights [in, kBlock] of a block become terms [terms, kBlock].
  void pack_weights(const float* w, int64_t block, Term* packed) const {
    for (int64_t i = 0; i < terms; i++) {
      for (int64_t v = 0; v < kBlock; v += kLanes) {
        Vec numbers[N::kNumbers];
        for (int64_t k = 0; k < N::kNumbers; k++) {
          const int64_t channel = i * N::kNumbers + k;
          numbers[k] = channel < p.in ? load(w + (block * p.in + channel) * kBlock + v) : zero();
        }
        N::pack(packed + (block * terms + i) * kBlock + v, numbers);
      }
    }
  }

  // Pixels become rows of terms.
  void pack(const Element* x, const Read& read, Part pixels, Term* rows) const {
    int64_t n = pixels.begin;
    for (; n + kNear <= pixels.end; n += kNear, rows += kNear * pitch) {
      pack_near<kNear>(x + n * read.stored(), read, rows);
    }
    for (; n < pixels.end; n++, rows += pitch) pack_near<1>(x + n * read.stored(), read, rows);
  }

  template <int R>
  void pack_near(const Element* x, const Read& read, Term* rows) const {
    for (int64_t i = 0; i < read.vectors(); i++) {
      Vec v[R];
      read.read(x, i, v);
#pragma GCC unroll 16
      for (int r = 0; r < R; r++) N::put(rows + r * pitch, i * kLanes, v[r]);
    }
  }

  // Writes the first `count` of a vector of results.
  static void put(Vec value, int64_t count, bool past_cache, Element* y) {
    if constexpr (std::is_same_v<Element, float>) {
      if (past_cache) {
        stream(y, value);
        return;
      }
    }
    store_channels(y, value, count);
  }

  struct TileArgs {
    const Term* rows;
    int64_t pitch;
    const int32_t* chosen;  // terms of a row; null: all
    const Term* w;
    int64_t terms;
    Ahead ahead;
    After after;
    int64_t channel;  // the first
    int64_t out;      // channels of a pixel
    int64_t at;       // of the first result in y
    bool past_cache;  // whether whole vectors of results bypass the cache
    Element* y;
  };

  template <int V, int R>
  static void tile(const TileArgs& a) {
    Vec acc[R][V];
#pragma GCC unroll 32
    for (int r = 0; r < R; r++) {
#pragma GCC unroll 2
      for (int v = 0; v < V; v++) acc[r][v] = zero();
    }
    if constexpr (Read::kChooses) {
      accumulate_chosen<N>(a.rows, a.pitch, a.chosen, a.w, a.terms, a.ahead, acc);
    } else {
      accumulate<N, false>(a.rows, a.pitch, a.w, a.terms, a.ahead, acc);
    }
    int64_t at = a.at;
#pragma GCC unroll 32
    for (int r = 0; r < R; r++, at += a.out) {
#pragma GCC unroll 2
      for (int v = 0; v < V; v++) {
        const int64_t channel = a.channel + v * kLanes;
        const int64_t count = a.out - channel;
        const Vec value = a.after.apply(acc[r][v], channel, at + v * kLanes, count);
        put(value, count, a.past_cache, a.y + at + v * kLanes);
      }
    }
  }

  using Tile = void (*)(const TileArgs&);

  template <int V, int... R>
  static Tile tile_of(int64_t rows, std::integer_sequence<int, R...>) {
    static constexpr Tile all[] = {tile<V, R + 1>...};
    return all[rows - 1];
  }

  static Tile tile_of(int64_t rows, int64_t vectors) {
    return vectors == 1 ? tile_of<1>(rows, std::make_integer_sequence<int, rows_of(1)>())
                        : tile_of<2>(rows, std::make_integer_sequence<int, rows_of(2)>());
  }

  // What a group of pixels reads, and writes unless that bypasses the cache.
  Stretches group(int64_t begin, int64_t steps, const Element* x, int64_t stored,
                  const After& after, const Element* y) const {
    const int64_t end = std::min(begin + kGroup, p.n);
    Stretches all(steps);
    all.add(x + begin * stored, stored, end - begin);
    if (after.residual) all.add(after.residual + begin * p.out, p.out, end - begin);
    if (!past_cache(y)) all.add(y + begin * p.out, p.out, end - begin);
    return all;
  }

  bool past_cache(const Element* y) const {
    return std::is_same_v<Element, float> && p.out % kLine == 0 &&
           should_stream_lines(y, p.n * p.out);
  }

  // Results of some pixels; asks for what those behind them touch, unless they are the last ones.
  void multiply_group(Part pixels, const Element* x, const Read& read, bool last, const Term* rows,
                      const Term* w, const After& after, Element* y) const {
    const int64_t count = pixels.end - pixels.begin;
    const int64_t tall = rows_of(vectors_of(p.out, 0));
    const int64_t steps = last ? 0 : blocks * ((count + tall - 1) / tall) * terms;
    const Stretches next = group(pixels.end, steps, x, read.stored(), after, y);
    TileArgs args{rows, pitch, read.chosen(), w, terms, {}, after, 0, p.out, 0, past_cache(y), y};
    int64_t step = 0;
    for (int64_t block = 0; block < blocks; block++, args.w += terms * kBlock) {
      const int64_t vectors = vectors_of(p.out, block);
      const int64_t most = rows_of(vectors);
      args.channel = block * kBlock;
      for (int64_t t = 0; t < count; t += most, step += terms) {
        args.rows = rows + t * pitch;
        args.at = (pixels.begin + t) * p.out + args.channel;
        args.ahead = next.ahead(step);
        tile_of(std::min(most, count - t), vectors)(args);
      }
    }
  }

  Product p;
  int64_t terms;   // of a pixel's channels
  int64_t pitch;   // terms between two pixels
  int64_t blocks;  // of output channels
  int64_t groups;  // of pixels
};

}  // namespace eb::EB_ISA

#endif
