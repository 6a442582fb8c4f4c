// Fully connected layers: x [rows, in], w [out, in], bias [out]. Version 1: a work-item per element
// of the result; the layers of these networks are small beside their convolutions.
kernel void linear_f32(global const float* x, ulong x_at, global const float* w, ulong w_at,
                       global const float* bias, ulong bias_at, uint rows, uint in, uint out,
                       global float* y, ulong y_at) {
  EB_ITEMS(i, rows * out) {
    global const float* a = x + x_at + i / out * in;
    global const float* b = w + w_at + i % out * in;
    float16 sums = 0.0f;
    uint k = 0;
    for (; k + 16 <= in; k += 16) sums += vload16(0, a + k) * vload16(0, b + k);
    const float8 eight = sums.lo + sums.hi;
    const float4 four = eight.lo + eight.hi;
    float sum = (four.x + four.y) + (four.z + four.w);
    for (; k < in; k++) sum += a[k] * b[k];
    y[y_at + i] = sum + bias[bias_at + i % out];
  }
}

kernel void linear_backward_data_f32(global const float* dy, ulong dy_at, global const float* w,
                                     ulong w_at, uint rows, uint in, uint out, global float* dx,
                                     ulong dx_at) {
  EB_ITEMS(i, rows * in) {
    global const float* d = dy + dy_at + i / in * out;
    global const float* column = w + w_at + i % in;
    float sum = 0.0f;
    for (uint o = 0; o < out; o++) sum += d[o] * column[o * in];
    dx[dx_at + i] = sum;
  }
}

kernel void linear_backward_weight_f32(global const float* x, ulong x_at, global const float* dy,
                                       ulong dy_at, uint rows, uint in, uint out,
                                       global float* dw, ulong dw_at) {
  EB_ITEMS(i, out * in) {
    global const float* a = x + x_at + i % in;
    global const float* d = dy + dy_at + i / in;
    float sum = 0.0f;
    for (uint r = 0; r < rows; r++) sum += a[r * in] * d[r * out];
    dw[dw_at + i] = sum;
  }
}

kernel void column_sums_f32(global const float* x, ulong x_at, uint rows, uint columns,
                            global float* y, ulong y_at) {
  EB_ITEMS(column, columns) {
    double sum = 0.0;
    for (uint r = 0; r < rows; r++) sum += (double)x[x_at + r * columns + column];
    y[y_at + column] = (float)sum;
  }
}
