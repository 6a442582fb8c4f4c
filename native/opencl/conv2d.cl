// Convolution and, on another order of the weights, its gradient with respect to the input: an
// implicit product of pixels [pixels, taps inputs] and weights [taps inputs, outs].
// x has its zeros around it already (pad.cl), so a row of the window is a run of kernel_width inputs
// values in memory, and every window is whole. Weights: [outs / 16, kernel_height, run, 16].
// Version 1: a work-item per EB_PIXELS x 16 EB_BLOCKS results in registers, for processors.
// Version 2: square tiles of EB_SIDE pixels x outs in local memory, for GPUs.
#define EB_CONVOLUTION                                                                             \
  global const float *x, ulong x_at, global const float *w, ulong w_at, global const int *places, \
      ulong places_at, uint pixels, uint image_pixels, uint image_step, uint kernel_rows,          \
      uint run, uint row_step, uint outs, global float *y, ulong y_at

// Where the window of a pixel begins in x.
#define EB_WINDOW(p) \
  ((size_t)((p) / image_pixels) * image_step + places[places_at + (p) % image_pixels])

#ifdef EB_PIXELS
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void conv2d_rows_f32(EB_CONVOLUTION) {
  const uint first = get_global_id(0) * EB_PIXELS;
  const uint block = get_global_id(1) * EB_BLOCKS;
  size_t at[EB_PIXELS];
  float16 sum[EB_PIXELS][EB_BLOCKS];
  EB_UNROLL
  for (int j = 0; j < EB_PIXELS; j++) {
    const uint p = min(first + j, pixels - 1);
    at[j] = EB_WINDOW(p);
    EB_UNROLL
    for (int b = 0; b < EB_BLOCKS; b++) sum[j][b] = 0.0f;
  }
  const size_t block_step = (size_t)kernel_rows * run * 16;
  x += x_at;
  w += w_at + block * block_step;
  for (uint r = 0; r < kernel_rows; r++) {
    for (uint t = 0; t < run; t++) {
      float16 weight[EB_BLOCKS];
      EB_UNROLL
      for (int b = 0; b < EB_BLOCKS; b++) weight[b] = vload16(t, w + b * block_step);
      EB_UNROLL
      for (int j = 0; j < EB_PIXELS; j++) {
        const float16 v = x[at[j] + t];
        EB_UNROLL
        for (int b = 0; b < EB_BLOCKS; b++) sum[j][b] = fma(v, weight[b], sum[j][b]);
      }
    }
    x += row_step;
    w += run * 16;
  }
  y += y_at;
  const uint some = min((uint)EB_PIXELS, pixels - first);
  for (uint j = 0; j < some; j++) {
    global float* to = y + (size_t)(first + j) * outs;
    for (int b = 0; b < EB_BLOCKS; b++) {
      const uint o = 16 * (block + b);
      if (o + 16 <= outs) {
        vstore16(sum[j][b], 0, to + o);
      } else {
        float lanes[16];
        vstore16(sum[j][b], 0, lanes);
        for (uint k = 0; o + k < outs; k++) to[o + k] = lanes[k];
      }
    }
  }
}
#endif

#ifdef EB_SIDE
#define EB_DEPTH 16
#define EB_EACH (EB_SIDE / 16)

kernel __attribute__((reqd_work_group_size(16, 16, 1))) void conv2d_tiles_f32(EB_CONVOLUTION) {
  local float left[EB_DEPTH][EB_SIDE];
  local float right[EB_DEPTH][EB_SIDE];
  const uint lane = get_local_id(0);
  const uint line = get_local_id(1);
  const uint item = line * 16 + lane;
  const uint first = get_group_id(0) * EB_SIDE;
  const uint block = get_group_id(1) * (EB_SIDE / 16);
  const uint blocks = (outs + 15) / 16;
  const uint depth = kernel_rows * run;
  size_t at[EB_EACH];
  for (int q = 0; q < EB_EACH; q++) {
    const uint p = min(first + line + 16 * q, pixels - 1);
    at[q] = x_at + EB_WINDOW(p);
  }
  float sum[EB_EACH][EB_EACH] = {{0.0f}};
  for (uint k0 = 0; k0 < depth; k0 += EB_DEPTH) {
    const uint k = k0 + lane;
    const size_t tap = (size_t)(k / run) * row_step + k % run;
    for (int q = 0; q < EB_EACH; q++) left[lane][line + 16 * q] = k < depth ? x[at[q] + tap] : 0.0f;
    for (int q = 0; q < EB_EACH; q++) {
      const uint row = k0 + line;
      right[line][16 * q + lane] =
          row < depth && block + q < blocks
              ? w[w_at + ((size_t)(block + q) * depth + row) * 16 + lane]
              : 0.0f;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int d = 0; d < EB_DEPTH; d++) {
      for (int i = 0; i < EB_EACH; i++) {
        for (int j = 0; j < EB_EACH; j++) {
          sum[i][j] = fma(left[d][line + 16 * i], right[d][lane + 16 * j], sum[i][j]);
        }
      }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  for (int i = 0; i < EB_EACH; i++) {
    const uint p = first + line + 16 * i;
    for (int j = 0; j < EB_EACH; j++) {
      const uint o = 16 * (block + j) + lane;
      if (p < pixels && o < outs) y[y_at + (size_t)p * outs + o] = sum[i][j];
    }
  }
}
#endif
