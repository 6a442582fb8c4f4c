// Gradient of a convolution's weight from bf16 operands: for every tap, the outer product of dy and
// the shifted x, summed in fp32 over all pixels and images.
//
// Version 1: pixels of the same place in two images make a pair, so that a shift by any tap leaves
// pairs whole, and pairs lie innermost, so that both operands are read in sequence however small
// the image is; taps that fall into the padding are left out (5 of 9 in a 2x2 image). Without a
// window all pixels are alike, and images are taken to be of one pixel. The operand whose channels
// fill tiles better becomes the column operand.
#include "cpu/kernel_table.h"

#if defined(__AVX512BF16__)
#include <algorithm>
#include <cstring>

#include "cpu/conv2d_weight_sums_bf16.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {
namespace {

// First and last + 1 output position whose tap `k` lies inside an image of `extent`.
Part inside(int64_t k, int64_t extent, int64_t outputs, int64_t stride, int64_t padding) {
  const int64_t begin = padding > k ? ceil_div(padding - k, stride) : 0;
  const int64_t end = extent + padding > k ? ceil_div(extent + padding - k, stride) : 0;
  return {begin, std::min(end, outputs)};
}

// Adds the pairs of output rows [first, first + count) to the sums of one tile of dw, all taps.
void add_rows(const WeightPlan& p, int64_t pairs, Part chunk, WordTile<Pairs> run,
              const uint32_t* rows, const uint32_t* columns, float* sums) {
  const PairSide& a = p.rows;
  const PairSide& b = p.columns;
  const int64_t stride = p.s.stride;
  // Steps through x are `stride` times as long as those through dy.
  const int64_t a_stride = p.swapped ? stride : 1;
  const int64_t b_stride = p.swapped ? 1 : stride;
  for (int64_t kh = 0; kh < p.s.kernel_height; kh++) {
    Part h = inside(kh, p.s.height, p.oh, stride, p.s.padding);
    h = {std::max(h.begin, chunk.begin), std::min(h.end, chunk.end)};
    if (h.begin >= h.end) continue;
    for (int64_t kw = 0; kw < p.s.kernel_width; kw++) {
      const Part w = inside(kw, p.s.width, p.ow, stride, p.s.padding);
      if (w.begin >= w.end) continue;
      const int64_t x_row = h.begin * stride + kh - p.s.padding;
      const int64_t x_column = w.begin * stride + kw - p.s.padding;
      const int64_t a_at = p.swapped ? x_row * a.width + x_column : h.begin * a.width + w.begin;
      const int64_t b_at = p.swapped ? h.begin * b.width + w.begin : x_row * b.width + x_column;
      WordRuns runs{};
      runs.rows = h.end - h.begin;
      runs.a_row = a_stride * a.row_size(pairs);
      runs.b_row = b_stride * b.row_size(pairs);
      if (stride == 1 || pairs == 1) {
        runs.columns = 1;
        runs.length = (w.end - w.begin) * pairs;
        runs.a_step = a_stride * a.pitch;
        runs.b_step = b_stride * b.pitch;
      } else {
        runs.columns = w.end - w.begin;
        runs.length = pairs;
        runs.a_column = a_stride * pairs * a.pitch;
        runs.b_column = b_stride * pairs * b.pitch;
        runs.a_step = a.pitch;
        runs.b_step = b.pitch;
      }
      run(runs, rows + a_at * pairs * a.pitch, columns + b_at * pairs * b.pitch,
          sums + (kh * p.s.kernel_width + kw) * p.tiling.rows * p.tile_columns());
    }
  }
}

// Adds a block of packed images to the sums of one tile of dw.
void add_block(const WeightPlan& p, int64_t images, int64_t tile, const uint32_t* packed_rows,
               const uint32_t* packed_columns, float* sums) {
  const int64_t row_tile = tile % p.tiling.row_tiles;
  const int64_t column_tile = tile / p.tiling.row_tiles;
  const int64_t pairs = ceil_div(images, 2);
  const uint32_t* rows = packed_rows + row_tile * p.rows.tile_size(pairs);
  const uint32_t* columns = packed_columns + column_tile * p.columns.tile_size(pairs);
  const int64_t columns_left = p.columns.channels - column_tile * p.columns.tile;
  const WordTile<Pairs> run =
      word_tile_of<Pairs>(std::min(p.rows.tile, p.rows.channels - row_tile * p.rows.tile),
                          ceil_div(std::min(p.columns.tile, columns_left), kWordLanes));
  const int64_t chunk = std::max<int64_t>(1, kChunkPairs / (p.ow * pairs));
  for (int64_t h = 0; h < p.oh; h += chunk) {
    add_rows(p, pairs, {h, std::min(p.oh, h + chunk)}, run, rows, columns, sums);
  }
}

struct Operands {
  const uint16_t* rows;
  const uint16_t* columns;
};

Operands block_at(const WeightPlan& p, const uint16_t* x, const uint16_t* dy, int64_t image) {
  const uint16_t* from_x = x + image * (p.swapped ? p.rows : p.columns).image_step;
  const uint16_t* from_y = dy + image * (p.swapped ? p.columns : p.rows).image_step;
  return p.swapped ? Operands{from_x, from_y} : Operands{from_y, from_x};
}

void clear(float* sums, int64_t count) {
  std::memset(sums, 0, static_cast<size_t>(count) * sizeof(float));
}

// Many tiles: all threads pack a block, then divide the tiles.
void run_shared(const WeightPlan& p, const uint16_t* x, const uint16_t* dy, float* dw,
                float* scratch) {
  uint32_t* packed_rows = reinterpret_cast<uint32_t*>(scratch);
  uint32_t* packed_columns = packed_rows + p.rows_size;
  float* sums = scratch + p.packed_size();
  const int64_t row_lines = p.rows.tiles * p.rows.height;
  const int64_t lines = row_lines + p.columns.tiles * p.columns.height;
#pragma omp parallel
  {
    alignas(64) float at_hand[kLocalSums];
    const Part mine = my_part(p.tiles());
    for (int64_t n = 0; n < p.s.n; n += 2 * p.block) {
      const int64_t images = std::min(2 * p.block, p.s.n - n);
      const Operands from = block_at(p, x, dy, n);
#pragma omp for schedule(static)
      for (int64_t line = 0; line < lines; line++) {
        if (line < row_lines) {
          pack_pairs(p.rows, from.rows, images, line / p.rows.height, line % p.rows.height,
                     packed_rows);
        } else {
          const int64_t at = line - row_lines;
          pack_pairs(p.columns, from.columns, images, at / p.columns.height, at % p.columns.height,
                     packed_columns);
        }
      }
      for (int64_t t = mine.begin; t < mine.end; t++) {
        float* tile_sums = p.local ? at_hand : sums + t * p.tile_sums();
        if (n == 0) clear(tile_sums, p.tile_sums());
        add_block(p, images, t, packed_rows, packed_columns, tile_sums);
        if (n + images == p.s.n) write_tile(p, t, tile_sums, 0, dw);
      }
#pragma omp barrier
    }
    stream_end();
  }
}

// Sums the blocks of images of one copy.
void run_copy(const WeightPlan& p, int64_t copy, const uint16_t* x, const uint16_t* dy,
              uint32_t* packed, float* sums) {
  uint32_t* packed_columns = packed + p.rows_size;
  clear(sums, p.sums_size);
  const int64_t end = p.blocks() * (copy + 1) / p.copies;
  for (int64_t block = p.blocks() * copy / p.copies; block < end; block++) {
    const int64_t n = block * 2 * p.block;
    const int64_t images = std::min(2 * p.block, p.s.n - n);
    const Operands from = block_at(p, x, dy, n);
    for (int64_t t = 0; t < p.rows.tiles; t++) {
      for (int64_t h = 0; h < p.rows.height; h++) {
        pack_pairs(p.rows, from.rows, images, t, h, packed);
      }
    }
    for (int64_t t = 0; t < p.columns.tiles; t++) {
      for (int64_t h = 0; h < p.columns.height; h++) {
        pack_pairs(p.columns, from.columns, images, t, h, packed_columns);
      }
    }
    for (int64_t t = 0; t < p.tiles(); t++) {
      add_block(p, images, t, packed, packed_columns, sums + t * p.tile_sums());
    }
  }
}

// A small dw: groups of images are summed apart, each by one thread, and added in their order.
void run_copies(const WeightPlan& p, const uint16_t* x, const uint16_t* dy, float* dw,
                float* scratch) {
#pragma omp parallel
  {
    const Part mine = my_part(p.copies);
    // One thread packs all of its copies' images into the same place, which stays in its cache.
    uint32_t* packed = reinterpret_cast<uint32_t*>(scratch + mine.begin * p.copy_size());
    for (int64_t copy = mine.begin; copy < mine.end; copy++) {
      run_copy(p, copy, x, dy, packed, scratch + copy * p.copy_size() + p.packed_size());
    }
#pragma omp barrier
#pragma omp for schedule(static)
    for (int64_t t = 0; t < p.tiles(); t++) {
      write_tile(p, t, scratch + p.packed_size() + t * p.tile_sums(), p.copy_size(), dw);
    }
    stream_end();
  }
}

}  // namespace

