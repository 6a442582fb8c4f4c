// Convolution weights from one order to another. Orders: 0 plain [outs, ins, high, wide]; 1 as
// conv2d.cl reads them, [outs / 16, high, wide, ins, 16]; 2 as the gradient of the input reads them,
// with turned windows: [ins / 16, high, wide, outs, 16]. Lanes beyond the last channel are zero.
typedef struct {
  uint out;
  uint in;
  uint row;
  uint column;
} eb_tap;

static eb_tap tap_at(int order, uint i, uint outs, uint ins, uint high, uint wide) {
  eb_tap t;
  if (order == 0) {
    t.column = i % wide;
    t.row = i / wide % high;
    t.in = i / (wide * high) % ins;
    t.out = i / (wide * high * ins);
    return t;
  }
  const uint lane = i % 16;
  const uint inner = order == 1 ? ins : outs;
  const uint deep = i / 16 % inner;
  const uint column = i / (16 * inner) % wide;
  const uint row = i / (16 * inner * wide) % high;
  const uint across = i / (16 * inner * wide * high) * 16 + lane;
  t.out = order == 1 ? across : deep;
  t.in = order == 1 ? deep : across;
  t.row = order == 1 ? row : high - 1 - row;
  t.column = order == 1 ? column : wide - 1 - column;
  return t;
}

static size_t place_of(int order, eb_tap t, uint outs, uint ins, uint high, uint wide) {
  if (order == 0) return (((size_t)t.out * ins + t.in) * high + t.row) * wide + t.column;
  const uint across = order == 1 ? t.out : t.in;
  const uint deep = order == 1 ? t.in : t.out;
  const uint inner = order == 1 ? ins : outs;
  const uint row = order == 1 ? t.row : high - 1 - t.row;
  const uint column = order == 1 ? t.column : wide - 1 - t.column;
  return ((((size_t)(across / 16) * high + row) * wide + column) * inner + deep) * 16 + across % 16;
}

kernel void weight_order_f32(global const float* x, ulong x_at, uint outs, uint ins, uint high,
                             uint wide, uint n, global float* y, ulong y_at) {
  x += x_at;
  y += y_at;
#if EB_TO == 0
  EB_ITEMS(i, n) {
    const eb_tap t = tap_at(0, i, outs, ins, high, wide);
    y[i] = x[place_of(EB_FROM, t, outs, ins, high, wide)];
  }
#else
  // 16 neighbours at a time: their sources are equally far apart.
  const uint apart = EB_FROM ? 16 : EB_TO == 1 ? ins * high * wide : high * wide;
  EB_ITEMS(i, n / 16) {
    const eb_tap t = tap_at(EB_TO, 16 * i, outs, ins, high, wide);
    const uint lanes = min(16u, EB_TO == 1 ? outs - t.out : ins - t.in);
    global const float* from = x + place_of(EB_FROM, t, outs, ins, high, wide);
    global float* to = y + 16 * i;
    for (uint lane = 0; lane < 16; lane++) to[lane] = lane < lanes ? from[lane * apart] : 0.0f;
  }
#endif
}
