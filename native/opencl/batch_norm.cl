// Statistics of batch norm: sums of x and x^2 in double over chunks of rows, and their join. What
// follows is batch_norm_inference.cl. The squares of fp32 numbers are exact in double,
// so the variance needs no second pass over x. Chunks depend on the shape alone, never on the
// device.
// Version 1: all channels of a row, sums in memory. Version 2: on processors sums stay in registers
// for some rows. Version 3: fewer of them the more channels there are, so that memory is read nearly
// in order, and the next page is fetched; the join too takes 16 channels at a time.
#include "opencl/sums.h"

// partial [chunks, 2, channels].
kernel void batch_norm_sums_f32(global const float* x, ulong x_at, uint rows, uint chunk,
                                uint channels, global double* partial, ulong partial_at) {
  const uint first = EB_FIRST(channels);
  const uint part = EB_PART(channels);
  const uint begin = part * chunk;
  const uint end = min(rows, begin + chunk);
  if (begin >= end) return;
  const uint count = EB_COUNT(first, channels);
  eb_doubles sum[EB_VECTORS(EB_WIDTH)];
  eb_doubles square[EB_VECTORS(EB_WIDTH)];
  for (uint v = 0; v < EB_VECTORS(count); v++) {
    sum[v] = 0.0;
    square[v] = 0.0;
  }
  x += x_at + first;
  for (uint row = begin; row < end; row += EB_TALL) {
    const uint some = min((uint)EB_TALL, end - row);
    EB_INDEPENDENT
    for (uint v = 0; v < EB_VECTORS(count); v++) {
      global const float* from = x + (size_t)row * channels + EB_LANE_OF(v, count);
      eb_doubles s = sum[v];
      eb_doubles q = square[v];
      for (uint r = 0; r < some; r++) {
        EB_PREFETCH_PAGE(from + (size_t)r * channels);
        const eb_doubles d = EB_DOUBLES(EB_LOAD(from + (size_t)r * channels));
        s += d;
        q += d * d;
      }
      sum[v] = s;
      square[v] = q;
    }
  }
  put_sums(sum, square, count, channels,
           partial + partial_at + 2 * (size_t)part * channels + first);
}

kernel void batch_norm_statistics_f32(global const double* partial, ulong partial_at, uint chunks,
                                      uint rows, uint channels, global float* mean, ulong mean_at,
                                      global float* variance, ulong variance_at) {
  EB_RUN(i, EB_VECTORS(channels), 1) {
    const uint c = EB_LANE_OF(i, channels);
    double sum[EB_LANES];
    double square[EB_LANES];
    join_sums(partial + partial_at + c, chunks, channels, sum, square);
    for (uint lane = 0; lane < EB_LANES; lane++) {
      const double m = sum[lane] / rows;
      const double v = square[lane] / rows - m * m;
      mean[mean_at + c + lane] = (float)m;
      variance[variance_at + c + lane] = (float)(v < 0.0 ? 0.0 : v);  // a NaN stays
    }
  }
}
