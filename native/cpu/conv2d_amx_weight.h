// Gradient of a convolution's weight from bf16 images by AMX; see conv2d_backward_weight_amx.cpp.
#ifndef EARLYBIRD_CPU_CONV2D_AMX_WEIGHT_H
#define EARLYBIRD_CPU_CONV2D_AMX_WEIGHT_H

#include <algorithm>
#include <type_traits>

#include "cpu/amx_tiles.h"
#include "cpu/conv2d_numbers.h"
#include "cpu/conv2d_read.h"
#include "cpu/conv2d_taps.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {

template <class Read>
class AmxWeight {
 public:
  // Whether it can choose among channels that are read.
  static constexpr bool kCanChoose = false;

  // `read` is of no matter.
  explicit AmxWeight(const Product& product, [[maybe_unused]] int64_t read = 0)
      : p(flat(product)),
        pointwise(p.in_height * p.in_width * p.out_height * p.out_width == 1),
        groups((p.n + kTileTerms - 1) / kTileTerms),
        x(p.in, p.in_height, p.in_width),
        dy(p.out, p.out_height, p.out_width),
        dw_size(dy.blocks * p.kernel_height * p.kernel_width * p.in * kBlock),
        shared(dw_size * static_cast<int64_t>(sizeof(float)) > kCopyBytes) {
    const int64_t room = shared ? kSharedWords : pointwise ? kPixelWords : kThreadWords;
    rows = 1;
    while (rows < p.out_height && unit_words(1, rows + 1) <= room) rows++;
    together = 1;
    while (rows == p.out_height && together < groups && unit_words(together + 1, rows) <= room) {
      together++;
    }
    heights = (p.out_height + rows - 1) / rows;
    units = (groups + together - 1) / together * heights;
    const int64_t fit = kCopiesBytes / (dw_size * static_cast<int64_t>(sizeof(float)));
    copies = shared ? 1 : std::min({kCopies, units, std::max<int64_t>(1, fit)});
  }

  // Bytes of scratch for run(), on cache lines.
  int64_t bytes() const {
    return (copies == 1 ? 0 : copies * dw_size * static_cast<int64_t>(sizeof(float))) +
           (copies == 1 ? 1 : omp_get_max_threads()) * unit_words(together, rows) *
               static_cast<int64_t>(sizeof(uint32_t));
  }

  // dw, stored as for eb_conv2d_backward_weight_f32.
  void run(const Bf16* from_x, const Read& read, const Bf16* from_dy, float* dw,
           void* scratch) const {
    float* sums = static_cast<float*>(scratch);
    uint32_t* packed = reinterpret_cast<uint32_t*>(copies == 1 ? sums : sums + copies * dw_size);
    const Images from{from_x, from_dy};
#pragma omp parallel
    {
      const AmxTiles tiles(dy.pitch);
      if (copies == 1) {
        run_shared(tiles, from, read, packed, dw);
      } else {
        run_copies(tiles, from, read, packed + omp_get_thread_num() * unit_words(together, rows),
                   sums);
#pragma omp barrier
        add_copies(sums, dw);
      }
    }
  }

 private:
  // Of the packed pixels of an image, in blocks of kBlock channels.
  struct Side {
    Side(int64_t all, int64_t h, int64_t w)
        : channels(all),
          height(h),
          width(w),
          blocks((all + kBlock - 1) / kBlock),
          pitch(all > kTileRows ? 2 * kRowWords : kRowWords) {}

    int64_t left(int64_t block) const { return std::min(kBlock, channels - block * kBlock); }
    int64_t tiles(int64_t block) const { return left(block) > kTileRows ? 2 : 1; }

    // Words of a pixel of so many groups of images.
    int64_t pixel(int64_t g) const { return g * kTileRows * pitch; }

    int64_t channels;
    int64_t height;
    int64_t width;
    int64_t blocks;
    int64_t pitch;  // words of a pair of terms
  };

  struct Images {
    const Bf16* x;
    const Bf16* dy;
  };

  // What is packed and multiplied at a time: rows of dy of some groups of images.
  struct Unit {
    int64_t group;
    int64_t groups;
    Part rows;
  };

  // Largest dw of which threads make copies, each in its second cache together with a unit.
  static constexpr int64_t kCopyBytes = 640 << 10;
  static constexpr int64_t kCopies = 16;
  static constexpr int64_t kCopiesBytes = int64_t{4} << 20;
  static constexpr int64_t kThreadWords = (768 << 10) / 4;
  static constexpr int64_t kPixelWords = (384 << 10) / 4;
  // Units that all threads share.
  static constexpr int64_t kSharedWords = (int64_t{16} << 20) / 4;

