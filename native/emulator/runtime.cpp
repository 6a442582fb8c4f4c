// The functions of CUDA's runtime that the CUDA backend calls, on host memory.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <map>
#include <vector>

#include "cuda_runtime.h"

#define EMULATED extern "C" __attribute__((visibility("default")))

namespace {

constexpr size_t kMemory = size_t{512} << 20;
constexpr int kBadValue = 1;
constexpr int kNoMemory = 2;

using Work = std::vector<std::function<void()>>;

std::map<void*, size_t> allocated;
size_t used;
Work* recording;

double now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) * 1e-6;
}

}  // namespace

void emulator::submit(std::function<void()> work) {
  if (recording) {
    recording->push_back(std::move(work));
  } else {
    work();
  }
}

EMULATED int cudaGetLastError() { return 0; }
EMULATED const char* cudaGetErrorString(int error) {
  return error == kNoMemory ? "out of memory" : "emulated error";
}
EMULATED const char* cudaGetErrorName(int) { return "cudaErrorEmulated"; }
EMULATED int cudaRuntimeGetVersion(int* version) { return *version = 13000, 0; }
EMULATED int cudaDriverGetVersion(int* version) { return *version = 13000, 0; }
EMULATED int cudaGetDeviceCount(int* count) { return *count = 1, 0; }
EMULATED int cudaSetDevice(int device) { return device == 0 ? 0 : 101; }
EMULATED int cudaDeviceGetAttribute(int* value, int attribute, int) {
  const bool major = attribute == 75;
  const bool minor = attribute == 76;
  *value = major ? 9 : minor ? 0 : 1;
  return 0;
}

// Name and size of memory are where CUDA 13 has them.
EMULATED int cudaGetDeviceProperties(char* properties, int) {
  snprintf(properties, 256, "emulated device");
  memcpy(properties + 288, &kMemory, sizeof kMemory);
  return 0;
}

EMULATED int cudaMalloc(void** memory, size_t bytes) {
  if (bytes > kMemory - used) return kNoMemory;
  *memory = aligned_alloc(256, (bytes + 255) / 256 * 256);
  if (!*memory) return kNoMemory;
  memset(*memory, 0xCD, bytes);
  allocated[*memory] = bytes;
  used += bytes;
  return 0;
}

EMULATED int cudaFree(void* memory) {
  const auto at = allocated.find(memory);
  if (at == allocated.end()) return memory ? kBadValue : 0;
  used -= at->second;
  allocated.erase(at);
  free(memory);
  return 0;
}

EMULATED int cudaMallocHost(void** memory, size_t bytes) {
  *memory = malloc(bytes);
  return *memory ? 0 : kNoMemory;
}
EMULATED int cudaFreeHost(void* memory) { return free(memory), 0; }

EMULATED int cudaMemGetInfo(size_t* available, size_t* total) {
  *available = kMemory - used;
  *total = kMemory;
  return 0;
}

EMULATED int cudaMemcpyAsync(void* to, const void* from, size_t bytes, int, cudaStream_t) {
  emulator::submit([=] { memcpy(to, from, bytes); });
  return 0;
}
EMULATED int cudaMemsetAsync(void* memory, int value, size_t bytes, cudaStream_t) {
  emulator::submit([=] { memset(memory, value, bytes); });
  return 0;
}

EMULATED int cudaStreamCreateWithFlags(void** stream, unsigned) {
  *stream = malloc(1);
  return 0;
}
EMULATED int cudaStreamDestroy(void* stream) { return free(stream), 0; }
EMULATED int cudaStreamSynchronize(void*) { return recording ? 900 : 0; }

EMULATED int cudaEventCreate(void** event) {
  *event = calloc(1, sizeof(double));
  return 0;
}
EMULATED int cudaEventDestroy(void* event) { return free(event), 0; }
EMULATED int cudaEventRecord(void* event, void*) {
  *static_cast<double*>(event) = now();
  return 0;
}
EMULATED int cudaEventSynchronize(void*) { return 0; }
EMULATED int cudaEventElapsedTime(float* millis, void* begin, void* end) {
  *millis = static_cast<float>(*static_cast<double*>(end) - *static_cast<double*>(begin));
  return 0;
}

EMULATED int cudaStreamBeginCapture(void*, int) {
  if (recording) return 901;
  recording = new Work;
  return 0;
}
EMULATED int cudaStreamEndCapture(void*, void** graph) {
  *graph = recording;
  recording = nullptr;
  return *graph ? 0 : 901;
}
EMULATED int cudaGraphInstantiate(void** executable, void* graph, unsigned long long) {
  *executable = new Work(*static_cast<Work*>(graph));
  return 0;
}
EMULATED int cudaGraphLaunch(void* executable, void*) {
  for (const auto& work : *static_cast<Work*>(executable)) work();
  return 0;
}
EMULATED int cudaGraphDestroy(void* graph) { return delete static_cast<Work*>(graph), 0; }
EMULATED int cudaGraphExecDestroy(void* executable) {
  return delete static_cast<Work*>(executable), 0;
}
