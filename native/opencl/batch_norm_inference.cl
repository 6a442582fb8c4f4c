// Batch norm with known statistics: y [rows, kept] from x [rows, channels], one work-item per run of
// rows and group of channels. EB_RELU adds ReLU, EB_SELECT a choice of channels. It is also the
// second half of batch_norm.cl.
// Version 1: every value from memory to memory. Version 2: on processors a few rows at a time in
// private memory, so that large results go past the caches, and chosen channels are first put side
// by side: gathering vectors from memory takes twice as long.
#include "common/batch_norm.h"
#include "common/elementwise.h"
#include "opencl/channels.h"
#include "opencl/rows.h"

kernel void batch_norm_apply_f32(global const float* x, ulong x_at, global const float* gamma,
                                 ulong gamma_at, global const float* beta, ulong beta_at,
                                 global const float* mean, ulong mean_at,
                                 global const float* variance, ulong variance_at,
                                 global const int* selected, ulong selected_at, uint rows,
                                 uint chunk, uint channels, uint kept, float epsilon,
                                 global float* y, ulong y_at) {
  const uint first = get_global_id(0) % EB_GROUPS(kept) * EB_WIDTH;
  const uint begin = get_global_id(0) / EB_GROUPS(kept) * chunk;
  const uint end = min(rows, begin + chunk);
  if (begin >= end) return;
  const uint count = EB_COUNT(first, kept);
  float m[EB_WIDTH];
  float scale[EB_WIDTH];
  float shift[EB_WIDTH];
  uint source[EB_WIDTH];
  for (uint j = 0; j < count; j++) {
    const uint c = EB_SELECT ? (uint)selected[selected_at + first + j] : first + j;
    source[j] = c;
    m[j] = mean[mean_at + c];
    scale[j] = eb_batch_norm_scale(gamma[gamma_at + c], variance[variance_at + c], epsilon);
    shift[j] = beta[beta_at + c];
  }
  x += x_at;
  y += y_at + first;
  for (uint row = begin; row < end; row += EB_ROWS) {
    const uint some = min((uint)EB_ROWS, end - row);
    float tile[EB_ROWS * EB_WIDTH];
#if EB_SELECT
    gather_rows(tile, x + (size_t)row * channels, source, some, count, channels);
#endif
    for (uint r = 0; r < some; r++) {
#if EB_SELECT
      const float* from = tile + r * count;
#else
      global const float* from = x + (size_t)(row + r) * channels + first;
#endif
      float* to = tile + r * count;
      EB_INDEPENDENT
      for (uint j = 0; j < count; j++) {
        const float v = eb_batch_norm_apply(from[j], m[j], scale[j], shift[j]);
        to[j] = EB_RELU ? eb_relu(v) : v;
      }
    }
    put_rows(y + (size_t)row * kept, tile, some, count, kept);
  }
}
