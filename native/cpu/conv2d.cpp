// Convolution and its gradient with respect to the input, as one direct product: every output pixel
// is a sum over taps and input channels.
//
// Version 1: a tile is one pixel of some images x a block of output channels and stays in registers
// over the whole sum. Taking the rows of a tile from different images means that all of them need
// the same taps, so that taps in the padding are left out and a 2x2 image runs as fast as a large
// one; nothing is packed, because a pixel's channels lie in sequence. Weights are stored in blocks
// of output channels, so that they are read in sequence too. Version 2: batch norm, residual and ReLU
// on the tile before it is stored. Version 3: a tile of a 1x1 kernel is of neighbouring
// pixels, and asks for the lines of the next one: 1.5 times as fast on images that are not in the cache.
// Version 4: channels that fill no vector are stored by masks, not one by one.
#include <algorithm>
#include <utility>

#include "cpu/conv2d_check.h"
#include "cpu/conv2d_epilogue.h"
#include "cpu/conv2d_taps.h"
#include "cpu/kernel_table.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {
namespace {

constexpr int kRows = kLanes == 16 ? 12 : 6;

// Weights up to this size stay in the second cache while a row of pixels is computed; of larger
// ones only one block of output channels does, while all pixels are computed.
constexpr int64_t kResidentBytes = 384 << 10;

// Where a tile reads and writes; steps in floats.
struct TileArgs {
  const float* x;
  int64_t x_image;
  int64_t x_row;
  const float* w;
  float* y;
  int64_t y_image;
  int64_t columns;  // columns to write
  int64_t next_x;   // steps to the tile that comes next, whose lines are asked for; 0: to none
  int64_t next_y;
  Epilogue epilogue;
};

template <int R, int V>
void tile(const Product& p, const Taps& rows, const Taps& columns, const TileArgs& args) {
  Vec acc[R][V];
#pragma GCC unroll 16
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 16
    for (int v = 0; v < V; v++) acc[r][v] = zero();
  }
  const int64_t image = args.x_image;
  const int64_t channels = p.in;
  if (args.next_y > 0) {
    for (int v = 0; v < V; v++) prefetch_rows<R>(args.y + args.next_y + v * kLanes, args.y_image);
  }
  for (int64_t h = 0; h < rows.count; h++) {
    const float* x_row = args.x + (rows.source + h * rows.source_step) * args.x_row;
    const float* w_row = args.w + (rows.first + h * rows.step) * p.kernel_width * channels * kBlock;
    for (int64_t c = 0; c < columns.count; c++) {
      const float* x = x_row + (columns.source + c * columns.source_step) * channels;
      const float* w = w_row + (columns.first + c * columns.step) * channels * kBlock;
      for (int64_t i = 0; i < channels; i++, w += kBlock) {
        if (args.next_x > 0 && i % kLine == 0) prefetch_rows<R>(x + args.next_x + i, image);
        Vec weight[V];
#pragma GCC unroll 16
        for (int v = 0; v < V; v++) weight[v] = load(w + v * kLanes);
#pragma GCC unroll 16
        for (int r = 0; r < R; r++) {
          const Vec value = broadcast(x + r * image + i);
#pragma GCC unroll 16
          for (int v = 0; v < V; v++) acc[r][v] = fma(value, weight[v], acc[r][v]);
        }
      }
    }
  }
  const Epilogue& epilogue = args.epilogue;
#pragma GCC unroll 16
  for (int r = 0; r < R; r++) {
    const int64_t offset = r * args.y_image;
    float* y = args.y + offset;
#pragma GCC unroll 16
    for (int v = 0; v < V; v++) {
      const int64_t c = v * kLanes;
      const int64_t count = args.columns - c;
      store_channels(y + c, epilogue.apply(acc[r][v], c, offset + c, count), count);
    }
  }
}

using Tile = void (*)(const Product&, const Taps&, const Taps&, const TileArgs&);

template <int V, int... R>
Tile tile_of(int64_t rows, std::integer_sequence<int, R...>) {
  static constexpr Tile tiles[] = {tile<R + 1, V>...};
  return tiles[rows - 1];
}

Tile tile_of(int64_t rows, int64_t columns) {
  constexpr auto heights = std::make_integer_sequence<int, kRows>();
  return columns > kLanes ? tile_of<2>(rows, heights) : tile_of<1>(rows, heights);
}

