// Running averages.
#include "common/elementwise.h"

kernel void update_average_f32(global const float* average, ulong average_at,
                               global const float* value, ulong value_at,
                               global const float* momentum, ulong momentum_at, float correction,
                               global float* y, ulong y_at, uint n) {
  average += average_at;
  value += value_at;
  y += y_at;
  const float m = momentum[momentum_at];
  EB_ELEMENTS(i, n) y[i] = eb_average(average[i], value[i], m, correction);
}
