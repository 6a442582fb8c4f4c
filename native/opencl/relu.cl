// ReLU and its gradient.
#include "common/elementwise.h"

kernel void relu_f32(global const float* x, ulong x_at, global float* y, ulong y_at, uint n) {
  x += x_at;
  y += y_at;
  EB_MAP(y, i, n, eb_relu(x[i]));
}

kernel void relu_backward_f32(global const float* y, ulong y_at, global const float* dy, ulong dy_at,
                              global float* dx, ulong dx_at, uint n) {
  y += y_at;
  dy += dy_at;
  dx += dx_at;
  EB_MAP(dx, i, n, eb_relu_gradient(y[i], dy[i]));
}
