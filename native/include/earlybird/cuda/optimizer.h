// Updates of trained and running state; the same bits as optimizer.h of the CPU library. Every
// product and sum is rounded to fp32 on its own. See elementwise.h for what all headers of this
// folder share.
#ifndef EARLYBIRD_CUDA_OPTIMIZER_H
#define EARLYBIRD_CUDA_OPTIMIZER_H

#include "earlybird/api.h"

enum {
  // Elements of one tensor that one block of eb_cuda_multi_sgd_update_f32 updates.
  EB_CUDA_SGD_CHUNK = 4096,
  // Bytes of one eb_sgd_item of the CPU library's optimizer.h.
  EB_CUDA_SGD_ITEM_BYTES = 64,
  // Bytes of one eb_quantized_sgd_item.
  EB_CUDA_QUANTIZED_SGD_ITEM_BYTES = 96,
  // Rows of one value that one block of eb_cuda_multi_quantized_sgd_update_f32 updates.
  EB_CUDA_QUANTIZED_SGD_ROWS = 1024
};

// y[i] = g[i] + scale sign(w[i]); the sign of both zeros and of NaN is 0. y may be g or w.
EB_API eb_status eb_cuda_add_sign_f32(const float* g, const float* w, float scale, float* y,
                                      int64_t n, void* stream);

// d = g + weight_decay w, new_m = momentum m + d, new_w = w - rate[0] new_m, for n elements. new_w
// may be w or g, new_m may be m.
EB_API eb_status eb_cuda_sgd_update_f32(const float* w, const float* m, const float* g,
                                        const float* rate, float momentum, float weight_decay,
                                        float* new_w, float* new_m, int64_t n, void* stream);

// The L1 term (where l1_scale is not 0) and the update of many tensors in one launch. items:
// `count` eb_sgd_item; first_chunk [count + 1]: how many chunks of EB_CUDA_SGD_CHUNK elements lie
// before each item; chunks = first_chunk[count].
EB_API eb_status eb_cuda_multi_sgd_update_f32(const void* items, const int32_t* first_chunk,
                                              int64_t count, int64_t chunks, const float* rate,
                                              void* stream);

// eb_multi_quantized_sgd_update_f32 of the CPU library in one launch. items: `count`
// eb_quantized_sgd_item; first_block [count + 1]: how many blocks of threads lie before each item, one
// for a row, or for EB_CUDA_QUANTIZED_SGD_ROWS rows of one value; blocks = first_block[count].
EB_API eb_status eb_cuda_multi_quantized_sgd_update_f32(const void* items,
                                                        const int32_t* first_block, int64_t count,
                                                        int64_t blocks, const float* rate,
                                                        int32_t stochastic, int64_t seed,
                                                        const int64_t* step, void* stream);

// y[i] = (1 - momentum[0]) average[i] + momentum[0] (correction value[i]). y may be average or
// value.
EB_API eb_status eb_cuda_update_average_f32(const float* average, const float* value,
                                            const float* momentum, float correction, float* y,
                                            int64_t n, void* stream);

// y[0] = counter[0] + by, modulo 2^64. y may be counter.
EB_API eb_status eb_cuda_increment_i64(const int64_t* counter, int64_t by, int64_t* y,
                                       void* stream);

#endif
