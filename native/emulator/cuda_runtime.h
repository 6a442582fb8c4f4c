// A CUDA runtime on the CPU, for tests: enough of it that the kernels of native/cuda compile as C++
// and run thread by thread. Threads of a block are fibers; a barrier or a warp shuffle switches to
// the next one. Every second launch runs a block's threads in reverse order, so that a kernel which
// lacks a barrier gives different bits.
#ifndef EARLYBIRD_EMULATOR_CUDA_RUNTIME_H
#define EARLYBIRD_EMULATOR_CUDA_RUNTIME_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <functional>

#define __global__
#define __device__
#define __host__
#define __shared__ static
#define __launch_bounds__(...)

struct float4 {
  float x, y, z, w;
};

struct uint2 {
  unsigned x, y;
};

inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }

inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

struct dim3 {
  unsigned x, y, z;
  dim3() : dim3(1) {}
  explicit dim3(unsigned x, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

typedef int cudaError_t;
typedef struct CUstream_st* cudaStream_t;
enum cudaMemcpyKind { cudaMemcpyDeviceToDevice = 3 };

struct cudaLaunchConfig_t {
  dim3 gridDim;
  dim3 blockDim;
  size_t dynamicSmemBytes = 0;
  cudaStream_t stream = nullptr;
};

extern "C" cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, int kind,
                                       cudaStream_t stream);

// Those of the running thread.
extern dim3 threadIdx;
extern dim3 blockIdx;
extern dim3 gridDim;

namespace emulator {

// Runs work now, or records it while the stream is being captured.
void submit(std::function<void()> work);

// Runs a kernel's body for every thread of every block.
void run(dim3 grid, unsigned threads, const std::function<void()>& body);

void sync_block();

// Gives this lane's 8 bytes and returns those of the lane with the given number.
uint64_t exchange(uint64_t bits, unsigned lane_mask);

}  // namespace emulator

inline void __syncthreads() { emulator::sync_block(); }

template <class T>
T __shfl_xor_sync(unsigned, T value, int lane_mask) {
  uint64_t bits = 0;
  memcpy(&bits, &value, sizeof value);
  bits = emulator::exchange(bits, static_cast<unsigned>(lane_mask));
  memcpy(&value, &bits, sizeof value);
  return value;
}

template <class... P>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(P...),
                               P... arguments) {
  const dim3 grid = config->gridDim;
  const unsigned threads = config->blockDim.x;
  if (grid.x == 0 || grid.y == 0 || grid.y > 65535 || threads == 0 || threads > 1024) return 9;
  emulator::submit([=] { emulator::run(grid, threads, [=] { kernel(arguments...); }); });
  return 0;
}

#endif
