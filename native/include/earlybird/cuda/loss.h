// Softmax cross-entropy and metrics over logits [rows, classes]. A label outside [0, classes) makes
// the loss NaN and counts as wrong. See elementwise.h for what all headers of this folder share.
#ifndef EARLYBIRD_CUDA_LOSS_H
#define EARLYBIRD_CUDA_LOSS_H

#include "earlybird/api.h"

// loss [1]: the mean over rows of -log softmax(logits)[label]; probabilities [rows, classes]. All in
// double, rounded once. scratch: rows doubles. rows and classes > 0. probabilities may be logits.
EB_API eb_status eb_cuda_softmax_cross_entropy_f32(const float* logits, const int32_t* labels,
                                                   int64_t rows, int64_t classes, float* loss,
                                                   float* probabilities, void* scratch,
                                                   void* stream);

// dlogits = dloss[0] (probabilities - onehot(labels)) / rows. dlogits may be probabilities.
EB_API eb_status eb_cuda_softmax_cross_entropy_backward_f32(const float* probabilities,
                                                            const int32_t* labels,
                                                            const float* dloss, int64_t rows,
                                                            int64_t classes, float* dlogits,
                                                            void* stream);

// The six counters of io.earlybird.tensor.op.CountMetrics plus one batch. updated may be counters.
EB_API eb_status eb_cuda_count_metrics_f32(const double* counters, const float* logits,
                                           const int32_t* labels, const float* loss,
                                           const int64_t* step, int64_t rows, int64_t classes,
                                           double* updated, void* stream);

#endif