// One row of output pixels of some images, for one block of output channels.
void pixels(const Product& p, Part images, int64_t row, int64_t block, const float* x,
            const float* w, float* y, const Epilogue& epilogue) {
  TileArgs args{};
  args.x_row = p.in_width * p.in;
  args.x_image = p.in_height * args.x_row;
  args.x = x + images.begin * args.x_image;
  args.w = w + block * p.kernel_height * p.kernel_width * p.in * kBlock;
  args.y_image = p.out_height * p.out_width * p.out;
  const int64_t first = images.begin * args.y_image + row * p.out_width * p.out + block * kBlock;
  args.y = y + first;
  args.epilogue = epilogue.at(block * kBlock, first);
  if (p.in_height == 1 && p.in_width == 1) {
    args.next_x = (images.end - images.begin) * p.in;
    args.next_y = (images.end - images.begin) * p.out;
  }
  args.columns = std::min(kBlock, p.out - block * kBlock);
  const Tile run = tile_of(images.end - images.begin, args.columns);
  const Taps rows = taps_of(p, row, p.kernel_height, p.in_height);
  for (int64_t column = 0; column < p.out_width; column++) {
    run(p, rows, taps_of(p, column, p.kernel_width, p.in_width), args);
    args.y += p.out;
    args.epilogue = args.epilogue.at(0, p.out);
  }
}

void run(const Product& product, const float* x, const float* w, float* y,
         const Epilogue& epilogue) {
  const Product p = flat(product);
  const int64_t groups = (p.n + kRows - 1) / kRows;
  const int64_t blocks = (p.out + kBlock - 1) / kBlock;
  const int64_t weights = blocks * kBlock * p.kernel_height * p.kernel_width * p.in;
  const bool resident = weights * static_cast<int64_t>(sizeof(float)) <= kResidentBytes;
#pragma omp parallel
  {
    const Part mine = my_part(resident ? groups * p.out_height : blocks * groups);
    for (int64_t item = mine.begin; item < mine.end; item++) {
      const int64_t group = resident ? item / p.out_height : item % groups;
      const Part images = {p.n * group / groups, p.n * (group + 1) / groups};
      if (resident) {
        for (int64_t block = 0; block < blocks; block++) {
          pixels(p, images, item % p.out_height, block, x, w, y, epilogue);
        }
      } else {
        for (int64_t row = 0; row < p.out_height; row++) {
          pixels(p, images, row, item / groups, x, w, y, epilogue);
        }
      }
    }
  }
}

}  // namespace

int64_t conv2d_block() { return kBlock; }

eb_status conv2d_f32(const eb_conv2d* s, const float* x, const float* w, float* y) {
  run(forward(*s), x, w, y, {});
  return EB_OK;
}

eb_status conv2d_epilogue_f32(const eb_conv2d* s, const float* x, const float* w, const float* mean,
                              const float* scale, const float* beta, const float* residual,
                              int32_t relu, float* y) {
  run(forward(*s), x, w, y, {mean, scale, beta, residual, relu != 0});
  return EB_OK;
}

eb_status conv2d_backward_data_f32(const eb_conv2d* s, const float* dy, const float* w, float* dx) {
  run(backward_data(*s), dy, w, dx, {});
  return EB_OK;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS

int64_t eb_conv2d_block(void) { return eb::active().conv2d_block(); }

eb_status eb_conv2d_f32(const eb_conv2d* shape, const float* x, const float* w, float* y) {
  if (!eb::valid(shape) || !x || !w || !y) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_f32(shape, x, w, y);
}

eb_status eb_conv2d_epilogue_f32(const eb_conv2d* shape, const float* x, const float* w,
                                 const float* mean, const float* scale, const float* beta,
                                 const float* residual, int32_t relu, float* y) {
  if (!eb::valid(shape) || !x || !w || !y || residual == y) return EB_BAD_ARGUMENT;
  if (!mean != !scale || !mean != !beta) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_epilogue_f32(shape, x, w, mean, scale, beta, residual, relu, y);
}

eb_status eb_conv2d_backward_data_f32(const eb_conv2d* shape, const float* dy, const float* w,
                                      float* dx) {
  if (!eb::valid(shape) || !dy || !w || !dx) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_backward_data_f32(shape, dy, w, dx);
}
#endif
