// Convolution with 3x3 kernels and its gradient with respect to the input by Winograd's minimal
// filtering F(2x2, 3x3): 16 products for each four results of an input channel, where the direct sum
// has 36 (A. Lavin, S. Gray: Fast Algorithms for Convolutional Neural Networks, CVPR 2016,
// arXiv:1509.09308). The transforms add and subtract alone, halves are exact: results are as far from
// the exact ones as sums of neighbouring pixels' products round.
//
// Version 1: a thread transforms some tiles of 4x4 pixels, which stay in its second cache, multiplies
// them with one block of output channels after the other, and transforms the products back. Version 2:
// vectors that channels do not fill are loaded and stored by masks, and of a block that they fill by
// half, half is multiplied: what odd numbers of channels in pruned networks need.
#include "cpu/conv2d_winograd.h"

#include <omp.h>

#include <algorithm>
#include <utility>

#include "cpu/conv2d_check.h"
#include "cpu/conv2d_epilogue.h"
#include "cpu/kernel_table.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {
namespace {

// Tiles of a thread at most, and bytes of their transforms.
constexpr int64_t kMostTiles = 96;
constexpr int64_t kTileBytes = 768 << 10;

struct Plan {
  Product p;
  int64_t channels;  // of x, rounded up to vectors
  int64_t blocks;    // of output channels
  Tiling tiling;
  int64_t group;  // tiles that a thread transforms at a time
  int64_t groups;

  explicit Plan(const Product& product) : p(product), tiling(product) {
    channels = (p.in + kLanes - 1) / kLanes * kLanes;
    blocks = (p.out + kBlock - 1) / kBlock;
    const int64_t fit = kTileBytes / (kPoints * channels * static_cast<int64_t>(sizeof(float)));
    group = std::clamp<int64_t>(fit / kWinogradRows * kWinogradRows, kWinogradRows, kMostTiles);
    groups = (tiling.tiles + group - 1) / group;
  }

  int64_t weight_size() const { return kPoints * blocks * p.in * kBlock; }

  // Transforms of a group and products of one block of channels with it.
  int64_t thread_size() const { return kPoints * group * (channels + kBlock); }

