/* What single-source headers need to be the same text for C, C++17, CUDA and OpenCL C. */
#ifndef EARLYBIRD_COMMON_PORTABLE_H
#define EARLYBIRD_COMMON_PORTABLE_H

#if defined(__OPENCL_VERSION__) || defined(__OPENCL_C_VERSION__)
typedef int eb_i32;
typedef ushort eb_u16;
typedef uint eb_u32;
typedef ulong eb_u64;
typedef uchar eb_u8;
#define EB_HD static inline
#else
#include <stdint.h>
typedef int32_t eb_i32;
typedef uint16_t eb_u16;
typedef uint32_t eb_u32;
typedef uint64_t eb_u64;
typedef uint8_t eb_u8;
#if defined(__CUDACC__)
#define EB_HD static __host__ __device__ __forceinline__
#else
#define EB_HD static inline
#endif
#endif

#endif
