// Channel selection on rows of channels, x [rows, channels] (NHWC). Copies only: the bits are the
// same everywhere. See batch_norm.h for what a selection is.
#ifndef EARLYBIRD_CHANNELS_H
#define EARLYBIRD_CHANNELS_H

#include "earlybird/api.h"

// y [rows, kept]: y[r][k] = x[r][selected[k]].
EB_API eb_status eb_select_f32(const float* x, int64_t rows, int64_t channels,
                               const int32_t* selected, int64_t kept, float* y);

// dx [rows, channels]: dx[r][selected[k]] = dy[r][k], 0 in all other channels; dy [rows, kept].
EB_API eb_status eb_select_backward_f32(const float* dy, int64_t rows, int64_t channels,
                                        const int32_t* selected, int64_t kept, float* dx);

// The same on bf16 numbers.
EB_API eb_status eb_select_bf16(const uint16_t* x, int64_t rows, int64_t channels,
                                const int32_t* selected, int64_t kept, uint16_t* y);
EB_API eb_status eb_select_backward_bf16(const uint16_t* dy, int64_t rows, int64_t channels,
                                         const int32_t* selected, int64_t kept, uint16_t* dx);

#endif
