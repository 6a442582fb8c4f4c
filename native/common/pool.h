/* The rule by which max pooling chooses: the first of equal values wins, the first NaN wins over
 * everything. */
#ifndef EARLYBIRD_COMMON_POOL_H
#define EARLYBIRD_COMMON_POOL_H

#ifndef EB_HD
#include "portable.h"
#endif

/* Whether `value`, which comes later in the window, takes the place of `best`: a formula, because
 * OpenCL C applies it to vectors too. */
#define EB_POOL_WINS(value, best) (!((value) <= (best)) & ((best) == (best)))

EB_HD int eb_pool_wins(float value, float best) { return EB_POOL_WINS(value, best); }

#endif