  int64_t bytes() const {
    return (weight_size() + omp_get_max_threads() * thread_size()) *
           static_cast<int64_t>(sizeof(float));
  }
};

// transforms [16, group, channels] of the tiles from `first` on.
void transform_tiles(const Plan& plan, const float* x, int64_t first, int64_t count, float* out) {
  const int64_t step = plan.group * plan.channels;
  for (int64_t t = 0; t < count; t++) {
    const Tile tile(plan.tiling, first + t);
    for (int64_t i = 0; i < plan.p.in; i += kLanes) {
      Vec d[kPoints];
      load_pixels(plan.p, tile, x, i, d);
      transform_pixels(d, out + t * plan.channels + i, step);
    }
  }
}

// The 3 values g of a line of weights become G g.
inline Four weight_transform(Vec a, Vec b, Vec c) {
  const Vec ends = add(a, c);
  return {{a, half(add(ends, b)), half(sub(ends, b)), c}};
}

// One block of stored weights [3, 3, in, kBlock] becomes [16, in, kBlock]; turned by half a circle
// for the gradient.
void transform_weights(const Plan& plan, const float* w, float* out) {
  const int64_t in = plan.p.in;
  const int64_t step = in * kBlock;
  for (int64_t i = 0; i < step; i += kLanes) {
    Vec t[12];
    for (int64_t c = 0; c < 3; c++) {
      Vec g[3];
      for (int64_t r = 0; r < 3; r++) {
        const int64_t tap = plan.p.backward ? 8 - (3 * r + c) : 3 * r + c;
        g[r] = load(w + tap * step + i);
      }
      const Four f = weight_transform(g[0], g[1], g[2]);
      for (int64_t r = 0; r < 4; r++) t[3 * r + c] = f.v[r];
    }
    for (int64_t r = 0; r < 4; r++) {
      const Four f = weight_transform(t[3 * r], t[3 * r + 1], t[3 * r + 2]);
      for (int64_t c = 0; c < 4; c++) store(out + (4 * r + c) * step + i, f.v[c]);
    }
  }
}

// R rows of `channels` floats by V vectors of a block of weights [in, kBlock].
template <int V, int R>
void multiply(const float* rows, int64_t channels, const float* w, int64_t in, float* out) {
  Vec acc[R][V];
#pragma GCC unroll 16
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 2
    for (int v = 0; v < V; v++) acc[r][v] = zero();
  }
  for (int64_t i = 0; i < in; i++, w += kBlock) {
    Vec weight[V];
#pragma GCC unroll 2
    for (int v = 0; v < V; v++) weight[v] = load(w + v * kLanes);
#pragma GCC unroll 16
    for (int r = 0; r < R; r++) {
      const Vec value = broadcast(rows + r * channels + i);
#pragma GCC unroll 2
      for (int v = 0; v < V; v++) acc[r][v] = fma(value, weight[v], acc[r][v]);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 2
    for (int v = 0; v < V; v++) store(out + r * kBlock + v * kLanes, acc[r][v]);
  }
}

using Multiply = void (*)(const float*, int64_t, const float*, int64_t, float*);

template <int V, int... R>
Multiply multiply_of(int64_t rows, std::integer_sequence<int, R...>) {
  static constexpr Multiply all[] = {multiply<V, R + 1>...};
  return all[rows - 1];
}

Multiply multiply_of(int64_t rows, int64_t vectors) {
  constexpr auto heights = std::make_integer_sequence<int, kWinogradRows>();
  return vectors == 1 ? multiply_of<1>(rows, heights) : multiply_of<2>(rows, heights);
}

// Two results A^T m of four products.
inline void output_transform(Vec a, Vec b, Vec c, Vec d, Vec* first, Vec* second) {
  const Vec sum = add(b, c);
  const Vec difference = sub(b, c);
  *first = add(a, sum);
  *second = sub(difference, d);
}

// Writes one vector of results, as far as there are channels.
inline void put(const Epilogue& epilogue, Vec value, int64_t channel, int64_t count, int64_t offset,
                float* y) {
  if (count >= kLanes) {
    store(y + offset, epilogue.apply(value, channel, offset));
    return;
  }
  if (!epilogue.mean && !epilogue.residual) {
    store(y + offset, epilogue.apply(value, channel, offset), count);
    return;
  }
  float line[kLanes];
  store(line, value);
  for (int64_t j = 0; j < count; j++) {
    y[offset + j] = epilogue.apply(line[j], channel + j, offset + j);
  }
}

// The products [16, group, kBlock] of a block of output channels become results.
void transform_results(const Plan& plan, const float* products, int64_t first, int64_t count,
                       int64_t block, const Epilogue& epilogue, float* y) {
  const Product& p = plan.p;
  const int64_t step = plan.group * kBlock;
  for (int64_t t = 0; t < count; t++) {
    const Tile tile(plan.tiling, first + t);
    for (int64_t v = 0; v < vectors_of(p.out, block); v++) {
      const int64_t channel = block * kBlock + v * kLanes;
      const float* m = products + t * kBlock + v * kLanes;
      Vec rows[2][4];
#pragma GCC unroll 4
      for (int c = 0; c < 4; c++) {
        output_transform(load(m + c * step), load(m + (4 + c) * step), load(m + (8 + c) * step),
                         load(m + (12 + c) * step), &rows[0][c], &rows[1][c]);
      }
      for (int64_t r = 0; r < 2 && tile.row + r < p.out_height; r++) {
        Vec results[2];
        output_transform(rows[r][0], rows[r][1], rows[r][2], rows[r][3], &results[0], &results[1]);
        for (int64_t c = 0; c < 2 && tile.column + c < p.out_width; c++) {
          const int64_t pixel =
              (tile.image * p.out_height + tile.row + r) * p.out_width + tile.column + c;
          put(epilogue, results[c], channel, p.out - channel, pixel * p.out + channel, y);
        }
      }
    }
  }
}

// The tiles of one group.
void run_group(const Plan& plan, int64_t group, const float* x, const float* weights,
               const Epilogue& epilogue, float* room, float* y) {
  const int64_t first = group * plan.group;
  const int64_t count = std::min(plan.group, plan.tiling.tiles - first);
  float* transforms = room;
  float* products = room + kPoints * plan.group * plan.channels;
  transform_tiles(plan, x, first, count, transforms);
  const int64_t matrix = plan.p.in * kBlock;
  for (int64_t block = 0; block < plan.blocks; block++) {
    const int64_t vectors = vectors_of(plan.p.out, block);
    for (int64_t point = 0; point < kPoints; point++) {
      const float* w = weights + (block * kPoints + point) * matrix;
      for (int64_t t = 0; t < count; t += kWinogradRows) {
        const int64_t at = point * plan.group + t;
        multiply_of(std::min<int64_t>(kWinogradRows, count - t), vectors)(
            transforms + at * plan.channels, plan.channels, w, plan.p.in, products + at * kBlock);
      }
    }
    transform_results(plan, products, first, count, block, epilogue, y);
  }
}

void run(const Product& p, const float* x, const float* w, const Epilogue& epilogue, float* y,
         float* scratch) {
  const Plan plan(p);
  const int64_t block = 9 * p.in * kBlock;
  float* weights = scratch;
#pragma omp parallel
  {
    const Part blocks = my_part(plan.blocks);
    for (int64_t b = blocks.begin; b < blocks.end; b++) {
      transform_weights(plan, w + b * block, weights + b * kPoints * p.in * kBlock);
    }
#pragma omp barrier
    float* room = scratch + plan.weight_size() + omp_get_thread_num() * plan.thread_size();
    const Part groups = my_part(plan.groups);
    for (int64_t g = groups.begin; g < groups.end; g++) {
      run_group(plan, g, x, weights, epilogue, room, y);
    }
  }
}

}  // namespace

