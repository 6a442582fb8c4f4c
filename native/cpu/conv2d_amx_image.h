// Convolution of bf16 images and its gradient with respect to the input by AMX, with stride 1; see
// conv2d_amx.cpp.
#ifndef EARLYBIRD_CPU_CONV2D_AMX_IMAGE_H
#define EARLYBIRD_CPU_CONV2D_AMX_IMAGE_H

#include <algorithm>
#include <type_traits>

#include "cpu/amx_tiles.h"
#include "cpu/conv2d_epilogue.h"
#include "cpu/conv2d_numbers.h"
#include "cpu/conv2d_read.h"
#include "cpu/conv2d_taps.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {

template <class Read>
class AmxImage {
 public:
  // Whether it can choose among channels that are read.
  static constexpr bool kCanChoose = false;

  // `read` is of no matter.
  explicit AmxImage(const Product& product, [[maybe_unused]] int64_t read = 0)
      : p(flat(product)),
        steps((p.in + kTileTerms - 1) / kTileTerms),
        blocks((p.out + kBlock - 1) / kBlock),
        groups((p.n + kAmxSide - 1) / kAmxSide),
        pixel(steps * 2 * kTileWords),
        taps(p.kernel_height * p.kernel_width),
        slots(std::min(p.kernel_height, p.in_height)) {
    const int64_t all = groups * p.in_height * p.in_width * pixel;
    together = weight_words() > kWeightWords && all <= kTogetherWords;
    if (together) slots = p.in_height;
  }

  // Bytes of scratch for run(), on cache lines.
  int64_t bytes() const {
    return (weight_words() + (together ? groups : omp_get_max_threads()) * image_words()) *
           static_cast<int64_t>(sizeof(uint32_t));
  }

  // y = x convolved with w, of which there are fp32 numbers, stored as for eb_conv2d_f32 even for the
  // gradient, or bf16 numbers, stored as for eb_conv2d_bf16 or eb_conv2d_backward_data_bf16.
  template <class Weight, class Result>
  void run(const Bf16* x, const Read& read, const Weight* w, const EpilogueOf<Result>& after,
           Result* y, void* scratch) const {
    auto* packed = static_cast<uint32_t*>(scratch);
#pragma omp parallel
    {
      const AmxTiles tiles(kBlock);
      const uint32_t* weights = ready(w);
      if (!weights) {
        const Part mine = my_part(blocks * taps);
        for (int64_t i = mine.begin; i < mine.end; i++) pack_weights(w, i, packed);
        weights = packed;
      }
      uint32_t* images = packed + weight_words();
      if (together) {
        run_blocks(tiles, x, read, weights, after, y, images);
      } else {
#pragma omp barrier
        run_rows(tiles, x, read, weights, after, y, images + omp_get_thread_num() * image_words());
      }
    }
  }

 private:
  // Weights that take more than this are not read again for every row: threads divide them, and all images
  // are packed at once, if they take no more than that.
  static constexpr int64_t kWeightWords = (1280 << 10) / 4;
  static constexpr int64_t kTogetherWords = (int64_t{16} << 20) / 4;

  // Pixels that are read side by side.
  static constexpr int kNear = 8;

  // Words of a block of packed weights, [tap, step, pair of terms, kBlock].
  int64_t block_words() const { return taps * steps * kTileRows * kBlock; }
  int64_t weight_words() const { return blocks * block_words(); }

  // Words of the packed rows of a group of images, [slot, column, step, image, 32 terms].
  int64_t image_words() const { return slots * p.in_width * pixel; }

  // Weights that need no packing.
  static const uint32_t* ready(const float*) { return nullptr; }
  const uint32_t* ready(const uint16_t* w) const {
    return p.in % kTileTerms == 0 ? reinterpret_cast<const uint32_t*>(w) : nullptr;
  }

  // Packs a tap of a block; terms beyond the last are zero.
  void pack_weights(const float* w, int64_t item, uint32_t* packed) const {
    if (p.backward) {
      pack_turned(w, item, packed);
      return;
    }
    const float* from = w + item * p.in * kBlock;
    uint32_t* to = packed + item * steps * kTileRows * kBlock;
    for (int64_t i = 0; i < steps * kTileTerms; i += 2, to += kBlock) {
      for (int64_t v = 0; v < kBlock; v += kLanes) {
        const Vec pair[] = {i < p.in ? load(from + i * kBlock + v) : zero(),
                            i + 1 < p.in ? load(from + (i + 1) * kBlock + v) : zero()};
        Bf16Pairs::pack(to + v, pair);
      }
    }
  }

  // The same for the gradient: columns are what the stored weights have as rows.
  void pack_turned(const float* w, int64_t item, uint32_t* packed) const {
    const int64_t first = item / taps * kBlock;
    uint32_t* to = packed + item * steps * kTileRows * kBlock;
    for (int64_t s = 0; s < steps; s++) {
      const float* from = w + ((s * taps + item % taps) * p.out + first) * kBlock;
      for (int64_t half = 0; half < kBlock; half += kRowWords) {
        alignas(64) uint32_t rows[kTileWords];
        for (int64_t r = 0; r < kTileRows; r++) {
          for (int64_t v = 0; v < kBlock; v += kLanes) {
            const bool any = first + half + r < p.out;
            Bf16Pairs::put(rows + r * kRowWords, v,
                           any ? load(from + (half + r) * kBlock + v) : zero());
          }
        }
        turn(rows, to + half, kBlock);
      }
      to += kTileRows * kBlock;
    }
  }

