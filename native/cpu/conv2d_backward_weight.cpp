// Gradient of a convolution's weight: for every tap, the outer product of dy and the shifted x,
// summed over all pixels and images.
//
// Version 1: the images of a block lie innermost, so that for one tap and one row of pixels both
// operands are read in sequence, however small the image is, and taps that fall into the padding
// are left out (5 of 9 in a 2x2 image). A tile of rows x columns of dw stays in registers over a
// chunk of pixels: the row operand is broadcast, the column operand is read as vectors. The operand
// whose channels fill vectors better becomes the column operand. Version 2: 1x1 kernels pixel by pixel,
// in panels of whole vectors of channels, while the next pixels are asked for: up to twice as fast.
#include <algorithm>
#include <cstring>

#include "cpu/conv2d_check.h"
#include "cpu/conv2d_pointwise_weight.h"
#include "cpu/kernel_table.h"
#include "cpu/outer_product.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {
namespace {

// Output pixels of a block of images: enough to make loading and storing dw cheap.
constexpr int64_t kBlockPixels = 1024;
// Output pixels that a tile sums in registers; their operands fit into the first cache.
constexpr int64_t kChunkPixels = 256;
// Largest dw for which every group of images sums in its own copy.
constexpr int64_t kCopyBytes = 256 << 10;
constexpr int64_t kCopies = 16;
constexpr int64_t kCopiesBytes = int64_t{32} << 20;

struct Plan {
  eb_conv2d s;
  int64_t oh;
  int64_t ow;
  bool swapped;  // rows are x's channels, columns are dy's
  Side rows;
  Side columns;
  int64_t block;   // images of a block
  int64_t copies;  // copies of dw; 1: threads share blocks and divide tiles
  int64_t rows_size;
  int64_t columns_size;
  int64_t sums_size;

