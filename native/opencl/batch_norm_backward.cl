// Gradients of batch norm, alone or with ReLU (EB_RELU) and channel selection (EB_SELECT): sums of d
// and d (x - mean) in double over chunks of rows, their join, dx. The ReLU's mask is recomputed from
// x, so neither its output nor a mask is read.
// Version 1: every value from memory to memory. Version 2: as in batch_norm_inference.cl, and sums as in
// batch_norm.cl. Version 3: dx 16 values at a time, straight to whole lines; chosen channels come side
// by side, and their gradients apart, by one permutation; the next page is fetched.
#include "common/batch_norm.h"
#include "common/elementwise.h"
#include "opencl/chosen.h"
#include "opencl/rows.h"
#include "opencl/sums.h"

// The gradient that reaches batch norm's output.
#if EB_RELU
#define EB_REACHING(x, dy, mean, scale, shift) \
  EB_RELU_GRADIENT(EB_BATCH_NORM_APPLY(x, mean, scale, shift), dy)
#else
#define EB_REACHING(x, dy, mean, scale, shift) (dy)
#endif

typedef struct {
  eb_table mean;
  eb_table scale;
  eb_table shift;
} eb_norm_tables;

static void put_norm(eb_norm_tables* t, uint j, float mean, float variance, float gamma, float beta,
                     float epsilon) {
  t->mean.of[j] = mean;
  t->scale.of[j] = eb_batch_norm_scale(gamma, variance, epsilon);
  t->shift.of[j] = EB_RELU ? beta : 0.0f;
}

#define EB_PUT_NORM(t, j, c)                                                              \
  put_norm(t, j, mean[mean_at + (c)], variance[variance_at + (c)], gamma[gamma_at + (c)], \
           beta[beta_at + (c)], epsilon)

// partial [chunks, 2, kept].
kernel void batch_norm_gradient_sums_f32(
    global const float* x, ulong x_at, global const float* dy, ulong dy_at,
    global const float* mean, ulong mean_at, global const float* variance, ulong variance_at,
    global const float* gamma, ulong gamma_at, global const float* beta, ulong beta_at,
    global const int* selected, ulong selected_at, uint rows, uint chunk, uint channels, uint kept,
    float epsilon, global double* partial, ulong partial_at) {
  const uint first = EB_FIRST(kept);
  const uint part = EB_PART(kept);
  const uint begin = part * chunk;
  const uint end = min(rows, begin + chunk);
  if (begin >= end) return;
  const uint count = EB_COUNT(first, kept);
  eb_norm_tables t;
  for (uint j = 0; j < count; j++) {
    const uint c = EB_SELECT ? (uint)selected[selected_at + first + j] : first + j;
    EB_PUT_NORM(&t, j, c);
  }
#if EB_SELECT
  eb_packing packing;
  find_packing(selected + selected_at + first, count, channels, &packing);
  const uint step = count;
#else
  const uint step = channels;
#endif
  eb_doubles sum[EB_VECTORS(EB_WIDTH)];
  eb_doubles product[EB_VECTORS(EB_WIDTH)];
  for (uint v = 0; v < EB_VECTORS(count); v++) {
    sum[v] = 0.0;
    product[v] = 0.0;
  }
  for (uint row = begin; row < end; row += EB_TALL) {
    const uint some = min((uint)EB_TALL, end - row);
    global const float* gradient = dy + dy_at + (size_t)row * kept + first;
#if EB_SELECT
    float from[EB_TALL * EB_WIDTH + EB_LANES];
    pack_rows(&packing, x + x_at + (size_t)row * channels, some, channels, count, from);
#else
    global const float* from = x + x_at + (size_t)row * channels + first;
#endif
    EB_INDEPENDENT
    for (uint v = 0; v < EB_VECTORS(count); v++) {
      const uint lane = EB_LANE_OF(v, count);
      const eb_floats m = EB_LOAD(t.mean.of + lane);
      const eb_floats scale = EB_LOAD(t.scale.of + lane);
      const eb_floats shift = EB_LOAD(t.shift.of + lane);
      eb_doubles s = sum[v];
      eb_doubles p = product[v];
      for (uint r = 0; r < some; r++) {
#if !EB_SELECT
        EB_PREFETCH_PAGE(from + r * step + lane);
#endif
        EB_PREFETCH_PAGE(gradient + r * kept + lane);
        const eb_floats value = EB_LOAD(from + r * step + lane);
        const eb_floats dy_here = EB_LOAD(gradient + r * kept + lane);
        const eb_doubles d = EB_DOUBLES(EB_REACHING(value, dy_here, m, scale, shift));
        s += d;
        p += d * (EB_DOUBLES(value) - EB_DOUBLES(m));
      }
      sum[v] = s;
      product[v] = p;
    }
  }
  put_sums(sum, product, count, kept, partial + partial_at + 2 * (size_t)part * kept + first);
}

