// Convolution and, on another order of the weights, its gradient with respect to the input: an
// implicit product of pixels [pixels, taps inputs] and weights [taps inputs, outs].
// x has its zeros around it already (pad.cl), so a row of the window is memory without gaps, and every
// window is whole. A row is `pieces` of `run` values, whose weights lie piece_step apart. Weights:
// [outs / 16, kernel_height, kernel_width inputs, 16], one block of 16 outs after block_step.
// With stride the gradient of the input falls into stride x stride parts, each with every stride-th
// row and column of windows and pixels (EB_PART): then `places` says where results go as well.
// Version 1: a work-item per EB_PIXELS x 16 EB_BLOCKS results in registers, for processors.
// Version 2: square tiles of EB_SIDE pixels x outs in local memory, for GPUs.
#define EB_CONVOLUTION                                                                             \
  global const float *x, ulong x_at, global const float *w, ulong w_at, global const int *places, \
      ulong places_at, uint pixels, uint image_pixels, uint image_step, uint image_results,        \
      uint kernel_rows, uint pieces, uint run, uint row_step, uint piece_step, uint weight_step,   \
      uint block_step, uint outs, global float *y, ulong y_at

// Where the window of a pixel begins in x, and which pixel of y is its result.
#define EB_WINDOW(p) \
  ((size_t)((p) / image_pixels) * image_step + places[places_at + (p) % image_pixels])
#if EB_PART
#define EB_RESULT(p)                                 \
  ((size_t)((p) / image_pixels) * image_results +    \
   places[places_at + image_pixels + (p) % image_pixels])
#else
#define EB_RESULT(p) ((size_t)(p))
#endif

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
  x += x_at;
  w += w_at + (size_t)block * block_step;
  for (uint r = 0; r < kernel_rows; r++) {
    global const float* piece = x;
    global const float* weights = w;
    for (uint q = 0; q < pieces; q++) {
      for (uint t = 0; t < run; t++) {
        float16 weight[EB_BLOCKS];
        EB_UNROLL
        for (int b = 0; b < EB_BLOCKS; b++) weight[b] = vload16(t, weights + b * (size_t)block_step);
        EB_UNROLL
        for (int j = 0; j < EB_PIXELS; j++) {
          const float16 v = piece[at[j] + t];
          EB_UNROLL
          for (int b = 0; b < EB_BLOCKS; b++) sum[j][b] = fma(v, weight[b], sum[j][b]);
        }
      }
      piece += run;
      weights += piece_step;
    }
    x += row_step;
    w += weight_step;
  }
  y += y_at;
  const uint some = min((uint)EB_PIXELS, pixels - first);
  for (uint j = 0; j < some; j++) {
    global float* to = y + EB_RESULT(first + j) * outs;
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
  const uint row_taps = pieces * run;
  const uint depth = kernel_rows * row_taps;
  size_t at[EB_EACH];
  for (int q = 0; q < EB_EACH; q++) {
    const uint p = min(first + line + 16 * q, pixels - 1);
    at[q] = x_at + EB_WINDOW(p);
  }
  float sum[EB_EACH][EB_EACH] = {{0.0f}};
  for (uint k0 = 0; k0 < depth; k0 += EB_DEPTH) {
    const uint k = k0 + lane;
    const size_t tap = k < depth ? (size_t)(k / row_taps) * row_step + k % row_taps : 0;
    for (int q = 0; q < EB_EACH; q++) left[lane][line + 16 * q] = k < depth ? x[at[q] + tap] : 0.0f;
    const uint own = k0 + line;
    const size_t weight = own < depth ? w_at + (size_t)(own / row_taps) * weight_step +
                                            own % row_taps / run * piece_step + own % run * 16 + lane
                                      : 0;
    for (int q = 0; q < EB_EACH; q++) {
      right[line][16 * q + lane] = own < depth && block + q < blocks
                                       ? w[weight + (size_t)(block + q) * block_step]
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
    if (p >= pixels) continue;
    global float* to = y + y_at + EB_RESULT(p) * outs;
    for (int j = 0; j < EB_EACH; j++) {
      const uint o = 16 * (block + j) + lane;
      if (o < outs) to[o] = sum[i][j];
    }
  }
}
#endif
