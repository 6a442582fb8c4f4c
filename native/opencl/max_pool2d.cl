// Max pooling, forward and backward. Backward gathers from the windows that hold a pixel instead of
// scattering, so that it needs no atomics and always adds in the same order.
// Version 1: a work-item per pixel and group of channels, which divided to find its place. Version 2:
// on processors a row of pixels, 16 channels in registers; the window's extents known to the
// compiler. Version 3: windows that lie inside the picture need no tests. Version 4: rows of a window
// compete on their own, so that comparisons need not wait for each other; the next rows are fetched;
// windows of a pixel are found once for all its channels.
#include "common/pool.h"
#include "opencl/pool_walk.h"

// Lets a value, number `number` in the window, compete with those before it.
#define EB_CONSIDER(challenger, number, best, place) \
  {                                                  \
    const eb_floats value = challenger;              \
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
    global const float* picture = x + (size_t)image * height * width * channels;
    const size_t to = ((size_t)line * out_width + column) * channels;
    if (top >= 0 && left >= 0 && top + EB_WINDOW <= height && left + EB_WINDOW <= width) {
      EB_PIXEL_CHANNELS(c, channels) {
        global const float* corner = picture + ((size_t)top * width + left) * channels + c;
        EB_FETCH_NEXT(corner, width, channels);
        eb_floats best;
        eb_ints place;
        EB_UNROLL
        for (int r = 0; r < EB_WINDOW; r++) {
          eb_floats best_in_row = EB_LOAD(corner);
          eb_ints place_in_row = r * EB_WINDOW;
          EB_UNROLL
          for (int w = 1; w < EB_WINDOW; w++) {
            EB_CONSIDER(EB_LOAD(corner + (size_t)w * channels), r * EB_WINDOW + w, best_in_row,
                        place_in_row);
          }
          if (r == 0) {
            best = best_in_row;
            place = place_in_row;
          } else {
            EB_CONSIDER(best_in_row, place_in_row, best, place);
          }
          corner += (size_t)width * channels;
        }
        EB_PUT(best, y + to + c);
        EB_STORE(EB_BYTES(place), places + to + c);
      }
    } else {
      const int first = max(left, 0);
      const int end_row = min(top + EB_WINDOW, height);
      const int end_column = min(left + EB_WINDOW, width);
      EB_PIXEL_CHANNELS(c, channels) {
        int row = max(top, 0);
        int from = first + 1;
        eb_floats best = EB_LOAD(picture + (size_t)(row * width + first) * channels + c);
        eb_ints place = (row - top) * EB_WINDOW + first - left;
        for (; row < end_row; row++) {
          for (int at = from; at < end_column; at++) {
            EB_CONSIDER(EB_LOAD(picture + (size_t)(row * width + at) * channels + c),
                        (row - top) * EB_WINDOW + at - left, best, place);
          }
          from = first;
        }
        EB_PUT(best, y + to + c);
        EB_STORE(EB_BYTES(place), places + to + c);
      }
    }
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
    size_t from[EB_MOST_WINDOWS];
    int mine[EB_MOST_WINDOWS];
    uint windows = 0;
    EB_WINDOWS(r, w, row, across, out_height, out_width) {
      from[windows] = ((size_t)(image * out_height + r) * out_width + w) * channels;
      mine[windows++] = (row - r * EB_STRIDE) * EB_WINDOW + across - w * EB_STRIDE;
    }
    EB_PIXEL_CHANNELS(c, channels) {
      eb_floats sum = 0.0f;
      for (uint i = 0; i < windows; i++) {
        const eb_ints here = EB_INTS(EB_LOAD(places + from[i] + c)) == (eb_ints)mine[i];
        sum += select((eb_floats)0.0f, EB_LOAD(dy + from[i] + c), here);
      }
      EB_PUT(sum, dx + ((size_t)line * width + column) * channels + c);
    }
  }
}
