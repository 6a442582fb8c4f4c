// Softmax cross-entropy and its gradient. Version 1: rows in parallel, each with its own maximum,
// exponentials in fp32 and their sum in double; the rows' losses are added in order.
#include <math.h>

#include "cpu/kernel_table.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {
namespace {

// Probabilities of one row; returns its loss.
double row_loss(const float* z, int64_t classes, int64_t label, float* p) {
  float top = z[0];
  for (int64_t k = 1; k < classes; k++) top = z[k] > top ? z[k] : top;
  const double own = static_cast<double>(z[label]) - static_cast<double>(top);
  double sum = 0.0;
  for (int64_t k = 0; k < classes; k++) {
    p[k] = expf(z[k] - top);
    sum += static_cast<double>(p[k]);
  }
  const double share = 1.0 / sum;
  for (int64_t k = 0; k < classes; k++) {
    p[k] = static_cast<float>(static_cast<double>(p[k]) * share);
  }
  return log(sum) - own;
}

}  // namespace

eb_status softmax_cross_entropy_f32(const float* logits, const int32_t* labels, int64_t rows,
                                    int64_t classes, float* loss, float* probabilities,
                                    void* scratch) {
  double* losses = static_cast<double*>(scratch);
#pragma omp parallel for schedule(static) if (rows * classes >= kSerial / 16)
  for (int64_t r = 0; r < rows; r++) {
    losses[r] = row_loss(logits + r * classes, classes, labels[r], probabilities + r * classes);
  }
  double sum = 0.0;
  for (int64_t r = 0; r < rows; r++) sum += losses[r];
  loss[0] = static_cast<float>(sum / static_cast<double>(rows));
  return EB_OK;
}

eb_status softmax_cross_entropy_backward_f32(const float* probabilities, const int32_t* labels,
                                             const float* dloss, int64_t rows, int64_t classes,
                                             float* dx) {
  const float share = dloss[0] / static_cast<float>(rows);
#pragma omp parallel for schedule(static) if (rows * classes >= kSerial)
  for (int64_t r = 0; r < rows; r++) {
    const float* p = probabilities + r * classes;
    float* d = dx + r * classes;
    const float own = p[labels[r]];
    for (int64_t k = 0; k < classes; k++) d[k] = p[k] * share;
    d[labels[r]] = (own - 1.0f) * share;
  }
  return EB_OK;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
namespace {
bool in_range(const int32_t* labels, int64_t rows, int64_t classes) {
  for (int64_t r = 0; r < rows; r++) {
    if (labels[r] < 0 || labels[r] >= classes) return false;
  }
  return true;
}
}  // namespace

int64_t eb_softmax_cross_entropy_scratch_bytes(int64_t rows) {
  return rows < 0 ? 0 : rows * static_cast<int64_t>(sizeof(double));
}

eb_status eb_softmax_cross_entropy_f32(const float* logits, const int32_t* labels, int64_t rows,
                                       int64_t classes, float* loss, float* probabilities,
                                       void* scratch) {
  if (rows <= 0 || classes <= 0 || !logits || !labels || !loss || !probabilities || !scratch) {
    return EB_BAD_ARGUMENT;
  }
  if (!in_range(labels, rows, classes)) return EB_BAD_ARGUMENT;
  return eb::active().softmax_cross_entropy_f32(logits, labels, rows, classes, loss, probabilities,
                                                scratch);
}

eb_status eb_softmax_cross_entropy_backward_f32(const float* probabilities, const int32_t* labels,
                                                const float* dloss, int64_t rows, int64_t classes,
                                                float* dx) {
  if (rows <= 0 || classes <= 0 || !probabilities || !labels || !dloss || !dx) {
    return EB_BAD_ARGUMENT;
  }
  if (!in_range(labels, rows, classes)) return EB_BAD_ARGUMENT;
  return eb::active().softmax_cross_entropy_backward_f32(probabilities, labels, dloss, rows,
                                                         classes, dx);
}
#endif
