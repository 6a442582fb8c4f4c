// Sixteen channels in a register, for pooling by hand with AVX-512.
#ifndef EARLYBIRD_CPU_POOL_REGISTERS_H
#define EARLYBIRD_CPU_POOL_REGISTERS_H

#include <stdint.h>

#include "cpu/lanes.h"

namespace eb::EB_ISA {

#if defined(__AVX512F__)

// Numbers of channels that are a multiple of it are done in registers.
constexpr int64_t kAtOnce = 16;

constexpr __mmask16 kAll = 0xFFFF;

#else

// No number of channels is a multiple of it.
constexpr int64_t kAtOnce = INT64_MAX;

#endif

}  // namespace eb::EB_ISA

#endif