  void pack_weights(const uint16_t* w, int64_t item, uint32_t* packed) const {
    const int64_t pairs = (p.in + 1) / 2;
    const uint16_t* from = w + item * pairs * 2 * kBlock;
    uint32_t* to = packed + item * steps * kTileRows * kBlock;
    for (int64_t i = 0; i < steps * kTileRows * kBlock; i += kRowWords) {
      const bool any = i < pairs * kBlock;
      _mm512_store_si512(to + i, any ? _mm512_loadu_si512(from + 2 * i) : _mm512_setzero_si512());
    }
  }

  // Part of a thread: its rows of results, by all weights.
  template <class Result>
  void run_rows(const AmxTiles& tiles, const Bf16* x, const Read& read, const uint32_t* weights,
                const EpilogueOf<Result>& after, Result* y, uint32_t* packed) const {
    const Part mine = my_part(groups * p.out_height);
    int64_t ready = 0;  // rows of the group before it are packed
    for (int64_t item = mine.begin; item < mine.end; item++) {
      const int64_t group = item / p.out_height;
      const int64_t row = item % p.out_height;
      const Taps down = taps_of(p, row, p.kernel_height, p.in_height);
      const int64_t end = down.source + (down.source_step > 0 ? down.count : 1);
      const int64_t first = end - down.count;
      if (row == 0 || item == mine.begin) ready = first;
      for (; ready < end && down.count > 0; ready++) pack(x, read, group, ready, packed);
      for (int64_t b = 0; b < blocks; b++) {
        multiply(tiles, group, row, down, b, packed, weights, after, y);
      }
    }
  }

  // Part of a thread: its blocks of weights, by all images.
  template <class Result>
  void run_blocks(const AmxTiles& tiles, const Bf16* x, const Read& read, const uint32_t* weights,
                  const EpilogueOf<Result>& after, Result* y, uint32_t* packed) const {
    const Part rows = my_part(groups * p.in_height);
    for (int64_t i = rows.begin; i < rows.end; i++) {
      const int64_t group = i / p.in_height;
      pack(x, read, group, i % p.in_height, packed + group * image_words());
    }
#pragma omp barrier
    const int64_t lines = groups * p.out_height;
    const Part mine = my_part(blocks * lines);
    for (int64_t item = mine.begin; item < mine.end; item++) {
      const int64_t group = item % lines / p.out_height;
      const int64_t row = item % p.out_height;
      const Taps down = taps_of(p, row, p.kernel_height, p.in_height);
      multiply(tiles, group, row, down, item / lines, packed + group * image_words(), weights,
               after, y);
    }
  }

  // Packs a row of a group of images; zeros where there is no image, and for terms beyond the last.
  void pack(const Bf16* x, const Read& read, int64_t group, int64_t row, uint32_t* packed) const {
    const int64_t stored = read.stored();
    const int64_t first = group * kAmxSide;
    uint32_t* to = packed + row % slots * p.in_width * pixel;
    const int64_t line = p.in_width * stored * static_cast<int64_t>(sizeof(Bf16));
    int64_t r = 0;
    if (p.in_height * p.in_width == 1) {
      ask_for(x + (first + kAmxSide) * stored, kAmxSide * line);
      for (; r + kNear <= std::min(kAmxSide, p.n - first); r += kNear, to += kNear * kRowWords) {
        put<kNear>(x + (first + r) * stored, read, to, kRowWords);
      }
    }
    for (; r < kAmxSide; r++, to += kRowWords) {
      const bool any = first + r < p.n;
      const Bf16* from = x + ((first + r) * p.in_height + row) * p.in_width * stored;
      ask_for(from + p.in_height * p.in_width * stored, line);
      int64_t c = 0;
      for (; any && c + kNear <= p.in_width; c += kNear) {
        put<kNear>(from + c * stored, read, to + c * pixel, pixel);
      }
      for (; any && c < p.in_width; c++) put<1>(from + c * stored, read, to + c * pixel, pixel);
      for (; c < p.in_width; c++) {
        for (int64_t s = 0; s < steps; s++) {
          _mm512_store_si512(to + c * pixel + s * 2 * kTileWords, _mm512_setzero_si512());
        }
      }
    }
  }

