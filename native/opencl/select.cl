// Channel selection, forward and backward; the plan fuses nearly all of them into batch norm. One
// work-item per run of rows and group of channels of the result.
// Version 1: one work-item per row, channels in order. Version 2: several rows in private memory.
#include "opencl/channels.h"
#include "opencl/rows.h"

kernel void select_f32(global const float* x, ulong x_at, global const int* selected,
                       ulong selected_at, uint rows, uint chunk, uint channels, uint kept,
                       global float* y, ulong y_at) {
  const uint first = get_global_id(0) % EB_GROUPS(kept) * EB_WIDTH;
  const uint begin = get_global_id(0) / EB_GROUPS(kept) * chunk;
  const uint end = min(rows, begin + chunk);
  if (begin >= end) return;
  const uint count = EB_COUNT(first, kept);
  uint source[EB_WIDTH];
  for (uint j = 0; j < count; j++) source[j] = selected[selected_at + first + j];
  x += x_at;
  y += y_at + first;
  for (uint row = begin; row < end; row += EB_ROWS) {
    const uint some = min((uint)EB_ROWS, end - row);
    float tile[EB_ROWS * EB_WIDTH];
    gather_rows(tile, x + (size_t)row * channels, source, some, count, channels);
    put_rows(y + (size_t)row * kept, tile, some, count, kept);
  }
}

kernel void select_backward_f32(global const float* dy, ulong dy_at, global const int* position,
                                ulong position_at, uint rows, uint chunk, uint channels, uint kept,
                                global float* dx, ulong dx_at) {
  const uint first = get_global_id(0) % EB_GROUPS(channels) * EB_WIDTH;
  const uint begin = get_global_id(0) / EB_GROUPS(channels) * chunk;
  const uint end = min(rows, begin + chunk);
  if (begin >= end) return;
  const uint count = EB_COUNT(first, channels);
  uint target[EB_WIDTH];
  uint first_kept = 0;
  const uint n = find_kept(position + position_at + first, count, target, &first_kept);
  dy += dy_at + first_kept;
  dx += dx_at + first;
  for (uint row = begin; row < end; row += EB_ROWS) {
    const uint some = min((uint)EB_ROWS, end - row);
    float tile[EB_ROWS * EB_WIDTH];
    scatter_rows(tile, dy + (size_t)row * kept, target, some, n, count, kept);
    put_rows(dx + (size_t)row * channels, tile, some, count, channels);
  }
}
