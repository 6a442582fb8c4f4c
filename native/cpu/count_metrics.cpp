// Sums for the metrics of an epoch. Version 1: one thread; it counts instead of sorting, and a batch
// of 256 with 1000 classes takes some tens of microseconds.
#include <math.h>

#include "cpu/kernel_table.h"

namespace eb::EB_ISA {
namespace {

// Number of classes that come before the label.
int64_t before(const float* logits, int64_t classes, int64_t label) {
  const float own = logits[label];
  int32_t count = 0;
#pragma omp simd reduction(+ : count)
  for (int64_t k = 0; k < label; k++) count += logits[k] >= own ? 1 : 0;
#pragma omp simd reduction(+ : count)
  for (int64_t k = label + 1; k < classes; k++) count += logits[k] > own ? 1 : 0;
  return count;
}

}  // namespace

eb_status count_metrics_f64(const double* counters, const float* logits, const int32_t* labels,
                            const float* loss, const int64_t* step, int64_t rows, int64_t classes,
                            double* sums) {
  int64_t first = 0;
  int64_t fifth = 0;
  for (int64_t r = 0; r < rows; r++) {
    const float* z = logits + r * classes;
    if (isnan(z[labels[r]])) continue;
    const int64_t rank = before(z, classes, labels[r]);
    first += rank < 1 ? 1 : 0;
    fifth += rank < 5 ? 1 : 0;
  }
  const double count = static_cast<double>(rows);
  const double bad = counters[5];
  sums[0] = counters[0] + count * static_cast<double>(loss[0]);
  sums[1] = counters[1] + count;
  sums[2] = counters[2] + static_cast<double>(first);
  sums[3] = counters[3] + static_cast<double>(fifth);
  sums[4] = counters[4] + 1.0;
  sums[5] = !isfinite(loss[0]) && bad == 0.0 ? static_cast<double>(step[0]) + 1.0 : bad;
  return EB_OK;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
eb_status eb_count_metrics_f64(const double* counters, const float* logits, const int32_t* labels,
                               const float* loss, const int64_t* step, int64_t rows,
                               int64_t classes, double* sums) {
  if (rows < 0 || classes < 0 || !counters || !loss || !step || !sums) return EB_BAD_ARGUMENT;
  if (rows > 0 && (!logits || !labels)) return EB_BAD_ARGUMENT;
  for (int64_t r = 0; r < rows; r++) {
    if (labels[r] < 0 || labels[r] >= classes) return EB_BAD_ARGUMENT;
  }
  return eb::active().count_metrics_f64(counters, logits, labels, loss, step, rows, classes, sums);
}
#endif
