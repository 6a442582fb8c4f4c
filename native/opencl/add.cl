// y = x + other.
kernel void add_f32(global const float* x, ulong x_at, global const float* other, ulong other_at,
                    global float* y, ulong y_at, uint n) {
  x += x_at;
  other += other_at;
  y += y_at;
  EB_MAP(y, i, n, x[i] + other[i]);
}
