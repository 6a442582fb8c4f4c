// A batch from the resident data set: chosen, cropped, mirrored, normalised. Which random words are
// used is the wire format of docs/philox.md: the bits are the same everywhere.
#ifndef EARLYBIRD_AUGMENTATION_H
#define EARLYBIRD_AUGMENTATION_H

#include "earlybird/api.h"

// The data set and what is done to a batch of it.
typedef struct {
  int64_t pictures;  // in the data set
  int64_t height;
  int64_t width;
  int64_t channels;
  int64_t order_length;
  int64_t batch;
  int64_t padding;  // black pixels on each side, 0 or more
  int64_t seed;
  int32_t random;  // 0: neither crop nor mirror
} eb_augmentation;

// x [batch, height, width, channels] and batch_labels [batch] from images [pictures, height, width,
// channels], labels [pictures], order [order_length], cursor [1], step [1] and table [channels,
// 256]. Sample j is picture order[cursor[0] + j]; its random numbers are those of block j at step
// step[0]. A cursor, or a picture number, outside of its range is EB_BAD_ARGUMENT; x is then
// unspecified.
EB_API eb_status eb_augment_u8_f32(const eb_augmentation* augmentation, const uint8_t* images,
                                   const int32_t* labels, const int32_t* order,
                                   const int64_t* cursor, const int64_t* step, const float* table,
                                   float* x, int32_t* batch_labels);

#endif
