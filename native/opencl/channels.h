/*
 * Walks over rows of channels in groups of EB_WIDTH neighbouring channels, so that what belongs to a
 * channel is loaded once. With EB_EXACT the number of channels is a multiple of EB_WIDTH.
 */
#ifndef EARLYBIRD_OPENCL_CHANNELS_H
#define EARLYBIRD_OPENCL_CHANNELS_H

#if EB_EXACT
#define EB_COUNT(first, channels) EB_WIDTH
#else
#define EB_COUNT(first, channels) min((uint)EB_WIDTH, (channels) - (first))
#endif

#define EB_GROUPS(channels) (((channels) + EB_WIDTH - 1) / EB_WIDTH)

#endif
