/*
 * Results made in private memory, a few rows at a time (EB_ROWS, rows of EB_WIDTH at most), and then
 * written at once: whole lines of the cache go past it where EB_STREAM says so.
 */
#ifndef EARLYBIRD_OPENCL_ROWS_H
#define EARLYBIRD_OPENCL_ROWS_H

static void put_run(global float* to, const float* from, uint n) {
  uint i = 0;
#if EB_STREAM
  for (; i + EB_LINE <= n; i += EB_LINE) EB_PUT_LINE(from + i, to + i);
#endif
  EB_INDEPENDENT
  for (uint j = i; j < n; j++) to[j] = from[j];
}

/* `rows` rows of `count` floats, which lie close together in `from`, to rows that are `step` apart. */
static void put_rows(global float* to, const float* from, uint rows, uint count, uint step) {
  if (count == step) {
    put_run(to, from, rows * count);
  } else {
    for (uint r = 0; r < rows; r++) put_run(to + (size_t)r * step, from + r * count, count);
  }
}

/* `rows` rows of x, `channels` apart, with the `count` chosen channels of each side by side. */
static void gather_rows(float* tile, global const float* x, const uint* source, uint rows,
                        uint count, uint channels) {
  uint r = 0;
  for (; r + 4 <= rows; r += 4) {
    global const float* from0 = x + (size_t)r * channels;
    global const float* from1 = from0 + channels;
    global const float* from2 = from1 + channels;
    global const float* from3 = from2 + channels;
    float* to0 = tile + r * count;
    float* to1 = to0 + count;
    float* to2 = to1 + count;
    float* to3 = to2 + count;
    EB_SCALAR
    for (size_t j = 0; j < count; j++) {
      const size_t c = source[j];
      to0[j] = from0[c];
      to1[j] = from1[c];
      to2[j] = from2[c];
      to3[j] = from3[c];
    }
  }
  for (; r < rows; r++) {
    for (uint j = 0; j < count; j++) tile[r * count + j] = x[(size_t)r * channels + source[j]];
  }
}

/* The chosen channels among the `count` of a group: where they go, and which kept one comes first. */
static uint find_kept(global const int* position, uint count, uint* target, uint* first_kept) {
  uint n = 0;
  for (uint j = 0; j < count; j++) {
    if (position[j] >= 0) {
      if (n == 0) *first_kept = position[j];
      target[n++] = j;
    }
  }
  return n;
}

/* Spreads `n` values of each row of dy, `kept` apart, over rows of `count`, zeros elsewhere. */
static void scatter_rows(float* tile, global const float* dy, const uint* target, uint rows, uint n,
                         uint count, uint kept) {
  for (uint i = 0; i < rows * count; i++) tile[i] = 0.0f;
  uint r = 0;
  for (; r + 4 <= rows; r += 4) {
    global const float* from0 = dy + (size_t)r * kept;
    global const float* from1 = from0 + kept;
    global const float* from2 = from1 + kept;
    global const float* from3 = from2 + kept;
    float* to0 = tile + r * count;
    float* to1 = to0 + count;
    float* to2 = to1 + count;
    float* to3 = to2 + count;
    EB_SCALAR
    for (size_t k = 0; k < n; k++) {
      const size_t c = target[k];
      to0[c] = from0[k];
      to1[c] = from1[k];
      to2[c] = from2[k];
      to3[c] = from3[k];
    }
  }
  for (; r < rows; r++) {
    for (uint k = 0; k < n; k++) tile[r * count + target[k]] = dy[(size_t)r * kept + k];
  }
}

#endif
