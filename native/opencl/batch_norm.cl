// Statistics of batch norm: sums of x and x^2 in double over chunks of rows, and their join. What
// follows is batch_norm_inference.cl. The squares of fp32 numbers are exact in double,
// so the variance needs no second pass over x. Chunks depend on the shape alone, never on the
// device.
#include "opencl/channels.h"

// partial [chunks, 2, channels].
kernel void batch_norm_sums_f32(global const float* x, ulong x_at, uint rows, uint chunk,
                                uint channels, global double* partial, ulong partial_at) {
  const uint first = get_global_id(0) % EB_GROUPS(channels) * EB_WIDTH;
  const uint part = get_global_id(0) / EB_GROUPS(channels);
  const uint begin = part * chunk;
  const uint end = min(rows, begin + chunk);
  if (begin >= end) return;
  const uint count = EB_COUNT(first, channels);
  double sum[EB_WIDTH];
  double square[EB_WIDTH];
  for (uint j = 0; j < count; j++) {
    sum[j] = 0.0;
    square[j] = 0.0;
  }
  for (uint row = begin; row < end; row++) {
    global const float* from = x + x_at + (size_t)row * channels + first;
    EB_INDEPENDENT
    for (uint j = 0; j < count; j++) {
      const double d = (double)from[j];
      sum[j] += d;
      square[j] += d * d;
    }
  }
  global double* out = partial + partial_at + 2 * (size_t)part * channels + first;
  for (uint j = 0; j < count; j++) {
    out[j] = sum[j];
    out[channels + j] = square[j];
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
