// How launchers start kernels and check arguments. Launches go through cudaLaunchKernelEx, never
// through the triple-bracket syntax, so that the tests' emulator can compile the same text.
#ifndef EARLYBIRD_CUDA_LAUNCH_H
#define EARLYBIRD_CUDA_LAUNCH_H

#include <cuda_runtime.h>
#include <stdint.h>

#include "earlybird/api.h"

namespace eb::cuda {

constexpr int kThreads = 256;
constexpr int kWarp = 32;
constexpr unsigned kAllLanes = 0xffffffffu;

// Indices inside kernels have 32 bits.
constexpr int64_t kMaxElements = INT64_C(0x7fffffff);

inline eb_status status(cudaError_t error) { return static_cast<eb_status>(error); }

inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Starts `blocks` (x, y) blocks of `threads` threads.
template <class... P, class... A>
eb_status launch(void (*kernel)(P...), dim3 blocks, int threads, void* stream, A... arguments) {
  cudaLaunchConfig_t config = {};
  config.gridDim = blocks;
  config.blockDim = dim3(static_cast<unsigned>(threads));
  config.stream = static_cast<cudaStream_t>(stream);
  return status(cudaLaunchKernelEx(&config, kernel, static_cast<P>(arguments)...));
}

inline dim3 grid(int64_t x, int64_t y = 1) {
  return dim3(static_cast<unsigned>(x), static_cast<unsigned>(y));
}

// Whether all pointers allow accesses of 16 bytes.
template <class... T>
bool aligned(const T*... pointers) {
  return ((reinterpret_cast<uintptr_t>(pointers) % 16 == 0) && ...);
}

// Checks an element count and the pointers to that many elements.
template <class... T>
eb_status check(int64_t n, const T*... pointers) {
  if (n < 0) return EB_BAD_ARGUMENT;
  if (n > 0 && !(pointers && ...)) return EB_BAD_ARGUMENT;
  return n > kMaxElements ? EB_UNSUPPORTED : EB_OK;
}

// a*b, or kMaxElements + 1 where that is larger; negative where one of them is.
inline int64_t product(int64_t a, int64_t b) {
  if (a < 0 || b < 0) return -1;
  return b != 0 && a > kMaxElements / b ? kMaxElements + 1 : a * b;
}

}  // namespace eb::cuda

#endif
