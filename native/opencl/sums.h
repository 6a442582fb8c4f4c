/*
 * Two sums per channel over chunks of rows, partial [chunks, 2, channels], and their join, which adds
 * chunks in order.
 */
#ifndef EARLYBIRD_OPENCL_SUMS_H
#define EARLYBIRD_OPENCL_SUMS_H

#include "opencl/channels.h"
#include "opencl/lanes.h"

/* The sums of a group of `count` channels to its place in a chunk. */
static void put_sums(const eb_doubles* first, const eb_doubles* second, uint count, uint channels,
                     global double* to) {
  for (uint v = 0; v < EB_VECTORS(count); v++) {
    EB_STORE(first[v], to + EB_LANE_OF(v, count));
    EB_STORE(second[v], to + channels + EB_LANE_OF(v, count));
  }
}

/* The sums of EB_LANES channels over all chunks. */
static void join_sums(global const double* partial, uint chunks, uint channels, double* first,
                      double* second) {
  eb_doubles a = 0.0;
  eb_doubles b = 0.0;
  for (uint i = 0; i < chunks; i++) {
    a += EB_LOAD(partial + 2 * (size_t)i * channels);
    b += EB_LOAD(partial + 2 * (size_t)i * channels + channels);
  }
  EB_STORE(a, first);
  EB_STORE(b, second);
}

#endif
