// What fully connected layers have beside their products, which are those of 1x1 convolutions.
// Version 1: a work-item per element of a product. Version 2: the products of conv2d.cl.

// y [rows, out] += bias [out].
kernel void add_bias_f32(global const float* bias, ulong bias_at, uint out, uint n, global float* y,
                         ulong y_at) {
  bias += bias_at;
  y += y_at;
  EB_RUN(i, n, (size_t)EB_SPAN) y[i] += bias[i % out];
}

// y [columns], sums over rows of x [rows, columns].
kernel void column_sums_f32(global const float* x, ulong x_at, uint rows, uint columns,
                            global float* y, ulong y_at) {
  EB_ITEMS(column, columns) {
    double sum = 0.0;
    for (uint r = 0; r < rows; r++) sum += (double)x[x_at + (size_t)r * columns + column];
    y[y_at + column] = (float)sum;
  }
}
