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

/* First channel of a work-item, and which run of rows it walks over. */
#define EB_FIRST(channels) (get_global_id(0) % EB_GROUPS(channels) * EB_WIDTH)
#define EB_PART(channels) (get_global_id(0) / EB_GROUPS(channels))

/*
 * Sums over rows keep EB_LANES channels in registers for EB_TALL rows; tall blocks of wide rows would
 * be read in strides. The last vector of a group may begin among its neighbour's channels, so that it
 * is whole.
 */
#if EB_LANES == 16
#define EB_TALL (EB_WIDTH < 128 ? 2 : 1)
#else
#define EB_TALL 1
#endif
#define EB_VECTORS(count) (((count) + EB_LANES - 1) / EB_LANES)
#define EB_LANE_OF(vector, count) min((uint)(vector)*EB_LANES, (count)-EB_LANES)

#define EB_GROUPS(channels) (((channels) + EB_WIDTH - 1) / EB_WIDTH)

#endif
