// Convolution and its gradient with respect to the input from 8-bit block values, multiplied as
// integers. The block of an image shares one exponent and so does that of an output channel's
// weights, so a sum over channels of equal exponent is an exact sum of integers.
//
// Version 1: tiles of conv2d_words.h, of four channels in a word. In the convolution itself all terms
// of a sum share their exponents. In the gradient of the input the terms of different output channels
// differ by the exponents of their weights: channels are sorted into groups of equal exponent, whose
// sums are added in fp32, some groups in a round. The instruction multiplies signed by unsigned
// numbers, so weights are stored with 128 added, and 128 times the sum of what they are multiplied
// with, which packing finds by the way, is taken off again.
#include "cpu/kernel_table.h"

#if defined(__AVX512BF16__)
#include "cpu/conv2d_int8.h"
#include "cpu/conv2d_words.h"

namespace eb::EB_ISA {
namespace {

// The scratch of a product, in parts that start on cache lines.
struct Room {
  Room(const Product& p, void* scratch)
      : taps(p.kernel_height * p.kernel_width),
        terms(most_words(p)),
        blocks(ceil_div(p.out, kBlock)) {
    auto* base = static_cast<char*>(scratch);
    auto part = [&](int64_t size) {
      char* begin = base ? base + bytes : nullptr;
      bytes += ceil_div(size, 64) * 64;
      return begin;
    };
    const Images all(p, terms + most_groups(p));
    images = reinterpret_cast<uint32_t*>(part(4 * all.size(p)));
    weights = reinterpret_cast<uint32_t*>(part(4 * blocks * taps * terms * kBlock));
    bytes_of_w = reinterpret_cast<uint8_t*>(part(p.in * p.out * taps));
    image_units = reinterpret_cast<Unit*>(part(p.n * static_cast<int64_t>(sizeof(Unit))));
    weight_units = reinterpret_cast<Unit*>(
        part((p.backward ? p.in : p.out) * static_cast<int64_t>(sizeof(Unit))));
    columns = reinterpret_cast<float*>(part(4 * blocks * kBlock));
    order = reinterpret_cast<int32_t*>(part(4 * 4 * terms));
  }

