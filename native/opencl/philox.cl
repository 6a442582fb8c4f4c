// Draws the random bits of n values, EB_BITS each, and writes one word per work-item: how fast a
// kernel that rounds at random can be at best on a device whose memory costs nothing.
#include "opencl/philox_lanes.h"

kernel void philox_u32(ulong seed, ulong step, uint hash, uint n, global uint* y, ulong y_at) {
  uint all = 0;
  EB_ITEMS(tile, (n + EB_TILE - 1) / EB_TILE) {
#if EB_BITS <= 16
    eb_halves random;
    philox_halves(seed, tile * (EB_TILE / 8), step, hash, &random);
#else
    eb_words random;
    philox_words(seed, tile * (EB_TILE / 4), step, hash, &random);
#endif
    for (int j = 0; j < EB_TILE; j++) all ^= random.at[j];
  }
  y[y_at + get_global_id(0)] = all;
}
