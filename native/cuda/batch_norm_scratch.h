// Scratch memory of the batch norm kernels, and the checks that they share.
#ifndef EARLYBIRD_CUDA_BATCH_NORM_SCRATCH_H
#define EARLYBIRD_CUDA_BATCH_NORM_SCRATCH_H

#include "cuda/channel_walk.h"
#include "earlybird/cuda/batch_norm.h"

namespace eb::cuda {

// Doubles of the chunks' sums: at most kWalkBlocks blocks of 32 lanes of 4 channels.
inline int64_t partial_doubles(int64_t rows, int64_t channels) {
  const int64_t chunks = ceil_div(rows, kThreads / kMaxLanes * kWalkRows);
  const int64_t some = product(chunks, channels);
  const int64_t most = kWalkBlocks * kMaxLanes * 4;
  const int64_t sums = some < most ? some : most;
  return 2 * (sums > channels ? sums : channels);
}

// Channels per access: four where rows start on 16 bytes.
template <class... T>
int width(int64_t channels, const T*... pointers) {
  return channels % 4 == 0 && aligned(pointers...) ? 4 : 1;
}

inline eb_status check_rows(int64_t rows, int64_t channels, const int32_t* selected,
                            const int32_t* position, int64_t kept) {
  if (rows <= 0 || channels < 0 || kept < 0 || kept > channels) return EB_BAD_ARGUMENT;
  if (!selected != !position || (!selected && kept != channels)) return EB_BAD_ARGUMENT;
  return product(rows, channels) > kMaxElements ? EB_UNSUPPORTED : EB_OK;
}

}  // namespace eb::cuda

#endif
