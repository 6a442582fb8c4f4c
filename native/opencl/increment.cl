// A counter; unsigned, so that it may wrap.
kernel void increment_i64(global const ulong* counter, ulong counter_at, ulong by, global ulong* y,
                          ulong y_at) {
  y[y_at] = counter[counter_at] + by;
}
