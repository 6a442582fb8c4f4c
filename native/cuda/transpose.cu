// Transposition of many matrices. Version 1: tiles of 32 x 32 through shared memory, so that reads
// and writes are both coalesced; the padded row keeps a column's elements in different banks.
// Version 2: from any element type to any.
#include "cuda/element.h"

namespace eb::cuda {
namespace {

constexpr int kTile = 32;
constexpr int kRows = kThreads / kTile;

template <class S, class T>
__global__ void __launch_bounds__(kThreads)
    transpose_kernel(const S* x, uint32_t rows, uint32_t columns, uint32_t row_tiles,
                     uint32_t column_tiles, T* y) {
  __shared__ float tile[kTile][kTile + 1];
  const uint32_t tiles = row_tiles * column_tiles;
  const uint32_t matrix = blockIdx.x / tiles;
  const uint32_t row = blockIdx.x % tiles / column_tiles * kTile;
  const uint32_t column = blockIdx.x % column_tiles * kTile;
  const uint32_t lane = threadIdx.x % kTile;
  const uint32_t line = threadIdx.x / kTile;
  const S* from = x + matrix * rows * columns;
  T* to = y + matrix * rows * columns;
  for (uint32_t i = line; i < kTile; i += kRows) {
    if (row + i < rows && column + lane < columns) {
      tile[i][lane] = get(from + (row + i) * columns + column + lane);
    }
  }
  __syncthreads();
  for (uint32_t i = line; i < kTile; i += kRows) {
    if (column + i < columns && row + lane < rows) {
      put(to + (column + i) * rows + row + lane, tile[lane][i]);
    }
  }
}

}  // namespace
}  // namespace eb::cuda

eb_status eb_cuda_transpose(int32_t from, const void* x, int64_t batch, int64_t rows,
                            int64_t columns, int32_t to, void* y, void* stream) {
  using namespace eb::cuda;
  const int64_t n = product(product(batch, rows), columns);
  const eb_status valid = batch < 0 || rows < 0 || columns < 0 ? EB_BAD_ARGUMENT : check(n, x, y);
  if (valid != EB_OK || n == 0) return valid;
  if (x == y) return EB_BAD_ARGUMENT;
  const int64_t row_tiles = ceil_div(rows, kTile);
  const int64_t column_tiles = ceil_div(columns, kTile);
  const int64_t blocks = product(product(row_tiles, column_tiles), batch);
  if (blocks > kMaxElements) return EB_UNSUPPORTED;
  return typed(from, [=](auto* source) {
    return typed(to, [=](auto* target) {
      using S = Element<decltype(source)>;
      using T = Element<decltype(target)>;
      return launch(transpose_kernel<S, T>, grid(blocks), kThreads, stream,
                    static_cast<const S*>(x), rows, columns, row_tiles, column_tiles,
                    static_cast<T*>(y));
    });
  });
}
