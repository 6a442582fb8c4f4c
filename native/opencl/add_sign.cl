// The L1 term: y = g + scale sign(w).
#include "common/elementwise.h"

kernel void add_sign_f32(global const float* g, ulong g_at, global const float* w, ulong w_at,
                         float scale, global float* y, ulong y_at, uint n) {
  g += g_at;
  w += w_at;
  y += y_at;
  EB_ELEMENTS(i, n) y[i] = eb_add_sign(g[i], w[i], scale);
}