int64_t conv2d_backward_weight_bf16_scratch(const eb_conv2d* shape) {
  const WeightPlan p = make_plan(*shape);
  return p.copies * p.copy_size() * kWordBytes;
}

eb_status conv2d_backward_weight_bf16(const eb_conv2d* shape, const uint16_t* x, const uint16_t* dy,
                                      float* dw, void* scratch) {
  const WeightPlan p = make_plan(*shape);
  float* room = static_cast<float*>(scratch);
  if (p.shared) {
    run_shared(p, x, dy, dw, room);
  } else {
    run_copies(p, x, dy, dw, room);
  }
  return EB_OK;
}

}  // namespace eb::EB_ISA
#endif

#ifdef EB_ENTRY_POINTS

#include "cpu/conv2d_check.h"

int64_t eb_conv2d_backward_weight_bf16_scratch(const eb_conv2d* shape) {
  if (!eb::valid(shape)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_backward_weight_bf16_scratch(shape);
}

eb_status eb_conv2d_backward_weight_bf16(const eb_conv2d* shape, const uint16_t* x,
                                         const uint16_t* dy, float* dw, void* scratch) {
  if (!eb::valid(shape) || !x || !dy || !dw || !scratch) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_backward_weight_bf16(shape, x, dy, dw, scratch);
}
#endif
