// A ReLU of one's own. The header declares eb_relu_f32 as extern "C" and exported, so a signature
// that differs does not compile.
#include "earlybird/elementwise.h"

eb_status eb_relu_f32(const float* x, float* y, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    // Written this way round a NaN stays a NaN and -0 becomes +0, as the header asks.
    y[i] = x[i] <= 0 ? 0.0f : x[i];
  }
  return EB_OK;
}
