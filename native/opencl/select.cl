// Channel selection, forward and backward; the plan fuses nearly all of them into batch norm.
kernel void select_f32(global const float* x, ulong x_at, global const int* selected,
                       ulong selected_at, uint channels, uint kept, uint rows, global float* y,
                       ulong y_at) {
  x += x_at;
  selected += selected_at;
  y += y_at;
  EB_ITEMS(row, rows) {
    for (uint k = 0; k < kept; k++) y[row * kept + k] = x[row * channels + selected[k]];
  }
}

kernel void select_backward_f32(global const float* dy, ulong dy_at, global const int* position,
                                ulong position_at, uint channels, uint kept, uint rows,
                                global float* dx, ulong dx_at) {
  dy += dy_at;
  position += position_at;
  dx += dx_at;
  EB_ITEMS(row, rows) {
    for (uint c = 0; c < channels; c++) {
      const int k = position[c];
      dx[row * channels + c] = k >= 0 ? dy[row * kept + k] : 0.0f;
    }
  }
}
