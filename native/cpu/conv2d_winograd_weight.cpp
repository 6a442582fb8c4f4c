// Gradient of 3x3 weights by the transpose of Winograd's F(2x2, 3x3), see conv2d_winograd.cpp: 16
// products for each tile of four results and pair of channels, where the direct sum has 36.
//
// Version 1: tiles of x and of dy are transformed, as many as stay in the last cache; then each of the
// 16 points is a matrix product over the tiles, added to what the tiles before gave; in the end the
// 16 sums become nine. Tiles are added in order, whatever the number of threads. Version 2: masks and
// half blocks for numbers of channels that do not fill vectors.
#include <omp.h>

#include <algorithm>
#include <utility>

#include "cpu/conv2d_check.h"
#include "cpu/conv2d_winograd.h"
#include "cpu/kernel_table.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {
namespace {

// Bytes of the transforms of tiles that are worked on together.
constexpr int64_t kChunkBytes = 12 << 20;

struct Plan {
  Product p;
  Tiling tiling;
  int64_t channels;  // of x, rounded up to vectors
  int64_t blocks;    // of output channels
  int64_t chunk;     // tiles that are worked on together

  explicit Plan(const Product& product) : p(product), tiling(product) {
    channels = (p.in + kLanes - 1) / kLanes * kLanes;
    blocks = (p.out + kBlock - 1) / kBlock;
    const int64_t tile = kPoints * (channels + blocks * kBlock);
    const int64_t fit = kChunkBytes / (tile * static_cast<int64_t>(sizeof(float)));
    chunk = std::min(tiling.tiles, std::max<int64_t>(fit, 1));
  }

  int64_t pixels_size() const { return kPoints * chunk * channels; }

  int64_t gradients_size() const { return kPoints * chunk * blocks * kBlock; }

  int64_t sums_size() const { return kPoints * blocks * p.in * kBlock; }

