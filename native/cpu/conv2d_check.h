// What all entry points of convolutions check.
#ifndef EARLYBIRD_CPU_CONV2D_CHECK_H
#define EARLYBIRD_CPU_CONV2D_CHECK_H

#include "cpu/batch_norm_check.h"
#include "earlybird/products.h"

namespace eb {

inline bool valid(const eb_conv2d* s) {
  return s && s->n >= 1 && s->height >= 1 && s->width >= 1 && s->in >= 1 && s->out >= 1 &&
         s->kernel_height >= 1 && s->kernel_width >= 1 && s->stride >= 1 && s->padding >= 0 &&
         s->height + 2 * s->padding >= s->kernel_height &&
         s->width + 2 * s->padding >= s->kernel_width;
}

// Whether pixels are multiplied one by one, each with the same 1x1 weights.
inline bool fits_pointwise(const eb_conv2d* s) {
  return valid(s) && s->kernel_height == 1 && s->kernel_width == 1 && s->stride == 1 &&
         s->padding == 0;
}

// Whether Winograd's F(2x2, 3x3) computes it.
inline bool fits_winograd(const eb_conv2d* s) {
  return valid(s) && s->kernel_height == 3 && s->kernel_width == 3 && s->stride == 1 &&
         s->padding == 1;
}

// Whether there are products of an input of `channels` channels that is read through a norm.
inline bool fits_norm(const eb_conv2d* s, int64_t channels) {
  return (fits_pointwise(s) || fits_winograd(s)) && channels >= s->in;
}

// Whether a norm is of all of so many channels.
inline bool normalizes(const eb_norm& n, int64_t channels) {
  return n.gamma && n.beta && n.mean && n.variance && !n.selected && n.channels == channels;
}

inline bool valid(const eb_conv2d* s, const eb_norm* n) {
  if (!n || !fits_norm(s, n->channels)) return false;
  if (!n->gamma || !n->beta || !n->mean || !n->variance) return false;
  if (!n->selected) return n->channels == s->in;
  return fits_pointwise(s) && check_selection(1, n->channels, n->selected, s->in) == EB_OK;
}

}  // namespace eb

#endif
