// Gradient of a convolution with respect to its weights: an implicit product over pixels of x, with
// its zeros around it (pad.cl), and dy, whose channels are a multiple of 16. The result, and so the
// partial ones of every chunk of pixels, are ordered as conv2d.cl reads weights.
// Version 1: a work-item per EB_TAPS x 16 EB_BLOCKS results in registers and a chunk of pixels, for
// processors. Version 2: tiles of EB_SIDE taps x outs in local memory, for GPUs.
#define EB_GRADIENT                                                                                \
  global const float *x, ulong x_at, global const float *dy, ulong dy_at,                          \
      global const int *places, ulong places_at, uint pixels, uint image_pixels, uint image_step,  \
      uint chunk, uint kernel_rows, uint run, uint row_step, uint outs, global float *partial,     \
      ulong partial_at

#ifdef EB_TAPS
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void conv2d_backward_weight_rows_f32(
    EB_GRADIENT) {
  const uint groups = (run + EB_TAPS - 1) / EB_TAPS;
  const uint own = get_global_id(0) % groups * EB_TAPS;
  const uint row = get_global_id(0) / groups;
  // The last group may begin among its neighbour's taps, so that it reads no further than the run.
  const uint tap = min(own, run - EB_TAPS);
  const uint block = get_global_id(1) * EB_BLOCKS;
  const uint begin = get_global_id(2) * chunk;
  const uint end = min(pixels, begin + chunk);
  float16 sum[EB_TAPS][EB_BLOCKS];
  EB_UNROLL
  for (int j = 0; j < EB_TAPS; j++) {
    EB_UNROLL
    for (int b = 0; b < EB_BLOCKS; b++) sum[j][b] = 0.0f;
  }
  x += x_at + (size_t)row * row_step + tap;
  dy += dy_at + 16 * block;
  for (uint p = begin; p < end;) {
    const uint place = p % image_pixels;
    const uint some = min(image_pixels - place, end - p);
    global const float* image = x + (size_t)(p / image_pixels) * image_step;
    global const int* at = places + places_at + place;
    global const float* gradient = dy + (size_t)p * outs;
    for (uint q = 0; q < some; q++) {
      float16 d[EB_BLOCKS];
      EB_UNROLL
      for (int b = 0; b < EB_BLOCKS; b++) d[b] = vload16(b, gradient);
      global const float* from = image + at[q];
      EB_UNROLL
      for (int j = 0; j < EB_TAPS; j++) {
        const float16 v = from[j];
        EB_UNROLL
        for (int b = 0; b < EB_BLOCKS; b++) sum[j][b] = fma(v, d[b], sum[j][b]);
      }
      gradient += outs;
    }
    p += some;
  }
  const size_t taps = (size_t)kernel_rows * run;
  global float* to = partial + partial_at + get_global_id(2) * taps * outs;
  for (uint j = own - tap; j < EB_TAPS; j++) {
    for (int b = 0; b < EB_BLOCKS; b++) {
      vstore16(sum[j][b], (block + b) * taps + row * run + tap + j, to);
    }
  }
}
#endif

#ifdef EB_SIDE
#define EB_DEPTH 16
#define EB_EACH (EB_SIDE / 16)

kernel __attribute__((reqd_work_group_size(16, 16, 1))) void conv2d_backward_weight_tiles_f32(
    EB_GRADIENT) {
  local float left[EB_DEPTH][EB_SIDE];
  local float right[EB_DEPTH][EB_SIDE];
  const uint lane = get_local_id(0);
  const uint line = get_local_id(1);
  const uint taps = kernel_rows * run;
  const uint first = get_group_id(0) * EB_SIDE;
  const uint out = get_group_id(1) * EB_SIDE;
  const uint begin = get_group_id(2) * chunk;
  const uint end = min(pixels, begin + chunk);
  size_t tap[EB_EACH];
  for (int q = 0; q < EB_EACH; q++) {
    const uint k = min(first + lane + 16 * q, taps - 1);
    tap[q] = x_at + (size_t)(k / run) * row_step + k % run;
  }
  float sum[EB_EACH][EB_EACH] = {{0.0f}};
  for (uint p0 = begin; p0 < end; p0 += EB_DEPTH) {
    const uint p = p0 + line;
    const bool inside = p < end;
    const size_t at =
        inside ? (size_t)(p / image_pixels) * image_step + places[places_at + p % image_pixels] : 0;
    for (int q = 0; q < EB_EACH; q++) {
      const uint o = out + lane + 16 * q;
      left[line][lane + 16 * q] = inside ? x[at + tap[q]] : 0.0f;
      right[line][lane + 16 * q] =
          inside && o < outs ? dy[dy_at + (size_t)p * outs + o] : 0.0f;
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
  global float* to = partial + partial_at + (size_t)get_group_id(2) * taps * outs;
  for (int i = 0; i < EB_EACH; i++) {
    const uint k = first + line + 16 * i;
    for (int j = 0; j < EB_EACH; j++) {
      const uint o = out + lane + 16 * j;
      if (k < taps && o < outs) to[((size_t)(o / 16) * taps + k) * 16 + o % 16] = sum[i][j];
    }
  }
}
#endif
