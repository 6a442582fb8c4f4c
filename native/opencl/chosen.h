/*
 * Chosen channels, EB_LANES at a time: the order of lanes in every vector of a row is found once, then
 * one permutation puts them side by side or apart.
 */
#ifndef EARLYBIRD_OPENCL_CHOSEN_H
#define EARLYBIRD_OPENCL_CHOSEN_H

#include "opencl/channels.h"
#include "opencl/lanes.h"

/*
 * How the chosen channels of rows come side by side. EB_CHANNELS is at least the number of channels
 * among which they are chosen.
 */
#ifdef EB_CHANNELS
#if EB_LANES == 16
typedef struct {
  uint place[EB_VECTORS(EB_CHANNELS) + 1]; /* where those of a vector go; their end */
  int16 order[EB_VECTORS(EB_CHANNELS)];
} eb_packing;

/* `selected` holds the numbers of `count` channels, ascending. */
static void find_packing(global const int* selected, uint count, uint channels,
                         eb_packing* packing) {
  uint k = 0;
  for (uint v = 0; v < EB_VECTORS(channels); v++) {
    const uint lane = EB_LANE_OF(v, channels);
    int order[EB_LANES] = {0};
    packing->place[v] = k;
    for (uint i = 0; k < count && selected[k] < (int)(lane + EB_LANES); i++, k++) {
      order[i] = selected[k] - (int)lane;
    }
    packing->order[v] = load16(order);
  }
  packing->place[EB_VECTORS(channels)] = k;
}

/* The chosen ones of a vector of channels, first. */
static float16 pack_lanes(const eb_packing* packing, uint v, global const float* row,
                          uint channels) {
  row += EB_LANE_OF(v, channels);
  EB_PREFETCH_PAGE(row);
  return EB_PERMUTE(load16(row), packing->order[v]);
}

/*
 * `rows` rows of `count` chosen channels to private memory. What a vector writes behind its own belongs
 * to the next one, so vectors come in order.
 */
static void pack_rows(const eb_packing* packing, global const float* x, uint rows, uint channels,
                      uint count, float* tile) {
  for (uint r = 0; r < rows; r++) {
    for (uint v = 0; v < EB_VECTORS(channels); v++) {
      store16(pack_lanes(packing, v, x, channels), tile + packing->place[v]);
    }
    x += channels;
    tile += count;
  }
}

/* Lines of the cache full of chosen channels of the next `rows` rows of x. */
typedef struct {
  global const float* x;
  uint rows;
  uint vector;
  uint fill;    /* values at hand, */
  float16 rest; /* which come first in the next line */
} eb_lines;

static eb_lines lines_from(global const float* x, uint rows) {
  const eb_lines lines = {x, rows, 0, 0, 0.0f};
  return lines;
}

/* The next line; the last one may have fewer values. */
static float16 next_line(eb_lines* lines, const eb_packing* packing, uint channels, uint count) {
  const int16 lane = (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  float16 line = lines->rest;
  while (lines->rows > 0) {
    const uint v = lines->vector;
    const int16 from = lane - (int)lines->fill;
    const float16 chosen = EB_PERMUTE(pack_lanes(packing, v, lines->x, channels), from);
    line = select(line, chosen, from >= 0);
    lines->fill += packing->place[v + 1] - packing->place[v];
    lines->vector++;
    if (lines->vector == EB_VECTORS(channels)) {
      lines->vector = 0;
      lines->rows--;
      lines->x += channels;
    }
    if (lines->fill >= EB_LANES) {
      lines->fill -= EB_LANES;
      lines->rest = chosen;
      break;
    }
  }
  return line;
}
#else
typedef struct {
  uint source[EB_WIDTH];
} eb_packing;

static void find_packing(global const int* selected, uint count, uint channels,
                         eb_packing* packing) {
  for (uint j = 0; j < count; j++) packing->source[j] = selected[j];
}

static void pack_rows(const eb_packing* packing, global const float* x, uint rows, uint channels,
                      uint count, float* tile) {
  for (uint r = 0; r < rows; r++) {
    for (uint j = 0; j < count; j++) {
      tile[r * count + j] = x[(size_t)r * channels + packing->source[j]];
    }
  }
}

#if EB_GROUP == 1
typedef struct {
  global const float* x;
  uint rows;
  uint next;
} eb_lines;

static eb_lines lines_from(global const float* x, uint rows) {
  const eb_lines lines = {x, rows, 0};
  return lines;
}

static float16 next_line(eb_lines* lines, const eb_packing* packing, uint channels, uint count) {
  float line[EB_LINE] = {0};
  for (uint i = 0; i < EB_LINE && lines->rows > 0; i++) {
    line[i] = lines->x[packing->source[lines->next++]];
    if (lines->next == count) {
      lines->next = 0;
      lines->rows--;
      lines->x += channels;
    }
  }
  return load16(line);
}
#endif
#endif
#endif

/* Chosen values of `rows` rows of x, in the order of EB_VALUES (rows.h), by `packing`. */
#if EB_GROUP == 1
#define EB_LINES(x, rows) eb_lines lines = lines_from(x, rows)
#define EB_CHOSEN(x, c) next_line(&lines, &packing, channels, count)
#else
#define EB_LINES(x, rows)
#define EB_CHOSEN(x, c) (x)[(size_t)r * channels + packing.source[c]]
#endif

/* How chosen channels come to their places in a group; there are at least EB_LANES of them. */
typedef struct {
  uint from[EB_VECTORS(EB_WIDTH)];
  eb_ints order[EB_VECTORS(EB_WIDTH)];
  eb_ints chosen[EB_VECTORS(EB_WIDTH)]; /* -1 or 0 */
} eb_spreading;

/* `position` holds the place of each of the group's channels among the `kept` chosen ones, or -1. */
static void find_spreading(global const int* position, uint count, uint kept,
                           eb_spreading* spreading) {
  for (uint v = 0; v < EB_VECTORS(count); v++) {
    const uint lane = EB_LANE_OF(v, count);
    int order[EB_LANES];
    int chosen[EB_LANES];
    uint from = kept;
    for (uint i = 0; i < EB_LANES; i++) {
      const int k = position[lane + i];
      if (k >= 0 && from == kept) from = min((uint)k, kept - EB_LANES);
      order[i] = k < 0 ? 0 : k - (int)from;
      chosen[i] = k < 0 ? 0 : -1;
    }
    spreading->from[v] = from == kept ? 0 : from;
    spreading->order[v] = EB_LOAD(order);
    spreading->chosen[v] = EB_LOAD(chosen);
  }
}

/* Vector v of the channels from a row of the chosen ones; anything for the others. */
static eb_floats spread_lanes(const eb_spreading* spreading, uint v, global const float* row) {
#if EB_LANES == 16
  row += spreading->from[v];
  EB_PREFETCH_PAGE(row);
  return EB_PERMUTE(load16(row), spreading->order[v]);
#else
  return spreading->chosen[v] ? row[spreading->from[v]] : 0.0f;
#endif
}

#endif