int64_t conv2d_winograd_f32_scratch(const eb_conv2d* s) { return Plan(forward(*s)).bytes(); }

eb_status conv2d_winograd_f32(const eb_conv2d* s, const float* x, const float* w, const float* mean,
                              const float* scale, const float* beta, const float* residual,
                              int32_t relu, float* y, void* scratch) {
  run(forward(*s), x, w, {mean, scale, beta, residual, relu != 0}, y, static_cast<float*>(scratch));
  return EB_OK;
}

int64_t conv2d_winograd_backward_data_f32_scratch(const eb_conv2d* s) {
  return Plan(backward_data(*s)).bytes();
}

eb_status conv2d_winograd_backward_data_f32(const eb_conv2d* s, const float* dy, const float* w,
                                            float* dx, void* scratch) {
  run(backward_data(*s), dy, w, {}, dx, static_cast<float*>(scratch));
  return EB_OK;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS

int64_t eb_conv2d_winograd_f32_scratch(const eb_conv2d* shape) {
  if (!eb::fits_winograd(shape)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_winograd_f32_scratch(shape);
}

eb_status eb_conv2d_winograd_f32(const eb_conv2d* shape, const float* x, const float* w,
                                 const float* mean, const float* scale, const float* beta,
                                 const float* residual, int32_t relu, float* y, void* scratch) {
  if (!eb::fits_winograd(shape) || !x || !w || !y || !scratch || residual == y)
    return EB_BAD_ARGUMENT;
  if (!mean != !scale || !mean != !beta) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_winograd_f32(shape, x, w, mean, scale, beta, residual, relu, y,
                                          scratch);
}

int64_t eb_conv2d_winograd_backward_data_f32_scratch(const eb_conv2d* shape) {
  if (!eb::fits_winograd(shape)) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_winograd_backward_data_f32_scratch(shape);
}

eb_status eb_conv2d_winograd_backward_data_f32(const eb_conv2d* shape, const float* dy,
                                               const float* w, float* dx, void* scratch) {
  if (!eb::fits_winograd(shape) || !dy || !w || !dx || !scratch) return EB_BAD_ARGUMENT;
  return eb::active().conv2d_winograd_backward_data_f32(shape, dy, w, dx, scratch);
}
#endif
