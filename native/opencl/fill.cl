// y[i] = value. Version 1: one pass, past the caches if the result is large: memory's rate of writing
// alone is its limit.
kernel void fill_f32(float value, global float* y, ulong y_at, uint n) {
  y += y_at;
  EB_MAP(y, i, n, value);
}
