// Argument checks shared by the batch norm kernels.
#ifndef EARLYBIRD_CPU_BATCH_NORM_CHECK_H
#define EARLYBIRD_CPU_BATCH_NORM_CHECK_H

#include "cpu/channel_select.h"

namespace eb {

// Whether extents and selection (null: all channels) fit together.
inline eb_status check_selection(int64_t rows, int64_t channels, const int32_t* selected,
                                 int64_t kept) {
  if (rows <= 0 || channels < 0 || kept < 0 || kept > channels) return EB_BAD_ARGUMENT;
  if (!selected) return kept == channels ? EB_OK : EB_BAD_ARGUMENT;
  if (channels > EB_MAX_SELECTABLE) return EB_UNSUPPORTED;
  return EB_ISA::valid_selection(selected, kept, channels) ? EB_OK : EB_BAD_ARGUMENT;
}

}  // namespace eb

#endif
