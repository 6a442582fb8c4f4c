// Batch norm with known statistics: y [rows, kept] from x [rows, channels], one work-item per run of
// rows and group of channels. EB_RELU adds ReLU, EB_SELECT a choice of channels. It is also the
// second half of batch_norm.cl.
// Version 1: every value from memory to memory. Version 2: on processors a few rows at a time in
// private memory, so that large results go past the caches, and chosen channels are first put side
// by side. Version 3: 16 values at a time, straight from x to whole lines of y whatever the number of
// channels; chosen channels come side by side by one permutation.
#include "common/batch_norm.h"
#include "common/elementwise.h"
#include "opencl/chosen.h"
#include "opencl/rows.h"

kernel void batch_norm_apply_f32(global const float* x, ulong x_at, global const float* gamma,
                                 ulong gamma_at, global const float* beta, ulong beta_at,
                                 global const float* mean, ulong mean_at,
                                 global const float* variance, ulong variance_at,
                                 global const int* selected, ulong selected_at, uint rows,
                                 uint chunk, uint channels, uint kept, float epsilon,
                                 global float* y, ulong y_at) {
  const uint first = EB_FIRST(kept);
  const uint begin = EB_PART(kept) * chunk;
  const uint end = min(rows, begin + chunk);
  if (begin >= end) return;
  const uint count = EB_COUNT(first, kept);
  eb_table m;
  eb_table scale;
  eb_table shift;
  for (uint j = 0; j < count; j++) {
    const uint c = EB_SELECT ? (uint)selected[selected_at + first + j] : first + j;
    m.of[j] = mean[mean_at + c];
    scale.of[j] = eb_batch_norm_scale(gamma[gamma_at + c], variance[variance_at + c], epsilon);
    shift.of[j] = beta[beta_at + c];
  }
  begin_anew(&m, count);
  begin_anew(&scale, count);
  begin_anew(&shift, count);
  x += x_at + (size_t)begin * channels;
  y += y_at + (size_t)begin * kept + first;
#if EB_SELECT
  eb_packing packing;
  find_packing(selected + selected_at + first, count, channels, &packing);
  EB_LINES(x, end - begin);
#else
  x += first;
#endif
  EB_VALUES(at, c, end - begin, count, kept) {
#if EB_SELECT
    const eb_values from = EB_CHOSEN(x, c);
#else
    const eb_values from = EB_READ(x, at);
#endif
    const eb_values v =
        EB_BATCH_NORM_APPLY(from, EB_OF(m, c), EB_OF(scale, c), EB_OF(shift, c));
    EB_WRITE(EB_RELU ? EB_RELU_OF(v) : v, y, at);
  }
}