  int64_t bytes() const {
    return (pixels_size() + gradients_size() + sums_size()) * static_cast<int64_t>(sizeof(float));
  }
};

// Four values A d for the two values d.
inline Four gradient_transform(Vec a, Vec b) { return {{a, add(a, b), sub(a, b), sub(zero(), b)}}; }

// The 2x2 gradients of one vector of channels become A d A^T, `step` floats from point to point.
inline void transform_gradient(const Vec (&d)[4], float* out, int64_t step) {
  Vec t[8];
#pragma GCC unroll 2
  for (int c = 0; c < 2; c++) {
    const Four f = gradient_transform(d[c], d[2 + c]);
#pragma GCC unroll 4
    for (int r = 0; r < 4; r++) t[2 * r + c] = f.v[r];
  }
#pragma GCC unroll 4
  for (int r = 0; r < 4; r++) {
    const Four f = gradient_transform(t[2 * r], t[2 * r + 1]);
#pragma GCC unroll 4
    for (int c = 0; c < 4; c++) store(out + (4 * r + c) * step, f.v[c]);
  }
}

// Channel `o` and those after it of the gradients of a tile; void where there are none.
inline void load_gradients(const Product& p, const Tile& tile, const float* dy, int64_t o,
                           Vec (&d)[4]) {
  const int64_t count = std::min<int64_t>(kLanes, p.out - o);
  for (int64_t r = 0; r < 2; r++) {
    for (int64_t c = 0; c < 2; c++) {
      const int64_t row = tile.row + r;
      const int64_t column = tile.column + c;
      Vec value = zero();
      if (row < p.out_height && column < p.out_width && count > 0) {
        const float* from =
            dy + ((tile.image * p.out_height + row) * p.out_width + column) * p.out + o;
        value = count == kLanes ? load(from) : load(from, count);
      }
      d[2 * r + c] = value;
    }
  }
}

// pixels [16, chunk, channels] and gradients [16, blocks, chunk, kBlock] of the tiles [begin, end)
// after the first.
void transform(const Plan& plan, const float* x, const float* dy, int64_t first, Part part,
               float* pixels, float* gradients) {
  const int64_t pixel_step = plan.chunk * plan.channels;
  const int64_t gradient_step = plan.blocks * plan.chunk * kBlock;
  for (int64_t t = part.begin; t < part.end; t++) {
    const Tile tile(plan.tiling, first + t);
    for (int64_t i = 0; i < plan.p.in; i += kLanes) {
      Vec d[kPoints];
      load_pixels(plan.p, tile, x, i, d);
      transform_pixels(d, pixels + t * plan.channels + i, pixel_step);
    }
    for (int64_t o = 0; o < plan.blocks * kBlock; o += kLanes) {
      Vec d[4];
      load_gradients(plan.p, tile, dy, o, d);
      const int64_t block = o / kBlock;
      transform_gradient(d, gradients + (block * plan.chunk + t) * kBlock + o % kBlock,
                         gradient_step);
    }
  }
}

// R rows of V vectors of sums [in, kBlock], to which the products of `count` tiles are added.
template <int V, int R>
void accumulate(const float* pixels, int64_t channels, const float* gradients, int64_t count,
                bool fresh, float* sums) {
  Vec acc[R][V];
#pragma GCC unroll 16
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 2
    for (int v = 0; v < V; v++) {
      acc[r][v] = fresh ? zero() : load(sums + r * kBlock + v * kLanes);
    }
  }
  for (int64_t t = 0; t < count; t++, pixels += channels, gradients += kBlock) {
    Vec gradient[V];
#pragma GCC unroll 2
    for (int v = 0; v < V; v++) gradient[v] = load(gradients + v * kLanes);
#pragma GCC unroll 16
    for (int r = 0; r < R; r++) {
      const Vec value = broadcast(pixels + r);
#pragma GCC unroll 2
      for (int v = 0; v < V; v++) acc[r][v] = fma(value, gradient[v], acc[r][v]);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 2
    for (int v = 0; v < V; v++) store(sums + r * kBlock + v * kLanes, acc[r][v]);
    if (V == 1 && fresh) store(sums + r * kBlock + kLanes, zero());
  }
}

using Accumulate = void (*)(const float*, int64_t, const float*, int64_t, bool, float*);

template <int V, int... R>
Accumulate accumulate_of(int64_t rows, std::integer_sequence<int, R...>) {
  static constexpr Accumulate all[] = {accumulate<V, R + 1>...};
  return all[rows - 1];
}

Accumulate accumulate_of(int64_t rows, int64_t vectors) {
  constexpr auto heights = std::make_integer_sequence<int, kWinogradRows>();
  return vectors == 1 ? accumulate_of<1>(rows, heights) : accumulate_of<2>(rows, heights);
}

// One point of one block of output channels: sums [16, blocks, in, kBlock].
void multiply(const Plan& plan, int64_t item, int64_t count, bool fresh, const float* pixels,
              const float* gradients, float* sums) {
  const int64_t point = item / plan.blocks;
  const int64_t in = plan.p.in;
  const float* from = pixels + point * plan.chunk * plan.channels;
  const float* by = gradients + item * plan.chunk * kBlock;
  float* to = sums + item * in * kBlock;
  const int64_t vectors = vectors_of(plan.p.out, item % plan.blocks);
  const int64_t parts = (in + kWinogradRows - 1) / kWinogradRows;
  for (int64_t part = 0; part < parts; part++) {
    const int64_t begin = in * part / parts;
    const int64_t end = in * (part + 1) / parts;
    accumulate_of(end - begin, vectors)(from + begin, plan.channels, by, count, fresh,
                                        to + begin * kBlock);
  }
}

// Three values G^T s of four sums.
inline void weight_result(Vec a, Vec b, Vec c, Vec d, Vec (&out)[3]) {
  const Vec sum = half(add(b, c));
  out[0] = add(a, sum);
  out[1] = half(sub(b, c));
  out[2] = add(sum, d);
}

// The sums of one block become weights [3, 3, in, kBlock].
void transform_sums(const Plan& plan, int64_t block, const float* sums, float* dw) {
  const int64_t line = plan.p.in * kBlock;
  const int64_t step = plan.blocks * line;
  for (int64_t i = 0; i < line; i += kLanes) {
    const float* s = sums + block * line + i;
    Vec t[12];
    for (int64_t c = 0; c < 4; c++) {
      Vec g[3];
      weight_result(load(s + c * step), load(s + (4 + c) * step), load(s + (8 + c) * step),
                    load(s + (12 + c) * step), g);
      for (int64_t r = 0; r < 3; r++) t[4 * r + c] = g[r];
    }
    for (int64_t r = 0; r < 3; r++) {
      Vec g[3];
      weight_result(t[4 * r], t[4 * r + 1], t[4 * r + 2], t[4 * r + 3], g);
      for (int64_t c = 0; c < 3; c++) store(dw + (9 * block + 3 * r + c) * line + i, g[c]);
    }
  }
}

void run(const Plan& plan, const float* x, const float* dy, float* dw, float* scratch) {
  float* pixels = scratch;
  float* gradients = pixels + plan.pixels_size();
  float* sums = gradients + plan.gradients_size();
#pragma omp parallel
  {
    const Part items = my_part(kPoints * plan.blocks);
    for (int64_t first = 0; first < plan.tiling.tiles; first += plan.chunk) {
      const int64_t count = std::min(plan.chunk, plan.tiling.tiles - first);
      transform(plan, x, dy, first, my_part(count), pixels, gradients);
#pragma omp barrier
      for (int64_t item = items.begin; item < items.end; item++) {
        multiply(plan, item, count, first == 0, pixels, gradients, sums);
      }
#pragma omp barrier
    }
    const Part blocks = my_part(plan.blocks);
    for (int64_t b = blocks.begin; b < blocks.end; b++) transform_sums(plan, b, sums, dw);
  }
}

}  // namespace

int64_t conv2d_winograd_backward_weight_f32_scratch(const eb_conv2d* s) {
  return Plan(forward(*s)).bytes();
}

eb_status conv2d_winograd_backward_weight_f32(const eb_conv2d* s, const float* x, const float* dy,
                                              float* dw, void* scratch) {
  run(Plan(forward(*s)), x, dy, dw, static_cast<float*>(scratch));
  return EB_OK;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS

int64_t eb_conv2d_winograd_backward_weight_f32_scratch(const eb_conv2d* shape) {
  if (!eb::fits_winograd(shape)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_winograd_backward_weight_f32_scratch(shape);
}

eb_status eb_conv2d_winograd_backward_weight_f32(const eb_conv2d* shape, const float* x,
                                                 const float* dy, float* dw, void* scratch) {
  if (!eb::fits_winograd(shape) || !x || !dy || !dw || !scratch) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_winograd_backward_weight_f32(shape, x, dy, dw, scratch);
}
#endif
