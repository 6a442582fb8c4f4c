/* Extents of pooling, as kernel arguments of their own, and where a group of channels lies. */
#ifndef EARLYBIRD_OPENCL_POOL_WALK_H
#define EARLYBIRD_OPENCL_POOL_WALK_H

#include "opencl/channels.h"

#define EB_POOL                                                                                \
  int images, int height, int width, uint channels, int out_height, int out_width, int window, \
      int stride, int padding

/* Group `i` of a tensor [images, high, wide, channels]. */
typedef struct {
  int image;
  int row;
  int column;
  uint first;
} eb_place;

static eb_place place_of(uint i, int high, int wide, uint channels) {
  const uint groups = EB_GROUPS(channels);
  eb_place p;
  p.first = i % groups * EB_WIDTH;
  i /= groups;
  p.column = i % wide;
  i /= wide;
  p.row = i % high;
  p.image = i / high;
  return p;
}

/* First window that can hold a pixel at `at`, which is already shifted by the padding. */
static int first_window(int at, int window, int stride) {
  return at < window ? 0 : (at - window) / stride + 1;
}

/* One past the last. */
static int end_window(int at, int stride, int count) { return min(at / stride + 1, count); }

#endif
