// Max pooling, forward and backward. Backward gathers from the windows that hold a pixel instead of
// scattering, so that it needs no atomics and always adds in the same order.
// Version 1: a work-item per pixel and group of channels, which divided to find its place. Version 2:
// on processors a row of pixels, 16 channels in registers; the window's extents known to the
// compiler. Version 3: windows that lie inside the picture need no tests.
#include "common/pool.h"
#include "opencl/pool_walk.h"

// Lets the values at `from`, number `number` in the window, compete.
#define EB_CONSIDER(from, number)                    \
  {                                                  \
    const eb_floats value = EB_LOAD(from);           \
    const eb_ints wins = EB_POOL_WINS(value, best);  \
    best = select(best, value, wins);                \
    place = select(place, (eb_ints)(number), wins);  \
  }

kernel void max_pool2d_f32(global const float* x, ulong x_at, EB_POOL, uint lines, global float* y,
                           ulong y_at, global uchar* places, ulong places_at) {
  x += x_at;
  y += y_at;
  places += places_at;
  EB_PIXELS(lines, out_width, channels) {
    const uint image = line / out_height;
    const int top = (int)(line % out_height) * EB_STRIDE - EB_PADDING;
    const int left = (int)column * EB_STRIDE - EB_PADDING;
    global const float* picture = x + (size_t)image * height * width * channels + c;
    eb_floats best;
    eb_ints place;
    if (top >= 0 && left >= 0 && top + EB_WINDOW <= height && left + EB_WINDOW <= width) {
      global const float* corner = picture + ((size_t)top * width + left) * channels;
      best = EB_LOAD(corner);
      place = 0;
      EB_UNROLL
      for (int r = 0; r < EB_WINDOW; r++) {
        EB_UNROLL
        for (int w = 0; w < EB_WINDOW; w++) {
          if (r + w > 0) {
            EB_CONSIDER(corner + (size_t)w * channels, r * EB_WINDOW + w);
          }
        }
        corner += (size_t)width * channels;
      }
    } else {
      const int first = max(left, 0);
      const int end_row = min(top + EB_WINDOW, height);
      const int end_column = min(left + EB_WINDOW, width);
      int row = max(top, 0);
      int from = first + 1;
      best = EB_LOAD(picture + (size_t)(row * width + first) * channels);
      place = (eb_ints)((row - top) * EB_WINDOW + first - left);
      for (; row < end_row; row++) {
        for (int at = from; at < end_column; at++) {
          EB_CONSIDER(picture + (size_t)(row * width + at) * channels,
                      (row - top) * EB_WINDOW + at - left);
        }
        from = first;
      }
    }
    const size_t to = ((size_t)line * out_width + column) * channels + c;
    EB_STORE(best, y + to);
    EB_STORE_BYTES(place, places + to);
  }
}

kernel void max_pool2d_backward_f32(global const float* dy, ulong dy_at,
                                    global const uchar* places, ulong places_at, EB_POOL,
                                    uint lines, global float* dx, ulong dx_at) {
  dy += dy_at;
  places += places_at;
  dx += dx_at;
  EB_PIXELS(lines, width, channels) {
    const uint image = line / height;
    const int row = (int)(line % height) + EB_PADDING;
    const int across = (int)column + EB_PADDING;
    eb_floats sum = 0.0f;
    EB_WINDOWS(r, w, row, across, out_height, out_width) {
      const int mine = (row - r * EB_STRIDE) * EB_WINDOW + across - w * EB_STRIDE;
      const size_t from = ((size_t)(image * out_height + r) * out_width + w) * channels + c;
      const eb_ints here = EB_LOAD_BYTES(places + from) == (eb_ints)mine;
      sum += select((eb_floats)0.0f, EB_LOAD(dy + from), here);
    }
    EB_STORE(sum, dx + ((size_t)line * width + column) * channels + c);
  }
}