  int64_t taps() const { return s.kernel_height * s.kernel_width; }
  int64_t copy_size() const { return rows_size + columns_size + sums_size; }
};

double padding_factor(int64_t channels) {
  return static_cast<double>(ceil_div(channels, kLanes) * kLanes) / static_cast<double>(channels);
}

Plan make_plan(const eb_conv2d& s) {
  Plan p{};
  p.s = s;
  p.oh = (s.height + 2 * s.padding - s.kernel_height) / s.stride + 1;
  p.ow = (s.width + 2 * s.padding - s.kernel_width) / s.stride + 1;
  p.swapped = padding_factor(s.out) <= padding_factor(s.in);
  const Side x{s.in, s.height, s.width, 0, 0, 0};
  const Side y{s.out, p.oh, p.ow, 0, 0, 0};
  p.rows = p.swapped ? x : y;
  p.columns = p.swapped ? y : x;
  p.rows.tiles = ceil_div(p.rows.channels, kRows);
  p.rows.tile = ceil_div(p.rows.channels, p.rows.tiles);
  p.rows.pitch = kRowPitch;
  p.columns.tiles = ceil_div(p.columns.channels, kBlock);
  p.columns.tile = kBlock;
  p.columns.pitch = kBlock;
  p.block = std::min(s.n, std::max<int64_t>(1, kBlockPixels / (p.oh * p.ow)));
  p.rows_size = p.rows.tiles * p.rows.height * p.rows.width * p.block * p.rows.pitch;
  p.columns_size = p.columns.tiles * p.columns.height * p.columns.width * p.block * p.columns.pitch;
  p.sums_size = p.rows.tiles * p.columns.tiles * p.taps() * kRows * kBlock;
  p.copies = std::min(kCopies, ceil_div(s.n, p.block));
  const int64_t bytes = static_cast<int64_t>(sizeof(float));
  if (p.sums_size * bytes > kCopyBytes || p.copies * p.copy_size() * bytes > kCopiesBytes) {
    p.copies = 1;
  }
  return p;
}

// First and last + 1 output position whose tap `k` lies inside an image of `extent`.
Part inside(int64_t k, int64_t extent, int64_t outputs, int64_t stride, int64_t padding) {
  const int64_t begin = padding > k ? ceil_div(padding - k, stride) : 0;
  const int64_t end = extent + padding > k ? ceil_div(extent + padding - k, stride) : 0;
  return {begin, std::min(end, outputs)};
}

// Adds a block of packed images to the sums of one tile of dw, all taps.
void add_block(const Plan& p, int64_t images, int64_t row_tile, int64_t column_tile,
               const float* packed_rows, const float* packed_columns, float* sums) {
  const Side& a = p.rows;
  const Side& b = p.columns;
  const float* rows = packed_rows + row_tile * a.height * a.width * images * a.pitch;
  const float* columns = packed_columns + column_tile * b.height * b.width * images * b.pitch;
  const Tile run = tile_of(std::min(a.tile, a.channels - row_tile * a.tile),
                           std::min(b.tile, b.channels - column_tile * b.tile));
  const int64_t stride = p.s.stride;
  // Steps through x are `stride` times as long as those through dy.
  const int64_t a_stride = p.swapped ? stride : 1;
  const int64_t b_stride = p.swapped ? 1 : stride;
  const int64_t chunk = std::max<int64_t>(1, kChunkPixels / (p.ow * images));
  for (int64_t first = 0; first < p.oh; first += chunk) {
    for (int64_t kh = 0; kh < p.s.kernel_height; kh++) {
      Part h = inside(kh, p.s.height, p.oh, stride, p.s.padding);
      h = {std::max(h.begin, first), std::min(h.end, first + chunk)};
      if (h.begin >= h.end) continue;
      for (int64_t kw = 0; kw < p.s.kernel_width; kw++) {
        const Part w = inside(kw, p.s.width, p.ow, stride, p.s.padding);
        if (w.begin >= w.end) continue;
        const int64_t x_row = h.begin * stride + kh - p.s.padding;
        const int64_t x_column = w.begin * stride + kw - p.s.padding;
        const int64_t a_at = p.swapped ? x_row * a.width + x_column : h.begin * a.width + w.begin;
        const int64_t b_at = p.swapped ? h.begin * b.width + w.begin : x_row * b.width + x_column;
        Runs runs{};
        runs.rows = h.end - h.begin;
        runs.a_row = a_stride * a.width * images * a.pitch;
        runs.b_row = b_stride * b.width * images * b.pitch;
        if (stride == 1 || images == 1) {
          runs.columns = 1;
          runs.length = (w.end - w.begin) * images;
          runs.a_step = a_stride * a.pitch;
          runs.b_step = b_stride * b.pitch;
        } else {
          runs.columns = w.end - w.begin;
          runs.length = images;
          runs.a_column = a_stride * images * a.pitch;
          runs.b_column = b_stride * images * b.pitch;
          runs.a_step = a.pitch;
          runs.b_step = b.pitch;
        }
        run(runs, rows + a_at * images * a.pitch, columns + b_at * images * b.pitch,
            sums + (kh * p.s.kernel_width + kw) * kRows * kBlock);
      }
    }
  }
}

float total(const Plan& p, const float* sum, int64_t copy_step) {
  float value = *sum;
  for (int64_t copy = 1; copy < p.copies; copy++) value += sum[copy * copy_step];
  return value;
}

// Writes one tile of dw from the sums of all copies, added in order. Columns are a block of output
// channels with its padding, whose sums are zero.
void write_swapped(const Plan& p, int64_t row_tile, int64_t column_tile, const float* sums,
                   int64_t copy_step, float* dw) {
  const int64_t first = row_tile * p.rows.tile;
  const int64_t count = std::min(p.rows.tile, p.rows.channels - first);
  for (int64_t tap = 0; tap < p.taps(); tap++) {
    for (int64_t r = 0; r < count; r++) {
      const float* from = sums + (tap * kRows + r) * kBlock;
      float* to = dw + ((column_tile * p.taps() + tap) * p.s.in + first + r) * kBlock;
      for (int64_t c = 0; c < kBlock; c++) to[c] = total(p, from + c, copy_step);
    }
  }
}

// As above where rows are output channels; the last of them writes the padding of its block.
void write_straight(const Plan& p, int64_t row_tile, int64_t column_tile, const float* sums,
                    int64_t copy_step, float* dw) {
  const int64_t first = row_tile * p.rows.tile;
  const int64_t count = std::min(p.rows.tile, p.rows.channels - first);
  const int64_t in = column_tile * p.columns.tile;
  const int64_t columns = std::min(p.columns.tile, p.columns.channels - in);
  const bool last = first + count == p.s.out;
  const int64_t end = last ? ceil_div(p.s.out, kBlock) * kBlock : first + count;
  for (int64_t tap = 0; tap < p.taps(); tap++) {
    for (int64_t o = first; o < end; o++) {
      float* to = dw + ((o / kBlock * p.taps() + tap) * p.s.in + in) * kBlock + o % kBlock;
      if (o >= p.s.out) {
        for (int64_t c = 0; c < columns; c++) to[c * kBlock] = 0.0f;
        continue;
      }
      const float* from = sums + (tap * kRows + o - first) * kBlock;
      for (int64_t c = 0; c < columns; c++) to[c * kBlock] = total(p, from + c, copy_step);
    }
  }
}

void write_tile(const Plan& p, int64_t tile, const float* sums, int64_t copy_step, float* dw) {
  const int64_t row_tile = tile % p.rows.tiles;
  const int64_t column_tile = tile / p.rows.tiles;
  if (p.swapped) {
    write_swapped(p, row_tile, column_tile, sums, copy_step, dw);
  } else {
    write_straight(p, row_tile, column_tile, sums, copy_step, dw);
  }
}

struct Operands {
  const float* rows;
  const float* columns;
};

Operands block_at(const Plan& p, const float* x, const float* dy, int64_t image) {
  const float* px = x + image * p.s.height * p.s.width * p.s.in;
  const float* py = dy + image * p.oh * p.ow * p.s.out;
  return p.swapped ? Operands{px, py} : Operands{py, px};
}

// Many tiles: all threads pack a block, then divide the tiles.
void run_shared(const Plan& p, const float* x, const float* dy, float* dw, float* scratch) {
  float* packed_rows = scratch;
  float* packed_columns = packed_rows + p.rows_size;
  float* sums = packed_columns + p.columns_size;
  const int64_t tiles = p.rows.tiles * p.columns.tiles;
  const int64_t tile_size = p.taps() * kRows * kBlock;
  const int64_t row_lines = p.rows.tiles * p.rows.height;
  const int64_t lines = row_lines + p.columns.tiles * p.columns.height;
#pragma omp parallel
  {
    const Part mine = my_part(tiles);
    std::memset(sums + mine.begin * tile_size, 0,
                static_cast<size_t>((mine.end - mine.begin) * tile_size) * sizeof(float));
    for (int64_t n = 0; n < p.s.n; n += p.block) {
      const int64_t images = std::min(p.block, p.s.n - n);
      const Operands from = block_at(p, x, dy, n);
#pragma omp for schedule(static)
      for (int64_t line = 0; line < lines; line++) {
        if (line < row_lines) {
          pack_row(p.rows, from.rows, images, line / p.rows.height, line % p.rows.height,
                   packed_rows);
        } else {
          const int64_t at = line - row_lines;
          pack_row(p.columns, from.columns, images, at / p.columns.height, at % p.columns.height,
                   packed_columns);
        }
      }
      for (int64_t t = mine.begin; t < mine.end; t++) {
        add_block(p, images, t % p.rows.tiles, t / p.rows.tiles, packed_rows, packed_columns,
                  sums + t * tile_size);
      }
#pragma omp barrier
    }
    for (int64_t t = mine.begin; t < mine.end; t++) {
      write_tile(p, t, sums + t * tile_size, 0, dw);
    }
  }
}

// A small dw: groups of images are summed apart, each by one thread, and added in their order.
void run_copies(const Plan& p, const float* x, const float* dy, float* dw, float* scratch) {
  const int64_t tiles = p.rows.tiles * p.columns.tiles;
  const int64_t tile_size = p.taps() * kRows * kBlock;
  const int64_t blocks = ceil_div(p.s.n, p.block);
#pragma omp parallel
  {
#pragma omp for schedule(static)
    for (int64_t copy = 0; copy < p.copies; copy++) {
      float* packed_rows = scratch + copy * p.copy_size();
      float* packed_columns = packed_rows + p.rows_size;
      float* sums = packed_columns + p.columns_size;
      std::memset(sums, 0, static_cast<size_t>(p.sums_size) * sizeof(float));
      const int64_t end = blocks * (copy + 1) / p.copies;
      for (int64_t block = blocks * copy / p.copies; block < end; block++) {
        const int64_t n = block * p.block;
        const int64_t images = std::min(p.block, p.s.n - n);
        const Operands from = block_at(p, x, dy, n);
        for (int64_t t = 0; t < p.rows.tiles; t++) {
          for (int64_t h = 0; h < p.rows.height; h++) {
            pack_row(p.rows, from.rows, images, t, h, packed_rows);
          }
        }
        for (int64_t t = 0; t < p.columns.tiles; t++) {
          for (int64_t h = 0; h < p.columns.height; h++) {
            pack_row(p.columns, from.columns, images, t, h, packed_columns);
          }
        }
        for (int64_t t = 0; t < tiles; t++) {
          add_block(p, images, t % p.rows.tiles, t / p.rows.tiles, packed_rows, packed_columns,
                    sums + t * tile_size);
        }
      }
    }
    const float* sums = scratch + p.rows_size + p.columns_size;
#pragma omp for schedule(static)
    for (int64_t t = 0; t < tiles; t++) {
      write_tile(p, t, sums + t * tile_size, p.copy_size(), dw);
    }
  }
}

using Pointwise = PointwiseWeight<Floats, AsStored>;

}  // namespace

