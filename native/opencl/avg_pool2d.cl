// Average pooling, forward and backward, sums in double.
#include "opencl/pool_walk.h"

kernel void avg_pool2d_f32(global const float* x, ulong x_at, EB_POOL, uint n, global float* y,
                           ulong y_at) {
  EB_ITEMS(i, n) {
    const eb_place p = place_of(i, out_height, out_width, channels);
    const uint count = EB_COUNT(p.first, channels);
    double sum[EB_WIDTH];
    for (uint j = 0; j < count; j++) sum[j] = 0.0;
    for (int r = 0; r < window; r++) {
      for (int c = 0; c < window; c++) {
        global const float* from =
            x + x_at +
            ((size_t)(p.image * height + p.row * stride + r) * width + p.column * stride + c) *
                channels +
            p.first;
        EB_INDEPENDENT
        for (uint j = 0; j < count; j++) sum[j] += (double)from[j];
      }
    }
    global float* to =
        y + y_at +
        ((size_t)(p.image * out_height + p.row) * out_width + p.column) * channels + p.first;
    for (uint j = 0; j < count; j++) to[j] = (float)(sum[j] / (window * window));
  }
}

kernel void avg_pool2d_backward_f32(global const float* dy, ulong dy_at, EB_POOL, uint n,
                                    global float* dx, ulong dx_at) {
  EB_ITEMS(i, n) {
    const eb_place p = place_of(i, height, width, channels);
    const uint count = EB_COUNT(p.first, channels);
    double sum[EB_WIDTH];
    for (uint j = 0; j < count; j++) sum[j] = 0.0;
    for (int r = first_window(p.row, window, stride); r < end_window(p.row, stride, out_height);
         r++) {
      for (int c = first_window(p.column, window, stride);
           c < end_window(p.column, stride, out_width); c++) {
        global const float* from =
            dy + dy_at + ((size_t)(p.image * out_height + r) * out_width + c) * channels + p.first;
        EB_INDEPENDENT
        for (uint j = 0; j < count; j++) sum[j] += (double)from[j];
      }
    }
    global float* to =
        dx + dx_at + ((size_t)(p.image * height + p.row) * width + p.column) * channels + p.first;
    for (uint j = 0; j < count; j++) to[j] = (float)(sum[j] / (window * window));
  }
}
