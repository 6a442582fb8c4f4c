// Loss and metrics of a batch of logits [rows, classes] with labels [rows] in [0, classes). Sums run
// over rows in order and in double: the bits do not depend on threads.
#ifndef EARLYBIRD_LOSS_H
#define EARLYBIRD_LOSS_H

#include "earlybird/api.h"

// Scratch bytes of eb_softmax_cross_entropy_f32: one double per row.
EB_API int64_t eb_softmax_cross_entropy_scratch_bytes(int64_t rows);

// loss[0] = mean over rows of -log softmax(logits)[label], and probabilities [rows, classes]. A NaN
// logit makes its row NaN. rows and classes > 0; a label outside its range is EB_BAD_ARGUMENT.
// probabilities may be logits.
EB_API eb_status eb_softmax_cross_entropy_f32(const float* logits, const int32_t* labels,
                                              int64_t rows, int64_t classes, float* loss,
                                              float* probabilities, void* scratch);

// dx [rows, classes] = dloss[0] / rows (probabilities - onehot(labels)). dx may be probabilities.
EB_API eb_status eb_softmax_cross_entropy_backward_f32(const float* probabilities,
                                                       const int32_t* labels, const float* dloss,
                                                       int64_t rows, int64_t classes, float* dx);

// Adds a batch to six counters: rows loss[0]; rows; rows whose label is first; rows whose label is
// among the first five; 1; and, if it is 0 and loss[0] is not finite, step[0] + 1. A row counts for
// the first k if fewer than k classes have a logit that is larger than its label's, or equal with a
// smaller number; never with a NaN at its label. sums may be counters.
EB_API eb_status eb_count_metrics_f64(const double* counters, const float* logits,
                                      const int32_t* labels, const float* loss, const int64_t* step,
                                      int64_t rows, int64_t classes, double* sums);

#endif
