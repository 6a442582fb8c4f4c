// Element types of stored activations: float, or bf16, which kernels read as floats and round when
// they store. Arithmetic is in float either way.
#ifndef EARLYBIRD_CPU_ELEMENT_H
#define EARLYBIRD_CPU_ELEMENT_H

#include <stdint.h>

#include "common/bf16.h"

namespace eb::EB_ISA {

// A bf16 number in memory. It is assigned from a float, not made of one: loops over temporary objects
// do not become vectors.
struct Bf16 {
  uint16_t bits;
  Bf16& operator=(float x) {
    bits = eb_bf16_bits(x);
    return *this;
  }
  operator float() const { return eb_bf16_value(bits); }
};
static_assert(sizeof(Bf16) == sizeof(uint16_t), "memory of the C ABI is used in place");

// The C ABI's bf16 numbers.
inline const Bf16* bf16(const uint16_t* p) { return reinterpret_cast<const Bf16*>(p); }
inline Bf16* bf16(uint16_t* p) { return reinterpret_cast<Bf16*>(p); }

}  // namespace eb::EB_ISA

#endif
