// Copy within device memory. Version 1: the runtime's own copy, which a graph keeps as a node.
#include "cuda/launch.h"
#include "earlybird/cuda/elementwise.h"

eb_status eb_cuda_copy(const void* from, void* to, int64_t bytes, void* stream) {
  if (bytes < 0 || (bytes > 0 && (!from || !to))) return EB_BAD_ARGUMENT;
  if (bytes == 0) return EB_OK;
  return eb::cuda::status(cudaMemcpyAsync(to, from, static_cast<size_t>(bytes),
                                          cudaMemcpyDeviceToDevice,
                                          static_cast<cudaStream_t>(stream)));
}
