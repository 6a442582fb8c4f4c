// How kernels walk over rows of channels. A thread keeps its channels (V of them, side by side) for
// all of its rows, so that what belongs to a channel stays in registers. A block of 256 threads is
// `lanes` threads across by 256 / lanes lines down; the grid is column blocks by chunks of rows.
// The walk depends on the shape alone, never on the GPU: that makes sums reproducible.
#ifndef EARLYBIRD_CUDA_CHANNEL_WALK_H
#define EARLYBIRD_CUDA_CHANNEL_WALK_H

#include "cuda/map.h"

namespace eb::cuda {

// Blocks of a walk: eight per multiprocessor of the largest GPU would be 1056.
constexpr int64_t kWalkBlocks = 512;

// Rows that a thread takes at least, if there are enough.
constexpr int64_t kWalkRows = 16;

constexpr int kMaxLanes = 32;

struct Walk {
  uint32_t rows;
  uint32_t channels;
  uint32_t lanes;
  uint32_t lines;
  uint32_t columns;
  uint32_t chunks;
  uint32_t chunk_rows;

  // A walk over rows and channels in groups of `width` channels.
  static Walk of(int64_t rows, int64_t channels, int width) {
    const int64_t groups = ceil_div(channels, width);
    int64_t lanes = 1;
    while (lanes < groups && lanes < kMaxLanes) lanes *= 2;
    const int64_t lines = kThreads / lanes;
    const int64_t columns = ceil_div(groups, lanes);
    const int64_t wanted = ceil_div(rows, lines * kWalkRows);
    const int64_t most = columns < kWalkBlocks ? kWalkBlocks / columns : 1;
    const int64_t chunks = wanted < most ? wanted : most;
    const int64_t chunk_rows = ceil_div(rows, chunks);
    return {static_cast<uint32_t>(rows),      static_cast<uint32_t>(channels),
            static_cast<uint32_t>(lanes),     static_cast<uint32_t>(lines),
            static_cast<uint32_t>(columns),   static_cast<uint32_t>(ceil_div(rows, chunk_rows)),
            static_cast<uint32_t>(chunk_rows)};
  }

  dim3 blocks() const { return dim3(columns, chunks); }
};

// The calling thread's place in a walk: its first channel and its rows.
template <int V>
struct Place {
  uint32_t lane;
  uint32_t line;
  uint32_t channel;
  uint32_t row;
  uint32_t end;

  __device__ explicit Place(const Walk& w) {
    lane = threadIdx.x % w.lanes;
    line = threadIdx.x / w.lanes;
    channel = (blockIdx.x * w.lanes + lane) * V;
    row = blockIdx.y * w.chunk_rows + line;
    const uint32_t next = (blockIdx.y + 1) * w.chunk_rows;
    end = next < w.rows ? next : w.rows;
    if (channel >= w.channels) end = 0;
  }
};

template <int V, class T>
__device__ void load(const T* p, float (&v)[V]) {
  if constexpr (V == 4) {
    const float4 four = load4(p);
    v[0] = four.x;
    v[1] = four.y;
    v[2] = four.z;
    v[3] = four.w;
  } else {
    v[0] = get(p);
  }
}

template <int V, class T>
__device__ void store(T* p, const float (&v)[V]) {
  if constexpr (V == 4) {
    store4(p, make_float4(v[0], v[1], v[2], v[3]));
  } else {
    put(p, v[0]);
  }
}

// Two sums per channel. `Term` has columns(channel), which loads what belongs to a channel, and
// add(columns, row, channel, a, b), which adds one row. partial [chunks][2][channels].
template <int V, class Term>
__global__ void __launch_bounds__(kThreads) sums_kernel(Term term, Walk w, double* partial) {
  __shared__ double shared[2][kThreads * V];
  const Place<V> p(w);
  double a[V] = {};
  double b[V] = {};
  if (p.row < p.end) {
    const typename Term::Columns columns = term.columns(p.channel);
#pragma unroll 4
    for (uint32_t row = p.row; row < p.end; row += w.lines) {
      term.add(columns, row, p.channel, a, b);
    }
  }
  for (int j = 0; j < V; j++) {
    shared[0][threadIdx.x * V + j] = a[j];
    shared[1][threadIdx.x * V + j] = b[j];
  }
  for (uint32_t half = w.lines / 2; half > 0; half /= 2) {
    __syncthreads();
    if (p.line < half) {
      const uint32_t other = (threadIdx.x + half * w.lanes) * V;
      for (int j = 0; j < V; j++) {
        shared[0][threadIdx.x * V + j] += shared[0][other + j];
        shared[1][threadIdx.x * V + j] += shared[1][other + j];
      }
    }
  }
  if (p.line == 0 && p.channel < w.channels) {
    double* out = partial + 2 * static_cast<size_t>(blockIdx.y) * w.channels + p.channel;
    for (int j = 0; j < V; j++) {
      out[j] = shared[0][threadIdx.x * V + j];
      out[w.channels + j] = shared[1][threadIdx.x * V + j];
    }
  }
}

// Channels per block and lines of the kernels that join the chunks' sums.
constexpr int kJoinChannels = 8;
constexpr int kJoinLines = kThreads / kJoinChannels;

// Joins the sums of all chunks for channel k, which is at or beyond `channels` for threads without
// one. All threads of the block call it; those of line 0 get the sums.
__device__ inline void join(const double* partial, uint32_t chunks, uint32_t channels, uint32_t k,
                            double* a, double* b) {
  __shared__ double shared[2][kThreads];
  const uint32_t line = threadIdx.x / kJoinChannels;
  double sum = 0.0;
  double other = 0.0;
  if (k < channels) {
    for (uint32_t i = line; i < chunks; i += kJoinLines) {
      const double* at = partial + 2 * static_cast<size_t>(i) * channels + k;
      sum += at[0];
      other += at[channels];
    }
  }
  shared[0][threadIdx.x] = sum;
  shared[1][threadIdx.x] = other;
  for (uint32_t half = kJoinLines / 2; half > 0; half /= 2) {
    __syncthreads();
    if (line < half) {
      shared[0][threadIdx.x] += shared[0][threadIdx.x + half * kJoinChannels];
      shared[1][threadIdx.x] += shared[1][threadIdx.x + half * kJoinChannels];
    }
  }
  *a = shared[0][threadIdx.x];
  *b = shared[1][threadIdx.x];
}

}  // namespace eb::cuda

#endif
