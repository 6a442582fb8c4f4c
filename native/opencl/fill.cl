// y[i] = value.
kernel void fill_f32(float value, global float* y, ulong y_at, uint n) {
  y += y_at;
  EB_MAP(y, i, n, value);
}
