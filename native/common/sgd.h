/*
 * Stochastic gradient descent with momentum and weight decay as PyTorch does it. Every product and
 * sum is rounded to fp32 on its own; see elementwise.h for what that asks of the compiler.
 */
#ifndef EARLYBIRD_COMMON_SGD_H
#define EARLYBIRD_COMMON_SGD_H

#ifndef EB_HD
#include "portable.h"
#endif

/* The new momentum buffer: momentum m + (g + weight_decay w). */
EB_HD float eb_sgd_momentum(float w, float m, float g, float momentum, float weight_decay) {
  const float d = g + weight_decay * w;
  return momentum * m + d;
}

/* The new weight, from the new momentum buffer. */
EB_HD float eb_sgd_weight(float w, float m, float rate) { return w - rate * m; }

#endif
