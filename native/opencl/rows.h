/*
 * Walks over rows whose channels have their values in tables in private memory. On processors rows are
 * whole, and their ends do not matter: every vector is a line of the cache, and tables begin anew
 * behind their end. On GPUs a work-item has the channels of its group (channels.h).
 */
#ifndef EARLYBIRD_OPENCL_ROWS_H
#define EARLYBIRD_OPENCL_ROWS_H

#include "opencl/channels.h"

#if EB_GROUP == 1
/* Rows that are made together end on a line; of wide rows private memory holds one at a time. */
#define EB_ROWS (EB_WIDTH > 1024 ? 1 : EB_LINE)
#define EB_TABLE (EB_WIDTH + EB_LINE)
typedef float16 eb_values;

/*
 * For all values of `rows` rows of `count` channels, which are `step` apart: where they are, `at`, and
 * the channel of the first of them, `c`.
 */
#define EB_VALUES(at, c, rows, count, step)                  \
  for (uint at = 0, c = 0, all = (rows) * (count); at < all; \
       at += EB_LINE, c += EB_LINE % (count), c -= c >= (count) ? (count) : 0)
#define EB_OF(table, c) load16((table).of + (c))

/* Values of an operand, a tile and a result; the last ones may be fewer than a line. */
#define EB_READ(from, at) read_values((from) + (at), all - (at))
#define EB_READ_TILE(tile, at) load16((tile) + (at))
#define EB_WRITE(v, to, at) write_values(v, (to) + (at), all - (at))

static eb_values read_values(global const float* from, uint n) {
  EB_PREFETCH_PAGE(from);
  if (n >= EB_LINE) return load16(from);
  float line[EB_LINE];
  for (uint i = 0; i < EB_LINE; i++) line[i] = i < n ? from[i] : 0.0f;
  return load16(line);
}

static void write_values(eb_values v, global float* to, uint n) {
  if (n >= EB_LINE) {
    put16(v, to);
  } else {
    float line[EB_LINE];
    store16(v, line);
    for (uint i = 0; i < n; i++) to[i] = line[i];
  }
}
#else
#define EB_ROWS 1
#define EB_TABLE EB_WIDTH
typedef float eb_values;
#define EB_VALUES(at, c, rows, count, step) \
  for (uint r = 0; r < (rows); r++)         \
    for (uint c = 0, at = r * (step); c < (count); c++, at++)
#define EB_OF(table, c) (table).of[c]
#define EB_READ(from, at) (from)[at]
#define EB_READ_TILE(tile, at) (tile)[at]
#define EB_WRITE(v, to, at) ((to)[at] = (v))
#endif

typedef struct {
  float of[EB_TABLE] __attribute__((aligned(64)));
} eb_table;

/* Lets a table of `count` values begin anew behind its end. */
static void begin_anew(eb_table* table, uint count) {
  for (uint j = count; j < min((uint)EB_TABLE, count + EB_LINE); j++) {
    table->of[j] = table->of[j - count];
  }
}

/* EB_ROWS rows in private memory, close together; a vector may begin with the last value. */
#define EB_TILE(tile) float tile[EB_ROWS * EB_WIDTH + EB_LINE] __attribute__((aligned(64)))

#endif
