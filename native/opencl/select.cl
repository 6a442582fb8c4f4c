// Channel selection, forward and backward; the plan fuses nearly all of them into batch norm. One
// work-item per run of rows and group of channels of the result.
// Version 1: one work-item per row, channels in order. Version 2: several rows in private memory.
// Version 3: 16 channels at a time, put side by side or apart by one permutation.
#include "opencl/chosen.h"
#include "opencl/rows.h"

kernel void select_f32(global const float* x, ulong x_at, global const int* selected,
                       ulong selected_at, uint rows, uint chunk, uint channels, uint kept,
                       global float* y, ulong y_at) {
  const uint first = EB_FIRST(kept);
  const uint begin = EB_PART(kept) * chunk;
  const uint end = min(rows, begin + chunk);
  if (begin >= end) return;
  const uint count = EB_COUNT(first, kept);
  eb_packing packing;
  find_packing(selected + selected_at + first, count, channels, &packing);
  x += x_at + (size_t)begin * channels;
  y += y_at + (size_t)begin * kept + first;
  EB_LINES(x, end - begin);
  EB_VALUES(at, c, end - begin, count, kept) EB_WRITE(EB_CHOSEN(x, c), y, at);
}

kernel void select_backward_f32(global const float* dy, ulong dy_at, global const int* position,
                                ulong position_at, uint rows, uint chunk, uint channels, uint kept,
                                global float* dx, ulong dx_at) {
  const uint first = EB_FIRST(channels);
  const uint begin = EB_PART(channels) * chunk;
  const uint end = min(rows, begin + chunk);
  if (begin >= end) return;
  const uint count = EB_COUNT(first, channels);
  eb_spreading spreading;
  find_spreading(position + position_at + first, count, kept, &spreading);
  for (uint row = begin; row < end; row += EB_ROWS) {
    const uint some = min((uint)EB_ROWS, end - row);
    EB_TILE(tile);
    for (uint r = 0; r < some; r++) {
      for (uint v = 0; v < EB_VECTORS(count); v++) {
        const eb_floats value = spread_lanes(&spreading, v, dy + dy_at + (size_t)(row + r) * kept);
        EB_STORE(select((eb_floats)0.0f, value, spreading.chosen[v]),
                 tile + r * count + EB_LANE_OF(v, count));
      }
    }
    global float* to = dx + dx_at + (size_t)row * channels + first;
    EB_VALUES(at, c, some, count, channels) EB_WRITE(EB_READ_TILE(tile, at), to, at);
  }
}
