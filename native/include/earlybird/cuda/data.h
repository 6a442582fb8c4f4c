// A batch of the resident data set; the same bits as io.earlybird.random.Augmentation. See
// elementwise.h for what all headers of this folder share.
#ifndef EARLYBIRD_CUDA_DATA_H
#define EARLYBIRD_CUDA_DATA_H

#include "earlybird/api.h"

// Extents of a data set and a batch of it; host memory.
typedef struct {
  // Pictures in the data set, entries of the order, pictures in the batch.
  int64_t images;
  int64_t entries;
  int64_t batch;
  int32_t height;
  int32_t width;
  int32_t channels;
  // Black pixels on each side.
  int32_t padding;
  // Whether to crop and flip at random, and the key of the draws.
  int32_t random;
  uint64_t seed;
} eb_cuda_batch;

// x [batch, height, width, channels] and batch_labels [batch]: picture j is number
// order[cursor[0] + j] of pixels [images, height, width, channels], cropped and flipped as Philox
// draws for step[0], each byte u of channel c replaced by table [channels, 256] at [c][u]. A number
// outside the order or the data set gives NaN pixels and the label -1.
EB_API eb_status eb_cuda_augment_u8(const uint8_t* pixels, const int32_t* labels,
                                    const int32_t* order, const int64_t* cursor,
                                    const int64_t* step, const float* table,
                                    const eb_cuda_batch* batch, float* x, int32_t* batch_labels,
                                    void* stream);

#endif
