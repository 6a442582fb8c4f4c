// Element types of stored activations: float, or bf16, which kernels read as floats and round when
// they store. Arithmetic is in float either way. Launchers take the type as a number and a pointer
// without one.
#ifndef EARLYBIRD_CUDA_ELEMENT_H
#define EARLYBIRD_CUDA_ELEMENT_H

#include <type_traits>

#include "common/bf16.h"
#include "cuda/launch.h"
#include "earlybird/cuda/elementwise.h"

namespace eb::cuda {

// A bf16 number in memory.
struct Bf16 {
  uint16_t bits;
};
static_assert(sizeof(Bf16) == sizeof(uint16_t), "memory of the C ABI is used in place");

__device__ inline float get(const float* p) { return *p; }

__device__ inline float get(const Bf16* p) { return eb_bf16_value(p->bits); }

__device__ inline void put(float* p, float v) { *p = v; }

__device__ inline void put(Bf16* p, float v) { p->bits = eb_bf16_bits(v); }

// Four elements by one access, of 16 bytes or of 8.
__device__ inline float4 load4(const float* p) { return *reinterpret_cast<const float4*>(p); }

__device__ inline float4 load4(const Bf16* p) {
  const uint2 four = *reinterpret_cast<const uint2*>(p);
  return make_float4(eb_bf16_value(static_cast<eb_u16>(four.x & 0xFFFFu)),
                     eb_bf16_value(static_cast<eb_u16>(four.x >> 16)),
                     eb_bf16_value(static_cast<eb_u16>(four.y & 0xFFFFu)),
                     eb_bf16_value(static_cast<eb_u16>(four.y >> 16)));
}

__device__ inline void store4(float* p, float4 v) { *reinterpret_cast<float4*>(p) = v; }

__device__ inline void store4(Bf16* p, float4 v) {
  *reinterpret_cast<uint2*>(p) = make_uint2(eb_bf16_bits(v.x) | eb_u32{eb_bf16_bits(v.y)} << 16,
                                            eb_bf16_bits(v.z) | eb_u32{eb_bf16_bits(v.w)} << 16);
}

// Calls f with a null pointer to elements of a type, or says that there is no such type.
template <class F>
eb_status typed(int32_t element, F f) {
  switch (element) {
    case EB_CUDA_F32:
      return f(static_cast<float*>(nullptr));
    case EB_CUDA_BF16:
      return f(static_cast<Bf16*>(nullptr));
    default:
      return EB_BAD_ARGUMENT;
  }
}

// What `typed` gives to a lambda, and pointers of that type.
template <class P>
using Element = std::remove_pointer_t<P>;

}  // namespace eb::cuda

#endif