int64_t conv2d_backward_weight_f32_scratch(const eb_conv2d* shape) {
  if (fits_pointwise(shape)) return Pointwise(forward(*shape)).bytes();
  const Plan p = make_plan(*shape);
  return p.copies * p.copy_size() * static_cast<int64_t>(sizeof(float));
}

eb_status conv2d_backward_weight_f32(const eb_conv2d* shape, const float* x, const float* dy,
                                     float* dw, void* scratch) {
  if (fits_pointwise(shape)) {
    Pointwise(forward(*shape)).run(x, AsStored(shape->in), dy, dw, scratch);
    return EB_OK;
  }
  const Plan p = make_plan(*shape);
  float* room = static_cast<float*>(scratch);
  if (p.copies == 1) {
    run_shared(p, x, dy, dw, room);
  } else {
    run_copies(p, x, dy, dw, room);
  }
  return EB_OK;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS

int64_t eb_conv2d_backward_weight_f32_scratch(const eb_conv2d* shape) {
  if (!eb::valid(shape)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_backward_weight_f32_scratch(shape);
}

eb_status eb_conv2d_backward_weight_f32(const eb_conv2d* shape, const float* x, const float* dy,
                                        float* dw, void* scratch) {
  if (!eb::valid(shape) || !x || !dy || !dw || !scratch) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_backward_weight_f32(shape, x, dy, dw, scratch);
}
#endif
