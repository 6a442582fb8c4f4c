// A counter. Version 1: one addition, unsigned so that it may wrap.
#include "cpu/kernel_table.h"

namespace eb::EB_ISA {

eb_status increment_i64(const int64_t* counter, int64_t by, int64_t* y) {
  y[0] = static_cast<int64_t>(static_cast<uint64_t>(counter[0]) + static_cast<uint64_t>(by));
  return EB_OK;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
eb_status eb_increment_i64(const int64_t* counter, int64_t by, int64_t* y) {
  if (!counter || !y) return EB_BAD_ARGUMENT;
  return eb::active().increment_i64(counter, by, y);
}
#endif