  int64_t taps;
  int64_t terms;  // most words of a round
  int64_t blocks;
  int64_t bytes = 0;
  uint32_t* images;     // packed, see Images
  uint32_t* weights;    // [block][tap][word][kBlock]
  uint8_t* bytes_of_w;  // as w, with 128 added
  Unit* image_units;
  Unit* weight_units;  // of output channels of the convolution
  float* columns;      // factor of every column of a block
  int32_t* order;      // the channel in every byte of a round's words; -1: none
};

// Packs the weights of one round: word `word` of one block.
void pack_weights(const Product& p, const Room& room, const Round& round, int64_t block,
                  int64_t word) {
  const int64_t columns = std::min(kBlock, p.out - block * kBlock);
  const int32_t* channels = room.order + 4 * word;
  // w is [out][in] taps; a column is one of `out` of the product.
  const int64_t column_step = room.taps * (p.backward ? 1 : p.in);
  const int64_t channel_step = room.taps * (p.backward ? p.out : 1);
  const uint8_t* first = room.bytes_of_w + block * kBlock * column_step;
  uint32_t* to = room.weights + (block * room.taps * round.words + word) * kBlock;
  const uint8_t* from[4];
  for (int k = 0; k < 4; k++) from[k] = first + std::max(channels[k], 0) * channel_step;
  for (int64_t c = 0; c < columns; c++) {
    for (int64_t tap = 0; tap < room.taps; tap++) {
      const int64_t at = c * column_step + tap;
      to[tap * round.words * kBlock + c] =
          static_cast<uint32_t>(from[0][at]) | static_cast<uint32_t>(from[1][at]) << 8 |
          static_cast<uint32_t>(from[2][at]) << 16 | static_cast<uint32_t>(from[3][at]) << 24;
    }
  }
}

// Packs one pixel of a group of images: for every group of channels its words, then their sums.
void pack_pixel(const Product& p, const Room& room, const Round& round, const Images& all,
                Part images, int64_t pixel, const uint16_t* x) {
  const int64_t rows = images.end - images.begin;
  uint32_t* to = room.images + all.at(images, pixel);
  for (int64_t r = 0; r < rows; r++) {
    alignas(64) int8_t numbers[kMostChannels + 64];
    alignas(64) uint32_t words[kMostChannels / 4 + kWordLanes];
    const int64_t image = images.begin + r;
    to_int8(x + (image * all.pixels + pixel) * p.in, p.in, room.image_units[image], numbers);
    const uint32_t* line = reinterpret_cast<const uint32_t*>(numbers);
    if (p.backward) {
      gather(numbers, p.in, room.order, round.words, words);
      line = words;
    }
    uint32_t* at = to + r;
    for (int g = 0; g < round.groups; g++) {
      const Group& group = round.group[g];
      for (int64_t i = 0; i < group.words; i++, at += rows) *at = line[group.first + i];
      *at = static_cast<uint32_t>(sum_of(line + group.first, group.words));
      at += rows;
    }
  }
}

// What a tile's sums begin with, for rows of images: takes off what the 128 added to weights adds.
void begin_sums(const WordRuns& runs, int64_t rows, int64_t vectors, const uint32_t* sums_of_images,
                int32_t* sums) {
  const auto valid = static_cast<__mmask16>((1u << rows) - 1);
  __m512i all = _mm512_setzero_si512();
  for (int64_t y = 0; y < runs.rows; y++) {
    for (int64_t x = 0; x < runs.columns; x++) {
      all = _mm512_add_epi32(all, _mm512_maskz_loadu_epi32(
                                      valid, sums_of_images + y * runs.a_row + x * runs.a_column));
    }
  }
  alignas(64) int32_t offset[kWordLanes];
  _mm512_store_si512(
      offset, _mm512_sub_epi32(_mm512_setzero_si512(), _mm512_maskz_slli_epi32(valid, all, 7)));
  for (int64_t r = 0; r < rows; r++) {
    for (int64_t v = 0; v < vectors; v++) {
      _mm512_store_si512(sums + (r * vectors + v) * kWordLanes, _mm512_set1_epi32(offset[r]));
    }
  }
}

// Adds the exact sums of a group of channels, times its factor, to a tile.
void add_group(int64_t vectors, const int32_t* sums, float factor, float* tile) {
  const __m512 times = _mm512_set1_ps(factor);
  for (int64_t v = 0; v < vectors; v++) {
    const __m512 sum = _mm512_maskz_cvtepi32_ps(0xFFFF, _mm512_load_si512(sums + v * kWordLanes));
    float* to = tile + v * kWordLanes;
    _mm512_store_ps(to, _mm512_add_ps(_mm512_load_ps(to), _mm512_mul_ps(sum, times)));
  }
}

// Writes one pixel of a group of images, or adds it to what an earlier round wrote.
void write_pixel(const Product& p, int64_t rows, int64_t columns, const float* tile,
                 const float* factors, const Unit* images, bool add, float* y) {
  const int64_t vectors = ceil_div(columns, kWordLanes);
  for (int64_t r = 0; r < rows; r++, y += p.out_height * p.out_width * p.out) {
    const __m512 image = _mm512_set1_ps(images[r].value);
    for (int64_t v = 0; v < vectors; v++) {
      const __mmask16 valid = first_lanes(columns - v * kWordLanes);
      __m512 value = _mm512_load_ps(tile + (r * vectors + v) * kWordLanes);
      value = _mm512_mul_ps(_mm512_mul_ps(value, image), _mm512_load_ps(factors + v * kWordLanes));
      float* to = y + v * kWordLanes;
      if (add) value = _mm512_add_ps(_mm512_maskz_loadu_ps(valid, to), value);
      _mm512_mask_storeu_ps(to, valid, value);
    }
  }
}

// One row of output pixels of a group of images, for one block of output channels.
void write_row(const Product& p, const Room& room, const Round& round, const Images& all,
               Part images, int64_t row, int64_t block, float* y) {
  const int64_t rows = images.end - images.begin;
  const int64_t columns = std::min(kBlock, p.out - block * kBlock);
  const int64_t vectors = ceil_div(columns, kWordLanes);
  const WordTile<Quads> run = word_tile_of<Quads>(rows, vectors);
  const uint32_t* weights = room.weights + block * room.taps * round.words * kBlock;
  for_each_pixel(p, all, images, row, round.words,
                 [&](int64_t column, WordRuns runs, int64_t a_begin, int64_t b_begin) {
                   alignas(64) float tile[kRows * kBlock] = {};
                   const uint32_t* a = room.images + a_begin;
                   for (int g = 0; g < round.groups && runs.columns > 0; g++) {
                     const Group& group = round.group[g];
                     alignas(64) int32_t sums[kRows * kBlock];
                     runs.length = group.words;
                     begin_sums(runs, rows, vectors, a + group.words * rows, sums);
                     run(runs, a, weights + b_begin + group.first * kBlock, sums);
                     add_group(rows * vectors, sums, group.factor, tile);
                     a += (group.words + 1) * rows;
                   }
                   const int64_t pixel = (images.begin * p.out_height + row) * p.out_width + column;
                   write_pixel(p, rows, columns, tile, room.columns + block * kBlock,
                               room.image_units + images.begin, round.adds,
                               y + pixel * p.out + block * kBlock);
                 });
}

// The factors of columns: in the convolution itself those of the weights.
void set_columns(const Product& p, const Room& room) {
  for (int64_t i = 0; i < room.blocks * kBlock; i++) {
    room.columns[i] = p.backward || i >= p.out ? 1.f : room.weight_units[i].value;
  }
}

// Finds the units of all blocks and makes integers of the weights.
void read_operands(const Product& p, const Room& room, const uint16_t* x, const uint16_t* w) {
  const int64_t filters = p.backward ? p.in : p.out;
  const int64_t filter = p.in * p.out * room.taps / filters;
  const int64_t image = p.in_height * p.in_width * p.in;
#pragma omp parallel
  {
#pragma omp for schedule(static) nowait
    for (int64_t n = 0; n < p.n; n++) room.image_units[n] = unit_of(x + n * image, image);
#pragma omp for schedule(static)
    for (int64_t f = 0; f < filters; f++) {
      room.weight_units[f] = unit_of(w + f * filter, filter);
      to_offset_int8(w + f * filter, filter, room.weight_units[f], room.bytes_of_w + f * filter);
    }
  }
}

void run_round(const Product& p, const Room& room, const Round& round, const uint16_t* x,
               float* y) {
  const Images all(p, round.words + round.groups);
#pragma omp parallel
  {
#pragma omp for schedule(static) nowait
    for (int64_t item = 0; item < room.blocks * round.words; item++) {
      pack_weights(p, room, round, item / round.words, item % round.words);
    }
    walk(
        p, all,
        [&](Part images, int64_t pixel) { pack_pixel(p, room, round, all, images, pixel, x); },
        [&](Part images, int64_t row, int64_t block) {
          write_row(p, room, round, all, images, row, block, y);
        });
  }
}

void run(const Product& p, const uint16_t* x, const uint16_t* w, float* y, void* scratch) {
  const Room room(p, scratch);
  read_operands(p, room, x, w);
  set_columns(p, room);
  Rounds rounds(p.backward ? room.weight_units : nullptr, p.in);
  do {
    run_round(p, room, rounds.next(room.order), x, y);
  } while (rounds.more());
}

int64_t scratch_bytes(const Product& p) {
  const bool fits = p.in <= kMostChannels && p.in * p.kernel_height * p.kernel_width <= kMostTerms;
  return fits ? Room(p, nullptr).bytes : int64_t{EB_BAD_ARGUMENT};
}

}  // namespace

int64_t conv2d_int8_scratch(const eb_conv2d* shape) { return scratch_bytes(forward(*shape)); }

eb_status conv2d_int8(const eb_conv2d* shape, const uint16_t* x, const uint16_t* w, float* y,
                      void* scratch) {
  if (scratch_bytes(forward(*shape)) < 0) return EB_BAD_ARGUMENT;
  run(forward(*shape), x, w, y, scratch);
  return EB_OK;
}

int64_t conv2d_backward_data_int8_scratch(const eb_conv2d* shape) {
  return scratch_bytes(backward_data(*shape));
}

eb_status conv2d_backward_data_int8(const eb_conv2d* shape, const uint16_t* dy, const uint16_t* w,
                                    float* dx, void* scratch) {
  if (scratch_bytes(backward_data(*shape)) < 0) return EB_BAD_ARGUMENT;
  run(backward_data(*shape), dy, w, dx, scratch);
  return EB_OK;
}

}  // namespace eb::EB_ISA
#endif

#ifdef EB_ENTRY_POINTS

#include "cpu/conv2d_check.h"

int64_t eb_conv2d_int8_scratch(const eb_conv2d* shape) {
  if (!eb::valid(shape)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_int8_scratch(shape);
}

eb_status eb_conv2d_int8(const eb_conv2d* shape, const uint16_t* x, const uint16_t* w, float* y,
                         void* scratch) {
  if (!eb::valid(shape) || !x || !w || !y || !scratch) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_int8(shape, x, w, y, scratch);
}

int64_t eb_conv2d_backward_data_int8_scratch(const eb_conv2d* shape) {
  if (!eb::valid(shape)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_backward_data_int8_scratch(shape);
}

eb_status eb_conv2d_backward_data_int8(const eb_conv2d* shape, const uint16_t* dy,
                                       const uint16_t* w, float* dx, void* scratch) {
  if (!eb::valid(shape) || !dy || !w || !dx || !scratch) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_backward_data_int8(shape, dy, w, dx, scratch);
}
#endif
