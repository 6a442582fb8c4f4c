// Transposition of many matrices. Version 1: tiles of 32 x 32 through shared memory, so that reads
// and writes are both coalesced; the padded row keeps a column's elements in different banks.
#include "cuda/launch.h"
#include "earlybird/cuda/elementwise.h"

namespace eb::cuda {
namespace {

constexpr int kTile = 32;
constexpr int kRows = kThreads / kTile;

__global__ void __launch_bounds__(kThreads)
    transpose_kernel(const float* x, uint32_t rows, uint32_t columns, uint32_t row_tiles,
                     uint32_t column_tiles, float* y) {
  __shared__ float tile[kTile][kTile + 1];
  const uint32_t tiles = row_tiles * column_tiles;
  const uint32_t matrix = blockIdx.x / tiles;
  const uint32_t row = blockIdx.x % tiles / column_tiles * kTile;
  const uint32_t column = blockIdx.x % column_tiles * kTile;
  const uint32_t lane = threadIdx.x % kTile;
  const uint32_t line = threadIdx.x / kTile;
  const float* from = x + matrix * rows * columns;
  float* to = y + matrix * rows * columns;
  for (uint32_t i = line; i < kTile; i += kRows) {
    if (row + i < rows && column + lane < columns) {
      tile[i][lane] = from[(row + i) * columns + column + lane];
    }
  }
  __syncthreads();
  for (uint32_t i = line; i < kTile; i += kRows) {
    if (column + i < columns && row + lane < rows) {
      to[(column + i) * rows + row + lane] = tile[lane][i];
    }
  }
}

}  // namespace
}  // namespace eb::cuda

eb_status eb_cuda_transpose_f32(const float* x, int64_t batch, int64_t rows, int64_t columns,
                                float* y, void* stream) {
  using namespace eb::cuda;
  const int64_t n = product(product(batch, rows), columns);
  const eb_status valid = batch < 0 || rows < 0 || columns < 0 ? EB_BAD_ARGUMENT : check(n, x, y);
  if (valid != EB_OK || n == 0) return valid;
  if (x == y) return EB_BAD_ARGUMENT;
  const int64_t row_tiles = ceil_div(rows, kTile);
  const int64_t column_tiles = ceil_div(columns, kTile);
  const int64_t blocks = product(product(row_tiles, column_tiles), batch);
  if (blocks > kMaxElements) return EB_UNSUPPORTED;
  return launch(transpose_kernel, grid(blocks), kThreads, stream, x, rows, columns, row_tiles,
                column_tiles, y);
}
