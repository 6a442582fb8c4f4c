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

// Whether Winograd's filterings compute it.
inline bool fits_winograd(const eb_conv2d* s) {
  return valid(s) && s->kernel_height == 3 && s->kernel_width == 3 && s->stride == 1 &&
         s->padding == 1;
}

// Whether the arguments of a convolution fit together.
inline bool fits(const eb_conv2d* s, const void* x, const void* w, const float* mean,
                 const float* scale, const float* beta, const void* residual, const void* y,
                 const void* scratch) {
  return valid(s) && x && w && y && scratch && residual != y && !mean == !scale && !mean == !beta;
}

// The same of one by Winograd's filterings.
inline bool fits_winograd(const eb_conv2d* s, const void* x, const void* w, const float* mean,
                          const float* scale, const float* beta, const void* residual,
                          const void* y, const void* scratch) {
  return fits_winograd(s) && fits(s, x, w, mean, scale, beta, residual, y, scratch);
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

// Whether the arguments of a convolution of such an input fit together.
inline bool valid(const eb_conv2d* s, const eb_norm* norm, const void* x, const void* w,
                  const eb_norm* after, const void* residual, const void* y, const void* scratch) {
  return valid(s, norm) && x && w && y && scratch && residual != y &&
         (!after || normalizes(*after, s->out));
}

}  // namespace eb

#endif