  // Pixels that are read side by side.
  static constexpr int kNear = 8;

  // Rows of x that `count` rows of dy need, at most.
  int64_t slots(int64_t count) const {
    return std::min((count - 1) * p.stride + p.kernel_height, p.in_height);
  }

  // Words of the packed x, and of all.
  int64_t x_words(int64_t g, int64_t count) const {
    return x.blocks * slots(count) * x.width * x.pixel(g);
  }
  int64_t unit_words(int64_t g, int64_t count) const {
    return x_words(g, count) + dy.blocks * count * dy.width * dy.pixel(g);
  }

  Unit unit(int64_t u) const {
    const int64_t group = u / heights * together;
    const int64_t row = u % heights * rows;
    return {group, std::min(together, groups - group), {row, std::min(row + rows, p.out_height)}};
  }

  // Rows of x that a unit needs.
  Part x_rows(const Unit& u) const {
    const int64_t last = (u.rows.end - 1) * p.stride + p.kernel_height - p.padding;
    return {std::clamp<int64_t>(u.rows.begin * p.stride - p.padding, 0, p.in_height),
            std::clamp<int64_t>(last, 0, p.in_height)};
  }

  // All threads pack a unit, then divide the tiles of dw.
  void run_shared(const AmxTiles& tiles, const Images& from, const Read& read, uint32_t* packed,
                  float* dw) const {
    const int64_t taps = p.kernel_height * p.kernel_width;
    const Part mine = my_part(dy.blocks * x.blocks * taps);
    for (int64_t n = 0; n < units; n++) {
      const Unit u = unit(n);
      const Part need = x_rows(u);
      const int64_t x_lines = u.groups * (need.end - need.begin);
      const int64_t dy_lines = u.groups * (u.rows.end - u.rows.begin);
      const Part lines = my_part(x_lines + dy_lines);
      for (int64_t l = lines.begin; l < lines.end; l++) {
        if (l < x_lines) {
          pack_x(from.x, read, u, l % u.groups, need.begin + l / u.groups, packed);
        } else {
          const int64_t at = l - x_lines;
          pack_dy(from.dy, u, at % u.groups, u.rows.begin + at / u.groups, packed);
        }
      }
#pragma omp barrier
      for (int64_t i = mine.begin; i < mine.end; i++) {
        multiply(tiles, u, i / taps / x.blocks, i / taps % x.blocks, i % taps, packed, n == 0, dw);
      }
#pragma omp barrier
    }
  }

  // Groups of units are summed apart, each by one thread.
  void run_copies(const AmxTiles& tiles, const Images& from, const Read& read, uint32_t* packed,
                  float* sums) const {
    const Part mine = my_part(copies);
    for (int64_t copy = mine.begin; copy < mine.end; copy++) {
      const int64_t begin = units * copy / copies;
      int64_t ready = 0;  // rows of x from there on are not packed
      for (int64_t n = begin; n < units * (copy + 1) / copies; n++) {
        const Unit u = unit(n);
        const Part need = x_rows(u);
        const int64_t first =
            n > begin && u.rows.begin > 0 ? std::max(ready, need.begin) : need.begin;
        for (int64_t g = 0; g < u.groups; g++) {
          for (int64_t h = first; h < need.end; h++) pack_x(from.x, read, u, g, h, packed);
          for (int64_t h = u.rows.begin; h < u.rows.end; h++) pack_dy(from.dy, u, g, h, packed);
        }
        ready = need.end;
        for (int64_t b = 0; b < dy.blocks; b++) {
          for (int64_t i = 0; i < x.blocks; i++) {
            for (int64_t tap = 0; tap < p.kernel_height * p.kernel_width; tap++) {
              multiply(tiles, u, b, i, tap, packed, n == begin, sums + copy * dw_size);
            }
          }
        }
      }
    }
  }

  // The copies, added in their order.
  void add_copies(const float* sums, float* dw) const {
    const Part vectors = my_part(dw_size / kLanes);
    for (int64_t i = vectors.begin * kLanes; i < vectors.end * kLanes; i += kLanes) {
      Vec sum = load(sums + i);
      for (int64_t copy = 1; copy < copies; copy++) sum = add(sum, load(sums + copy * dw_size + i));
      store(dw + i, sum);
    }
  }

