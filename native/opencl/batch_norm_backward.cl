// Gradients of batch norm, alone or with ReLU (EB_RELU) and channel selection (EB_SELECT): sums of d
// and d (x - mean) in double over chunks of rows, their join, dx. The ReLU's mask is recomputed from
// x, so neither its output nor a mask is read.
#include "common/batch_norm.h"
#include "common/elementwise.h"
#include "opencl/channels.h"

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
  double sum[EB_WIDTH];
  double product[EB_WIDTH];
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
    sum[j] = 0.0;
    product[j] = 0.0;
  }
  for (uint row = begin; row < end; row++) {
    global const float* from = x + x_at + (size_t)row * channels;
    global const float* gradient = dy + dy_at + (size_t)row * kept + first;
    EB_INDEPENDENT
    for (uint j = 0; j < count; j++) {
      const float v = from[EB_SELECT ? source[j] : first + j];
      const double d = (double)reaching(v, gradient[j], m[j], scale[j], shift[j]);
      sum[j] += d;
      product[j] += d * ((double)v - (double)m[j]);
    }
  }
  global double* out = partial + partial_at + 2 * (size_t)part * kept + first;
  for (uint j = 0; j < count; j++) {
    out[j] = sum[j];
    out[kept + j] = product[j];
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
  int source[EB_WIDTH];
  for (uint j = 0; j < count; j++) {
    const uint c = first + j;
    source[j] = EB_SELECT ? position[position_at + c] : (int)c;
    m[j] = mean[mean_at + c];
    scale[j] = eb_batch_norm_scale(gamma[gamma_at + c], variance[variance_at + c], epsilon);
    shift[j] = EB_RELU ? beta[beta_at + c] : 0.0f;
    offset[j] = tables[tables_at + c];
    slope[j] = tables[tables_at + channels + c];
  }
  for (uint row = begin; row < end; row++) {
    global const float* from = x + x_at + (size_t)row * channels + first;
    global const float* gradient = dy + dy_at + (size_t)row * kept;
    global float* to = dx + dx_at + (size_t)row * channels + first;
#if EB_SELECT
    for (uint j = 0; j < count; j++) {
      float v = 0.0f;
      if (source[j] >= 0) {
        const float d = reaching(from[j], gradient[source[j]], m[j], scale[j], shift[j]);
        v = eb_batch_norm_dx(from[j], d, m[j], scale[j], offset[j], slope[j]);
      }
      to[j] = v;
    }
#else
    EB_INDEPENDENT
    for (uint j = 0; j < count; j++) {
      const float d = reaching(from[j], gradient[first + j], m[j], scale[j], shift[j]);
      to[j] = eb_batch_norm_dx(from[j], d, m[j], scale[j], offset[j], slope[j]);
    }
#endif
  }
}
