// How convolutions of narrow numbers walk over images whose channels are packed in 32-bit words. A
// tile is one pixel of some images x a block of output channels, so that all rows of a tile need the
// same taps and taps in the padding are left out. The images of a tile are packed so that a word of
// all of them lies in sequence: image strides are powers of two, and their lines would push each
// other out of the first cache.
#ifndef EARLYBIRD_CPU_CONV2D_WORDS_H
#define EARLYBIRD_CPU_CONV2D_WORDS_H

#include "cpu/conv2d_taps.h"
#include "cpu/parallel.h"
#include "cpu/simd.h"
#include "cpu/word_tile.h"

namespace eb::EB_ISA {

// Images of a tile.
constexpr int64_t kRows = most_rows(kBlock / kWordLanes);

// The groups of images that make tiles, packed as [group][pixel][word][image].
struct Images {
  Images(const Product& p, int64_t words_of_pixel)
      : groups(ceil_div(p.n, kRows)), words(words_of_pixel), pixels(p.in_height * p.in_width) {}

  Part group(const Product& p, int64_t g) const {
    return {p.n * g / groups, p.n * (g + 1) / groups};
  }

  // Where the words of a pixel begin.
  int64_t at(Part images, int64_t pixel) const {
    return (images.begin * pixels + pixel * (images.end - images.begin)) * words;
  }

  int64_t size(const Product& p) const { return p.n * pixels * words; }

  int64_t groups;
  int64_t words;  // of a pixel
  int64_t pixels;
};

// Calls body(column, taps down, taps across, runs, a, b) for every output pixel of a row of a group
// of images: the runs and where they begin, in words of the packed images and of the weights of one
// block, which are [kernel_height][kernel_width][terms][kBlock]. Their length is `terms`.
template <class Body>
void for_each_pixel(const Product& p, const Images& all, Part images, int64_t row, int64_t terms,
                    Body body) {
  const int64_t rows = images.end - images.begin;
  const Taps down = taps_of(p, row, p.kernel_height, p.in_height);
  const int64_t a_pixel = all.words * rows;
  const int64_t b_tap = terms * kBlock;
  for (int64_t column = 0; column < p.out_width; column++) {
    const Taps across = taps_of(p, column, p.kernel_width, p.in_width);
    WordRuns runs{};
    runs.rows = down.count;
    runs.columns = down.count > 0 ? across.count : 0;
    runs.length = terms;
    runs.a_row = down.source_step * p.in_width * a_pixel;
    runs.a_column = across.source_step * a_pixel;
    runs.a_step = rows;
    runs.b_row = down.step * p.kernel_width * b_tap;
    runs.b_column = across.step * b_tap;
    runs.b_step = kBlock;
    const bool any = runs.columns > 0;
    body(column, runs, any ? all.at(images, down.source * p.in_width + across.source) : 0,
         any ? (down.first * p.kernel_width + across.first) * b_tap : 0);
  }
}

// Packs all pixels by pack(images of the group, pixel), then calls row(images, output row, block) for
// all; a thread keeps a block of weights in its second cache while all images pass. Called by all
// threads of a team.
template <class Pack, class Row>
void walk(const Product& p, const Images& all, Pack pack, Row row) {
#pragma omp for schedule(static)
  for (int64_t item = 0; item < all.groups * all.pixels; item++) {
    pack(all.group(p, item / all.pixels), item % all.pixels);
  }
  const Part mine = my_part(ceil_div(p.out, kBlock) * all.groups * p.out_height);
  for (int64_t item = mine.begin; item < mine.end; item++) {
    const int64_t group = item / p.out_height;
    row(all.group(p, group % all.groups), item % p.out_height, group / all.groups);
  }
}

}  // namespace eb::EB_ISA

#endif
