// Statistics of batch norm: sums of x and x^2 in double over chunks of rows, and their join. What
// follows is batch_norm_inference.cl. The squares of fp32 numbers are exact in double,
// so the variance needs no second pass over x. Chunks depend on the shape alone, never on the
// device.
// Version 1: all channels of a row, sums in memory. Version 2: on processors sums stay in registers
// for 16 rows.
#include "opencl/channels.h"
#include "opencl/lanes.h"

// partial [chunks, 2, channels].
kernel void batch_norm_sums_f32(global const float* x, ulong x_at, uint rows, uint chunk,
                                uint channels, global double* partial, ulong partial_at) {
  const uint first = get_global_id(0) % EB_GROUPS(channels) * EB_WIDTH;
  const uint part = get_global_id(0) / EB_GROUPS(channels);
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
    const uint some = EB_SOME_ROWS(row, end);
    EB_INDEPENDENT
    for (uint v = 0; v < EB_VECTORS(count); v++) {
      global const float* from = x + (size_t)row * channels + EB_LANE_OF(v, count);
      eb_doubles s = sum[v];
      eb_doubles q = square[v];
      for (uint r = 0; r < some; r++) {
        const eb_doubles d = EB_DOUBLES(EB_LOAD(from + (size_t)r * channels));
        s += d;
        q += d * d;
      }
      sum[v] = s;
      square[v] = q;
    }
  }
  global double* out = partial + partial_at + 2 * (size_t)part * channels + first;
  for (uint v = 0; v < EB_VECTORS(count); v++) {
    EB_STORE_DOUBLES(sum[v], out + EB_LANE_OF(v, count));
    EB_STORE_DOUBLES(square[v], out + channels + EB_LANE_OF(v, count));
  }
}

kernel void batch_norm_statistics_f32(global const double* partial, ulong partial_at, uint chunks,
                                      uint rows, uint channels, global float* mean, ulong mean_at,
                                      global float* variance, ulong variance_at) {
  EB_ITEMS(c, channels) {
    double sum = 0.0;
    double square = 0.0;
    for (uint i = 0; i < chunks; i++) {
      global const double* at = partial + partial_at + 2 * (size_t)i * channels + c;
      sum += at[0];
      square += at[channels];
    }
    const double m = sum / rows;
    const double v = square / rows - m * m;
    mean[mean_at + c] = (float)m;
    variance[variance_at + c] = (float)(v < 0.0 ? 0.0 : v);  // a NaN stays
  }
}
