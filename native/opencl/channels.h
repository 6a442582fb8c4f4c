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

/*
 * Sums over rows keep EB_LANES channels in registers for EB_TALL rows. The last vector of a group may
 * begin among its neighbour's channels, so that it is whole.
 */
#if EB_LANES == 16
#define EB_TALL 16
#define EB_SOME_ROWS(row, end) min((uint)EB_TALL, (end) - (row))
#else
#define EB_TALL 1
#define EB_SOME_ROWS(row, end) 1
#endif
#define EB_VECTORS(count) (((count) + EB_LANES - 1) / EB_LANES)
#define EB_LANE_OF(vector, count) min((uint)(vector)*EB_LANES, (count)-EB_LANES)

#define EB_GROUPS(channels) (((channels) + EB_WIDTH - 1) / EB_WIDTH)

#endif
