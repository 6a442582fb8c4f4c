/*
 * Walks over the pixels of a pooled tensor, EB_LANES channels at a time. EB_WINDOW, EB_STRIDE and
 * EB_PADDING are those of the op.
 */
#ifndef EARLYBIRD_OPENCL_POOL_WALK_H
#define EARLYBIRD_OPENCL_POOL_WALK_H

#include "opencl/lanes.h"

#define EB_POOL int height, int width, uint channels, int out_height, int out_width

/*
 * For every pixel of a tensor [lines, wide, channels], where lines are rows of all pictures: `line` and
 * `column`; and within, for its channels from `c` on. A work-item per line on processors, per element
 * on GPUs. The last channels of a pixel are done together with some before them, so that all vectors
 * are whole.
 */
#if EB_GROUP == 1
#define EB_PIXELS(lines, wide, channels) \
  EB_RUN(line, lines, 1)                 \
  for (uint column = 0; column < (uint)(wide); column++)
#define EB_PIXEL_CHANNELS(c, channels)              \
  for (uint before = 0, c = 0; before < (channels); \
       before += EB_LANES, c = min(before, (channels)-EB_LANES))
#else
#define EB_PIXELS(lines, wide, channels)                    \
  EB_RUN(element, (lines) * (wide) * (channels), 1)         \
  for (uint line = element / (channels) / (wide), once = 1, \
            column = element / (channels) % (wide);         \
       once; once = 0)
#define EB_PIXEL_CHANNELS(c, channels) for (uint c = element % (channels), only = 1; only; only = 0)
#endif

/*
 * Fetches what the window below the one at `corner` has for itself: lines of pixels are too short for
 * the processor to see that the next ones follow.
 */
#define EB_FETCH_NEXT(corner, width, channels)                        \
  EB_UNROLL                                                           \
  for (int r = EB_WINDOW; r < EB_WINDOW + EB_STRIDE; r++) {           \
    EB_UNROLL                                                         \
    for (int w = 0; w < EB_STRIDE; w++) {                             \
      EB_PREFETCH((corner) + ((size_t)r * (width) + w) * (channels)); \
    }                                                                 \
  }

/*
 * For every window (r, w) of rows x columns that holds the pixel (row, column) of the padded picture.
 * Where windows lie side by side it is one at most.
 */
#if EB_WINDOW == EB_STRIDE
#define EB_WINDOWS(r, w, row, column, rows, columns)                          \
  for (int r = (row) / EB_STRIDE, w = (column) / EB_STRIDE, windows_left = 1; \
       windows_left && r < (rows) && w < (columns); windows_left = 0)
#else
#define EB_WINDOWS(r, w, row, column, rows, columns)              \
  for (int r = first_window(row); r < end_window(row, rows); r++) \
    for (int w = first_window(column); w < end_window(column, columns); w++)
#endif

/* Windows that hold a pixel at most. */
#define EB_MOST_WINDOWS \
  (((EB_WINDOW + EB_STRIDE - 1) / EB_STRIDE) * ((EB_WINDOW + EB_STRIDE - 1) / EB_STRIDE))

/* First window that can hold a pixel at `at`, which is already shifted by the padding. */
static int first_window(int at) { return at < EB_WINDOW ? 0 : (at - EB_WINDOW) / EB_STRIDE + 1; }

/* One past the last. */
static int end_window(int at, int count) { return min(at / EB_STRIDE + 1, count); }

#endif
