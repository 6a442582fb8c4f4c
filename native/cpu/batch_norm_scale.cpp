// The factor of each channel of a batch norm with given statistics.
// Version 1: a loop; a few hundred channels take a microsecond.
#include "common/batch_norm.h"
#include "cpu/kernel_table.h"

namespace eb::EB_ISA {

eb_status batch_norm_scale_f32(const float* gamma, const float* variance, int64_t channels,
                               float epsilon, float* scale) {
  for (int64_t c = 0; c < channels; c++) {
    scale[c] = eb_batch_norm_scale(gamma[c], variance[c], epsilon);
  }
  return EB_OK;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
eb_status eb_batch_norm_scale_f32(const float* gamma, const float* variance, int64_t channels,
                                  float epsilon, float* scale) {
  if (channels < 0 || (channels > 0 && (!gamma || !variance || !scale))) return EB_BAD_ARGUMENT;
  return eb::active().batch_norm_scale_f32(gamma, variance, channels, epsilon, scale);
}
#endif
