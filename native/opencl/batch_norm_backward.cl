// Gradients of batch norm, alone or with ReLU (EB_RELU) and channel selection (EB_SELECT): sums of d
// and d (x - mean) in double over chunks of rows, their join, dx. The ReLU's mask is recomputed from
// x, so neither its output nor a mask is read.
// Version 1: every value from memory to memory. Version 2: as in batch_norm_inference.cl, and sums as in
// batch_norm.cl.
#include "common/batch_norm.h"
#include "common/elementwise.h"
#include "opencl/channels.h"
#include "opencl/lanes.h"
#include "opencl/rows.h"

// The gradient that reaches batch norm's output.
static float reaching(float x, float dy, float mean, float scale, float shift) {
  return EB_RELU ? eb_relu_gradient(eb_batch_norm_apply(x, mean, scale, shift), dy) : dy;
}

// partial [chunks, 2, kept].
kernel void batch_norm_gradient_sums_f32(
    global const float* x, ulong x_at, global const float* dy, ulong dy_at,
    global const float* mean, ulong mean_at, global const float* variance, ulong variance_at,
    global const float* gamma, ulong gamma_at, global const float* beta, ulong beta_at,
    global const int* selected, ulong selected_at, uint rows, uint chunk, uint channels, uint kept,
    float epsilon, global double* partial, ulong partial_at) {
  const uint first = get_global_id(0) % EB_GROUPS(kept) * EB_WIDTH;
  const uint part = get_global_id(0) / EB_GROUPS(kept);
  const uint begin = part * chunk;
  const uint end = min(rows, begin + chunk);
  if (begin >= end) return;
  const uint count = EB_COUNT(first, kept);
  float m[EB_WIDTH];
  float scale[EB_WIDTH];
  float shift[EB_WIDTH];
  uint source[EB_WIDTH];
  for (uint j = 0; j < count; j++) {
    const uint c = EB_SELECT ? (uint)selected[selected_at + first + j] : first + j;
    source[j] = c;
    m[j] = mean[mean_at + c];
    scale[j] = eb_batch_norm_scale(gamma[gamma_at + c], variance[variance_at + c], epsilon);
    shift[j] = EB_RELU ? beta[beta_at + c] : 0.0f;
  }
  eb_doubles sum[EB_VECTORS(EB_WIDTH)];
  eb_doubles product[EB_VECTORS(EB_WIDTH)];
  for (uint v = 0; v < EB_VECTORS(count); v++) {
    sum[v] = 0.0;
    product[v] = 0.0;
  }
  x += x_at;
  dy += dy_at + first;
  for (uint row = begin; row < end; row += EB_TALL) {
    const uint some = EB_SOME_ROWS(row, end);
#if EB_SELECT
    float tile[EB_TALL * EB_WIDTH];
    gather_rows(tile, x + (size_t)row * channels, source, some, count, channels);
#endif
    EB_INDEPENDENT
    for (uint v = 0; v < EB_VECTORS(count); v++) {
      const uint lane = EB_LANE_OF(v, count);
#if EB_SELECT
      const float* from = tile + lane;
      const size_t step = count;
#else
      global const float* from = x + (size_t)row * channels + first + lane;
      const size_t step = channels;
#endif
      global const float* gradient = dy + (size_t)row * kept + lane;
      const eb_floats mean_of = EB_LOAD(m + lane);
      const eb_floats scale_of = EB_LOAD(scale + lane);
      const eb_floats shift_of = EB_LOAD(shift + lane);
      eb_doubles s = sum[v];
      eb_doubles p = product[v];
      for (uint r = 0; r < some; r++) {
        const eb_floats value = EB_LOAD(from + r * step);
        eb_floats reached = EB_LOAD(gradient + (size_t)r * kept);
#if EB_RELU
        const eb_floats y = EB_BATCH_NORM_APPLY(value, mean_of, scale_of, shift_of);
        reached = select((eb_floats)0.0f, reached, y > 0.0f);
#endif
        const eb_doubles d = EB_DOUBLES(reached);
        s += d;
        p += d * (EB_DOUBLES(value) - EB_DOUBLES(mean_of));
      }
      sum[v] = s;
      product[v] = p;
    }
  }
  global double* out = partial + partial_at + 2 * (size_t)part * kept + first;
  for (uint v = 0; v < EB_VECTORS(count); v++) {
    EB_STORE_DOUBLES(sum[v], out + EB_LANE_OF(v, count));
    EB_STORE_DOUBLES(product[v], out + kept + EB_LANE_OF(v, count));
  }
}

