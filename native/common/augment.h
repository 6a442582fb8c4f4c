/*
 * Training-time augmentation of 32x32 pictures: zero padding, random crop, random mirroring. Same
 * arithmetic, bit for bit, as io.earlybird.random.Augmentation; which words of Philox are used is
 * part of the wire format in docs/philox.md.
 *
 * A picture is padded with zero *bytes* (black) before normalisation, so a padded pixel of channel
 * c becomes table[c][0]. This text compiles as C99, C++17, CUDA (host and device) and OpenCL C
 * 1.2.
 */
#ifndef EARLYBIRD_COMMON_AUGMENT_H
#define EARLYBIRD_COMMON_AUGMENT_H

#ifndef EB_HD
#include "portable.h"
#endif
#ifndef EARLYBIRD_COMMON_PHILOX_H
#include "philox.h"
#endif

/* FNV-1a-32 of "augment:crop-flip". */
#define EB_AUGMENT_HASH 0x8CC9A34Cu

/* Upper left corner of the crop in the padded picture, both in [0, 2*pad]; flip is 0 or 1. */
typedef struct {
  eb_i32 top;
  eb_i32 left;
  eb_i32 flip;
} eb_augment;

/*
 * What happens to sample `sample` (position in the global batch) at global step `step`. pad >= 0
 * pixels on each side.
 */
EB_HD eb_augment eb_augment_draw(eb_u64 seed, eb_u64 step, eb_u32 sample, eb_u32 pad) {
  const eb_philox4 b = eb_philox_block(seed, sample, step, EB_AUGMENT_HASH);
  eb_augment a;
  a.top = (eb_i32)eb_philox_bounded(b.w0, 2u * pad + 1u);
  a.left = (eb_i32)eb_philox_bounded(b.w1, 2u * pad + 1u);
  a.flip = (eb_i32)(b.w2 >> 31);
  return a;
}

/* Evaluation: the picture as it is. */
EB_HD eb_augment eb_augment_none(eb_u32 pad) {
  eb_augment a;
  a.top = (eb_i32)pad;
  a.left = (eb_i32)pad;
  a.flip = 0;
  return a;
}

/*
 * Index y*width + x of the source pixel behind output pixel (row, column), or -1 where it is
 * padding. The picture is height x width, and so is the output.
 */
EB_HD eb_i32 eb_augment_source(eb_augment a, eb_i32 row, eb_i32 column, eb_i32 height, eb_i32 width,
                               eb_i32 pad) {
  const eb_i32 y = row + a.top - pad;
  const eb_i32 x = (a.flip ? width - 1 - column : column) + a.left - pad;
  const int inside = y >= 0 && y < height && x >= 0 && x < width;
  return inside ? y * width + x : -1;
}

#endif
