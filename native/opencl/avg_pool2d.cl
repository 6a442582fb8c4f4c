// Average pooling, forward and backward, sums in double. Versions as in max_pool2d.cl.
#include "opencl/pool_walk.h"

kernel void avg_pool2d_f32(global const float* x, ulong x_at, EB_POOL, uint lines, global float* y,
                           ulong y_at) {
  x += x_at;
  y += y_at;
  EB_PIXELS(lines, out_width, channels) {
    const uint image = line / out_height;
    const size_t row = (size_t)image * height + (line % out_height) * EB_STRIDE;
    EB_PIXEL_CHANNELS(c, channels) {
      global const float* from = x + (row * width + column * EB_STRIDE) * channels + c;
      EB_FETCH_NEXT(from, width, channels);
      eb_doubles sum = 0.0;
      EB_UNROLL
      for (int r = 0; r < EB_WINDOW; r++) {
        EB_UNROLL
        for (int w = 0; w < EB_WINDOW; w++) sum += EB_DOUBLES(EB_LOAD(from + (size_t)w * channels));
        from += (size_t)width * channels;
      }
      EB_PUT(EB_FLOATS(sum / (EB_WINDOW * EB_WINDOW)),
             y + ((size_t)line * out_width + column) * channels + c);
    }
  }
}

kernel void avg_pool2d_backward_f32(global const float* dy, ulong dy_at, EB_POOL, uint lines,
                                    global float* dx, ulong dx_at) {
  dy += dy_at;
  dx += dx_at;
  EB_PIXELS(lines, width, channels) {
    const uint image = line / height;
    const int row = line % height;
    const int across = column;
    size_t from[EB_MOST_WINDOWS];
    uint windows = 0;
    EB_WINDOWS(r, w, row, across, out_height, out_width) {
      from[windows++] = ((size_t)(image * out_height + r) * out_width + w) * channels;
    }
    EB_PIXEL_CHANNELS(c, channels) {
      eb_doubles sum = 0.0;
      for (uint i = 0; i < windows; i++) sum += EB_DOUBLES(EB_LOAD(dy + from[i] + c));
      EB_PUT(EB_FLOATS(sum / (EB_WINDOW * EB_WINDOW)),
             dx + ((size_t)line * width + column) * channels + c);
    }
  }
}