// Joins the sums of kept channels; the others get zeros. tables: dbeta / rows [channels], then dgamma
// invstd / rows [channels].
kernel void batch_norm_gradients_f32(
    global const double* partial, ulong partial_at, uint chunks, global const float* variance,
    ulong variance_at, global const int* selected, ulong selected_at, global const int* position,
    ulong position_at, uint rows, uint channels, uint kept, float epsilon, global float* dgamma,
    ulong dgamma_at, global float* dbeta, ulong dbeta_at, global float* tables, ulong tables_at) {
  variance += variance_at;
  dgamma += dgamma_at;
  dbeta += dbeta_at;
  tables += tables_at;
  EB_RUN(i, EB_VECTORS(kept), 1) {
    const uint first = EB_LANE_OF(i, kept);
    double sum[EB_LANES];
    double product[EB_LANES];
    join_sums(partial + partial_at + first, chunks, kept, sum, product);
    for (uint lane = 0; lane < EB_LANES; lane++) {
      const uint c = EB_SELECT ? (uint)selected[selected_at + first + lane] : first + lane;
      const double invstd = eb_batch_norm_invstd(variance[c], epsilon);
      const double slope = product[lane] * invstd;
      dbeta[c] = (float)sum[lane];
      dgamma[c] = (float)slope;
      tables[c] = (float)(sum[lane] / rows);
      tables[channels + c] = (float)(slope * invstd / rows);
    }
  }
#if EB_SELECT
  EB_RUN(c, channels, EB_LANES) {
    if (position[position_at + c] >= 0) continue;
    dbeta[c] = 0.0f;
    dgamma[c] = 0.0f;
    tables[c] = 0.0f;
    tables[channels + c] = 0.0f;
  }
#endif
}

kernel void batch_norm_input_gradient_f32(
    global const float* x, ulong x_at, global const float* dy, ulong dy_at,
    global const float* mean, ulong mean_at, global const float* variance, ulong variance_at,
    global const float* gamma, ulong gamma_at, global const float* beta, ulong beta_at,
    global const int* position, ulong position_at, global const float* tables, ulong tables_at,
    uint rows, uint chunk, uint channels, uint kept, float epsilon, global float* dx,
    ulong dx_at) {
  const uint first = EB_FIRST(channels);
  const uint begin = EB_PART(channels) * chunk;
  const uint end = min(rows, begin + chunk);
  if (begin >= end) return;
  const uint count = EB_COUNT(first, channels);
  eb_norm_tables t;
  eb_table offset;
  eb_table slope;
  for (uint j = 0; j < count; j++) {
    EB_PUT_NORM(&t, j, first + j);
    offset.of[j] = tables[tables_at + first + j];
    slope.of[j] = tables[tables_at + channels + first + j];
  }
  begin_anew(&t.mean, count);
  begin_anew(&t.scale, count);
  begin_anew(&t.shift, count);
  begin_anew(&offset, count);
  begin_anew(&slope, count);
#if EB_SELECT
  eb_table stays;
  for (uint j = 0; j < count; j++) stays.of[j] = position[position_at + first + j] < 0 ? 0.0f : 1.0f;
  begin_anew(&stays, count);
  eb_spreading spreading;
  find_spreading(position + position_at + first, count, kept, &spreading);
#endif
  for (uint row = begin; row < end; row += EB_ROWS) {
    const uint some = min((uint)EB_ROWS, end - row);
    const size_t at_row = (size_t)row * channels + first;
    global const float* from = x + x_at + at_row;
    global float* to = dx + dx_at + at_row;
#if EB_SELECT
    EB_TILE(tile);
    for (uint r = 0; r < some; r++) {
      for (uint v = 0; v < EB_VECTORS(count); v++) {
        EB_STORE(spread_lanes(&spreading, v, dy + dy_at + (size_t)(row + r) * kept),
                 tile + r * count + EB_LANE_OF(v, count));
      }
    }
#endif
    EB_VALUES(at, c, some, count, channels) {
      const eb_values value = EB_READ(from, at);
#if EB_SELECT
      const eb_values gradient = EB_READ_TILE(tile, at);
#else
      const eb_values gradient = EB_READ(dy + dy_at + at_row, at);
#endif
      const eb_values d =
          EB_REACHING(value, gradient, EB_OF(t.mean, c), EB_OF(t.scale, c), EB_OF(t.shift, c));
      const eb_values v = EB_BATCH_NORM_DX(value, d, EB_OF(t.mean, c), EB_OF(t.scale, c),
                                           EB_OF(offset, c), EB_OF(slope, c));
#if EB_SELECT
      EB_WRITE(EB_OF(stays, c) > 0.0f ? v : 0.0f, to, at);
#else
      EB_WRITE(v, to, at);
#endif
    }
  }
}
