// Max pooling, forward and backward. Backward gathers from the windows that hold a pixel instead of
// scattering, so that it needs no atomics and always adds in the same order.
#include "common/pool.h"
#include "opencl/pool_walk.h"

kernel void max_pool2d_f32(global const float* x, ulong x_at, EB_POOL, uint n, global float* y,
                           ulong y_at, global uchar* places, ulong places_at) {
  EB_ITEMS(i, n) {
    const eb_place p = place_of(i, out_height, out_width, channels);
    const uint count = EB_COUNT(p.first, channels);
    float best[EB_WIDTH];
    uchar place[EB_WIDTH];
    bool seen = false;
    for (int r = 0; r < window; r++) {
      for (int c = 0; c < window; c++) {
        const int row = p.row * stride - padding + r;
        const int column = p.column * stride - padding + c;
        if (row < 0 || row >= height || column < 0 || column >= width) continue;
        global const float* from =
            x + x_at + ((size_t)(p.image * height + row) * width + column) * channels + p.first;
        const uchar here = r * window + c;
        if (!seen) {
          for (uint j = 0; j < count; j++) {
            best[j] = from[j];
            place[j] = here;
          }
        } else {
          EB_INDEPENDENT
          for (uint j = 0; j < count; j++) {
            const int wins = eb_pool_wins(from[j], best[j]);
            best[j] = wins ? from[j] : best[j];
            place[j] = wins ? here : place[j];
          }
        }
        seen = true;
      }
    }
    const size_t to =
        ((size_t)(p.image * out_height + p.row) * out_width + p.column) * channels + p.first;
    for (uint j = 0; j < count; j++) {
      y[y_at + to + j] = best[j];
      places[places_at + to + j] = place[j];
    }
  }
}

kernel void max_pool2d_backward_f32(global const float* dy, ulong dy_at,
                                    global const uchar* places, ulong places_at, EB_POOL, uint n,
                                    global float* dx, ulong dx_at) {
  EB_ITEMS(i, n) {
    const eb_place p = place_of(i, height, width, channels);
    const uint count = EB_COUNT(p.first, channels);
    const int row = p.row + padding;
    const int column = p.column + padding;
    float sum[EB_WIDTH];
    for (uint j = 0; j < count; j++) sum[j] = 0.0f;
    for (int r = first_window(row, window, stride); r < end_window(row, stride, out_height); r++) {
      for (int c = first_window(column, window, stride); c < end_window(column, stride, out_width);
           c++) {
        const uchar mine = (row - r * stride) * window + column - c * stride;
        const size_t from = ((size_t)(p.image * out_height + r) * out_width + c) * channels + p.first;
        EB_INDEPENDENT
        for (uint j = 0; j < count; j++) {
          sum[j] += places[places_at + from + j] == mine ? dy[dy_at + from + j] : 0.0f;
        }
      }
    }
    global float* to =
        dx + dx_at + ((size_t)(p.image * height + p.row) * width + p.column) * channels + p.first;
    for (uint j = 0; j < count; j++) to[j] = sum[j];
  }
}