// Joins the sums of kept channels; channels that are not kept get zeros. tables: dbeta / rows
// [channels], then dgamma invstd / rows [channels].
kernel void batch_norm_gradients_f32(global const double* partial, ulong partial_at, uint chunks,
                                     global const float* variance, ulong variance_at,
                                     global const int* position, ulong position_at, uint rows,
                                     uint channels, uint kept, float epsilon, global float* dgamma,
                                     ulong dgamma_at, global float* dbeta, ulong dbeta_at,
                                     global float* tables, ulong tables_at) {
  EB_ITEMS(c, channels) {
    const int k = EB_SELECT ? position[position_at + c] : (int)c;
    double sum = 0.0;
    double product = 0.0;
    if (k >= 0) {
      for (uint i = 0; i < chunks; i++) {
        global const double* at = partial + partial_at + 2 * (size_t)i * kept + k;
        sum += at[0];
        product += at[kept];
      }
    }
    const double invstd = eb_batch_norm_invstd(variance[variance_at + c], epsilon);
    const double slope = k >= 0 ? product * invstd : 0.0;
    dbeta[dbeta_at + c] = (float)sum;
    dgamma[dgamma_at + c] = (float)slope;
    tables[tables_at + c] = (float)(sum / rows);
    tables[tables_at + channels + c] = k >= 0 ? (float)(slope * invstd / rows) : 0.0f;
  }
}

kernel void batch_norm_input_gradient_f32(
    global const float* x, ulong x_at, global const float* dy, ulong dy_at,
    global const float* mean, ulong mean_at, global const float* variance, ulong variance_at,
    global const float* gamma, ulong gamma_at, global const float* beta, ulong beta_at,
    global const int* position, ulong position_at, global const float* tables, ulong tables_at,
    uint rows, uint chunk, uint channels, uint kept, float epsilon, global float* dx,
    ulong dx_at) {
  const uint first = get_global_id(0) % EB_GROUPS(channels) * EB_WIDTH;
  const uint begin = get_global_id(0) / EB_GROUPS(channels) * chunk;
  const uint end = min(rows, begin + chunk);
  if (begin >= end) return;
  const uint count = EB_COUNT(first, channels);
  float m[EB_WIDTH];
  float scale[EB_WIDTH];
  float shift[EB_WIDTH];
  float offset[EB_WIDTH];
  float slope[EB_WIDTH];
#if EB_SELECT
  uint target[EB_WIDTH];
  uint first_kept = 0;
  position += position_at + first;
  const uint kept_here = find_kept(position, count, target, &first_kept);
  int stays[EB_WIDTH];
  for (uint j = 0; j < count; j++) stays[j] = position[j] >= 0;
#endif
  for (uint j = 0; j < count; j++) {
    const uint c = first + j;
    m[j] = mean[mean_at + c];
    scale[j] = eb_batch_norm_scale(gamma[gamma_at + c], variance[variance_at + c], epsilon);
    shift[j] = EB_RELU ? beta[beta_at + c] : 0.0f;
    offset[j] = tables[tables_at + c];
    slope[j] = tables[tables_at + channels + c];
  }
  x += x_at + first;
  dy += dy_at;
  dx += dx_at + first;
  for (uint row = begin; row < end; row += EB_ROWS) {
    const uint some = min((uint)EB_ROWS, end - row);
    float tile[EB_ROWS * EB_WIDTH];
#if EB_SELECT
    scatter_rows(tile, dy + (size_t)row * kept + first_kept, target, some, kept_here, count, kept);
#endif
    for (uint r = 0; r < some; r++) {
      global const float* from = x + (size_t)(row + r) * channels;
#if EB_SELECT
      const float* gradient = tile + r * count;
#else
      global const float* gradient = dy + (size_t)(row + r) * kept + first;
#endif
      float* to = tile + r * count;
      EB_INDEPENDENT
      for (uint j = 0; j < count; j++) {
        const float d = reaching(from[j], gradient[j], m[j], scale[j], shift[j]);
        const float v = eb_batch_norm_dx(from[j], d, m[j], scale[j], offset[j], slope[j]);
#if EB_SELECT
        to[j] = stays[j] ? v : 0.0f;
#else
        to[j] = v;
#endif
      }
    }
    put_rows(dx + (size_t)row * channels, tile, some, count, channels);
  }
}