  // Puts R neighbouring pixels `step` words apart.
  template <int R>
  void put(const Bf16* from, const Read& read, uint32_t* to, int64_t step) const {
    const int64_t stored = read.stored();
    for (int64_t s = 0; s < steps; s++, to += 2 * kTileWords) {
      if constexpr (std::is_same_v<Read, AsStored>) {
        const int64_t left = std::min(kTileTerms, stored - s * kTileTerms);
        const __mmask32 lanes = 0xFFFFFFFFu >> (kTileTerms - left);
#pragma GCC unroll 8
        for (int r = 0; r < R; r++) {
          _mm512_store_si512(to + r * step,
                             _mm512_maskz_loadu_epi16(lanes, from + r * stored + s * kTileTerms));
        }
      } else {
        const int64_t i = 2 * s;
        Vec v[R];
        read.read(from, i, v);
#pragma GCC unroll 8
        for (int r = 0; r < R; r++) Bf16Pairs::put(to + r * step, 0, v[r]);
        if (i + 1 < read.vectors()) {
          read.read(from, i + 1, v);
        } else {
#pragma GCC unroll 8
          for (int r = 0; r < R; r++) v[r] = zero();
        }
#pragma GCC unroll 8
        for (int r = 0; r < R; r++) Bf16Pairs::put(to + r * step, kLanes, v[r]);
      }
    }
  }

  // A row of results of a group of images, for one block of output channels.
  template <class Result>
  void multiply(const AmxTiles& tiles, int64_t group, int64_t row, const Taps& down, int64_t block,
                const uint32_t* packed, const uint32_t* weights, const EpilogueOf<Result>& after,
                Result* y) const {
    const int64_t images = std::min(kAmxSide, p.n - group * kAmxSide);
    const int64_t row_tiles = images > kTileRows ? 2 : 1;
    const int64_t columns = std::min(kBlock, p.out - block * kBlock);
    const int64_t column_tiles = columns > kTileRows ? 2 : 1;
    const int64_t tap_words = steps * kTileRows * kBlock;
    const uint32_t* w = weights + block * block_words();
    const int64_t image = p.out_height * p.out_width * p.out;
    int64_t at = (group * kAmxSide * p.out_height + row) * p.out_width * p.out + block * kBlock;
    if (block == 0) ask_for_results(at, images, after, y);
    for (int64_t column = 0; column < p.out_width; column++, at += p.out) {
      const Taps across = taps_of(p, column, p.kernel_width, p.in_width);
      tiles.begin();
      for (int64_t i = 0; i < down.count; i++) {
        const int64_t slot = (down.source + i * down.source_step) % slots;
        const int64_t kh = down.first + i * down.step;
        for (int64_t j = 0; j < across.count; j++) {
          const int64_t source = across.source + j * across.source_step;
          const int64_t tap = kh * p.kernel_width + across.first + j * across.step;
          tiles.run(row_tiles, column_tiles,
                    {packed + (slot * p.in_width + source) * pixel, w + tap * tap_words,
                     2 * kTileWords, kTileRows * kBlock, steps});
        }
      }
      alignas(64) float sums[kAmxSide * kAmxSide];
      tiles.end(row_tiles, column_tiles, sums);
      for (int64_t r = 0; r < images; r++) {
        put(sums + r * kAmxSide, after, block * kBlock, at + r * image, columns, y);
      }
    }
  }

  // Asks for the results of a row of a group of images, or of the next group if images are pixels, and for
  // what is added to them.
  template <class Result>
  void ask_for_results(int64_t at, int64_t images, const EpilogueOf<Result>& after,
                       const Result* y) const {
    const int64_t image = p.out_height * p.out_width * p.out;
    const bool pixels = image == p.out;
    const int64_t bytes =
        (pixels ? kAmxSide : p.out_width) * p.out * static_cast<int64_t>(sizeof(Result));
    for (int64_t r = 0; r < (pixels ? 1 : images); r++) {
      const int64_t from = at + (pixels ? kAmxSide : r) * image;
      ask_for(y + from, bytes);
      if (after.residual) ask_for(after.residual + from, bytes);
    }
  }

  // What follows so many sums of a block that begins with `channel`.
  template <class Result>
  static void put(const float* sums, const EpilogueOf<Result>& after, int64_t channel, int64_t at,
                  int64_t columns, Result* y) {
    const auto result = [&](int64_t v) {
      return after.apply(load(sums + v), channel + v, at + v, columns - v);
    };
    if constexpr (std::is_same_v<Result, Bf16>) {
      if (columns == kBlock) {
        const auto both = (__m512i)_mm512_cvtne2ps_pbh(result(kLanes), result(0));
        _mm512_storeu_si512(y + at, both);
        return;
      }
    }
    for (int64_t v = 0; v < columns; v += kLanes) {
      store_channels(y + at + v, result(v), columns - v);
    }
  }

  Product p;
  int64_t steps;   // of terms of a tile, for a pixel's channels
  int64_t blocks;  // of output channels
  int64_t groups;  // of images
  int64_t pixel;   // words of a packed pixel of a group
  int64_t taps;
  int64_t slots;  // rows of a group that are packed
  bool together;  // whether threads divide weights, not images
};

// As what NormProduct takes.
template <class N, class Read>
using AmxPointwiseImage = AmxImage<Read>;

template <class N, class Read, class F>
using AmxWindowImage = AmxImage<Read>;

}  // namespace eb::EB_ISA

#endif