  // Where a pixel of a row begins, for a block of channels: [block, row, pixel, group], then for dy pairs of
  // images x pitch channels, for x tiles of channels x pairs of images. Rows of x have slots by turns.
  uint32_t* x_at(uint32_t* packed, const Unit& u, int64_t block, int64_t row) const {
    const int64_t count = slots(rows);
    return packed + (block * count + row % count) * x.width * x.pixel(u.groups);
  }
  uint32_t* dy_at(uint32_t* packed, const Unit& u, int64_t block, int64_t row) const {
    const int64_t at = block * rows + row - u.rows.begin;
    return packed + x_words(together, rows) + at * dy.width * dy.pixel(u.groups);
  }

  // Packs a row of x of one group of a unit.
  void pack_x(const Bf16* from, const Read& read, const Unit& u, int64_t group, int64_t row,
              uint32_t* packed) const {
    const Packed to{x_at(packed, u, 0, row) + x.pixel(1) * group,
                    x_at(packed, u, 1, row) - x_at(packed, u, 0, row), kTileWords, kRowWords,
                    x.pixel(u.groups)};
    put(from, read, x, u.group + group, row, to);
    for (int64_t i = 0; i < read.vectors(); i++) {
      uint32_t* tile = to.vector(i);
      for (int64_t c = 0; c < x.width; c++, tile += to.pixel) turn(tile, tile, kRowWords);
    }
  }

  void pack_dy(const Bf16* from, const Unit& u, int64_t group, int64_t row,
               uint32_t* packed) const {
    const Packed to{dy_at(packed, u, 0, row) + dy.pixel(1) * group,
                    dy_at(packed, u, 1, row) - dy_at(packed, u, 0, row), kRowWords, dy.pitch,
                    dy.pixel(u.groups)};
    put(from, AsStored(p.out), dy, u.group + group, row, to);
  }

  // Where pixels of a group of images are put, with steps in words: between blocks of channels, vectors of a
  // block, pairs of images and pixels.
  struct Packed {
    uint32_t* to;
    int64_t block;
    int64_t half;
    int64_t pair;
    int64_t pixel;

    uint32_t* vector(int64_t i) const {
      return to + i * kLanes / kBlock * block + i * kLanes % kBlock / kLanes * half;
    }
  };

  // Puts a row of a group of images; zeros where there is no image.
  template <class From>
  void put(const Bf16* image, const From& from, const Side& side, int64_t group, int64_t row,
           const Packed& to) const {
    const int64_t stored = from.stored();
    const int64_t size = side.height * side.width * stored;
    const int64_t first = group * kTileTerms;
    const int64_t count = std::min(kTileTerms, p.n - first);
    const Bf16* at = image + first * size + row * side.width * stored;
    const int64_t line = side.width * stored * static_cast<int64_t>(sizeof(Bf16));
    int64_t q = 0;
    if (pointwise) {
      for (; 2 * q + kNear <= count; q += kNear / 2) {
        put_neighbours(at + 2 * q * stored, from, q, to);
      }
    }
    for (; q < kTileRows; q++) {
      const Bf16* a = 2 * q < count ? at + 2 * q * size : nullptr;
      const Bf16* b = 2 * q + 1 < count ? at + (2 * q + 1) * size : nullptr;
      ask_for(at + (2 * q + 2) * size, line);
      ask_for(at + (2 * q + 3) * size, line);
      int64_t c = 0;
      for (; c + kNear <= side.width; c += kNear) put_pairs<kNear>(a, b, c, from, q, to);
      for (; c < side.width; c++) put_pairs<1>(a, b, c, from, q, to);
    }
  }

  // Of R pixels of pair q of images, from pixel c on; null where there is no image.
  template <int R, class From>
  static void put_pairs(const Bf16* a, const Bf16* b, int64_t c, const From& from, int64_t q,
                        const Packed& packed) {
    const int64_t stored = from.stored();
    for (int64_t i = 0; i < from.vectors(); i++) {
      uint32_t* to = packed.vector(i) + q * packed.pair + c * packed.pixel;
      if constexpr (std::is_same_v<From, AsStored>) {
        const int64_t at = c * stored + i * kLanes;
        const int64_t left = std::min<int64_t>(kLanes, stored - i * kLanes);
        for (int r = 0; r < R; r++, to += packed.pixel) {
          if (a) {
            Bf16Pairs::join(to, a + at + r * stored, b ? b + at + r * stored : nullptr, left);
          } else {
            store_zeros(to);
          }
        }
      } else {
        Vec v[2][R];
#pragma GCC unroll 8
        for (int r = 0; r < R; r++) v[0][r] = v[1][r] = zero();
        if (a) from.read(a + c * stored, i, v[0]);
        if (b) from.read(b + c * stored, i, v[1]);
#pragma GCC unroll 8
        for (int r = 0; r < R; r++) {
          const Vec pair[] = {v[0][r], v[1][r]};
          Bf16Pairs::pack(to + r * packed.pixel, pair);
        }
      }
    }
  }

