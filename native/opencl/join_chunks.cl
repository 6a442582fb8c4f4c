// Joins partial results [chunks, n] in order.
kernel void join_chunks_f32(global const float* partial, ulong partial_at, uint chunks, uint n,
                            global float* y, ulong y_at) {
  partial += partial_at;
  y += y_at;
  EB_ELEMENTS(i, n) {
    float sum = partial[i];
    for (uint c = 1; c < chunks; c++) sum += partial[(size_t)c * n + i];
    y[i] = sum;
  }
}