  // Of kNear neighbouring pixels, which are pairs from q on.
  template <class From>
  static void put_neighbours(const Bf16* at, const From& from, int64_t q, const Packed& packed) {
    for (int64_t i = 0; i < from.vectors(); i++) {
      uint32_t* to = packed.vector(i) + q * packed.pair;
      if constexpr (std::is_same_v<From, AsStored>) {
        const int64_t stored = from.stored();
        const int64_t left = std::min<int64_t>(kLanes, stored - i * kLanes);
        const Bf16* channels = at + i * kLanes;
        for (int t = 0; t < kNear / 2; t++, channels += 2 * stored) {
          Bf16Pairs::join(to + t * packed.pair, channels, channels + stored, left);
        }
      } else {
        Vec v[kNear];
        from.read(at, i, v);
#pragma GCC unroll 4
        for (int t = 0; t < kNear / 2; t++) Bf16Pairs::pack(to + t * packed.pair, v + 2 * t);
      }
    }
  }

  static void store_zeros(uint32_t* to) { _mm512_storeu_si512(to, _mm512_setzero_si512()); }

  // First and last + 1 output position whose tap k lies inside an image.
  Part inside(int64_t k, int64_t extent, Part outputs) const {
    const int64_t far = extent + p.padding - k;
    const int64_t begin = p.padding > k ? (p.padding - k + p.stride - 1) / p.stride : 0;
    const int64_t end = far > 0 ? (far + p.stride - 1) / p.stride : 0;
    return {std::max(begin, outputs.begin), std::min(end, outputs.end)};
  }

  // Adds a unit to a block of dw x a block of channels of x, for one tap; begins with it if `fresh`.
  void multiply(const AmxTiles& tiles, const Unit& u, int64_t y_block, int64_t x_block, int64_t tap,
                uint32_t* packed, bool fresh, float* dw) const {
    const int64_t kw = tap % p.kernel_width;
    const int64_t kh = tap / p.kernel_width;
    const Part h = inside(kh, p.in_height, u.rows);
    const Part w = inside(kw, p.in_width, {0, p.out_width});
    const int64_t x_tiles = x.tiles(x_block);
    const int64_t y_tiles = dy.tiles(y_block);
    const int64_t x_pixel = x.pixel(u.groups);
    const int64_t y_pixel = dy.pixel(u.groups);
    tiles.begin();
    for (int64_t row = h.begin; row < h.end && w.begin < w.end; row++) {
      const int64_t x_row = row * p.stride + kh - p.padding;
      const int64_t x_column = w.begin * p.stride + kw - p.padding;
      TileRun run{x_at(packed, u, x_block, x_row) + x_column * x_pixel,
                  dy_at(packed, u, y_block, row) + w.begin * y_pixel, x.pixel(1), dy.pixel(1), 0};
      if (p.stride == 1) {
        run.length = (w.end - w.begin) * u.groups;
        tiles.run(x_tiles, y_tiles, run);
        continue;
      }
      run.length = u.groups;
      for (int64_t c = w.begin; c < w.end; c++) {
        tiles.run(x_tiles, y_tiles, run);
        run.a += p.stride * x_pixel;
        run.b += y_pixel;
      }
    }
    alignas(64) float sums[kAmxSide * kAmxSide];
    tiles.end(x_tiles, y_tiles, sums);
    float* to =
        dw +
        ((y_block * p.kernel_height * p.kernel_width + tap) * p.in + x_block * kBlock) * kBlock;
    for (int64_t i = 0; i < x.left(x_block) * kBlock; i += kLanes) {
      const Vec sum = i % kBlock < y_tiles * kLanes ? load(sums + i) : zero();
      store(to + i, fresh ? sum : add(load(to + i), sum));
    }
  }

  Product p;
  bool pointwise;  // whether images are pixels
  int64_t groups;  // of images
  Side x;
  Side dy;
  int64_t dw_size;
  bool shared;       // threads share units and divide tiles; else they divide units
  int64_t rows;      // of a unit
  int64_t together;  // groups of a unit
  int64_t heights;   // units of a group
  int64_t units;
  int64_t copies;  // of dw
};

// As what NormProduct takes.
template <class N, class Read>
using AmxPointwiseWeight = AmxWeight<Read>;

template <class N, class Read, class F>
using AmxWindowWeight = AmxWeight<Read>;

}  // namespace eb::EB_ISA

#endif
