// The functions of cuBLAS that the CUDA backend calls: a matrix product by plain loops, in double.
#include <stdlib.h>

#include "cuda_runtime.h"

#define EMULATED extern "C" __attribute__((visibility("default")))

EMULATED int cublasCreate_v2(void** handle) { return *handle = malloc(1), 0; }
EMULATED int cublasDestroy_v2(void* handle) { return free(handle), 0; }
EMULATED int cublasSetStream_v2(void*, void*) { return 0; }
EMULATED int cublasSetWorkspace_v2(void*, void* memory, size_t) { return memory ? 0 : 7; }
EMULATED int cublasSetMathMode(void*, int) { return 0; }
EMULATED const char* cublasGetStatusString(int) { return "emulated cuBLAS error"; }

// c (m x n) = alpha a b + beta c, column by column; a is m x k, b is k x n, as they are or
// transposed.
EMULATED int cublasSgemm_v2(void*, int transpose_a, int transpose_b, int m, int n, int k,
                            const float* alpha, const float* a, int lda, const float* b, int ldb,
                            const float* beta, float* c, int ldc) {
  if (lda < (transpose_a ? k : m) || ldb < (transpose_b ? n : k) || ldc < m) return 7;
  const double scale = static_cast<double>(*alpha);
  const double keep = static_cast<double>(*beta);
  emulator::submit([=] {
    for (int64_t column = 0; column < n; column++) {
      for (int64_t row = 0; row < m; row++) {
        double sum = 0.0;
        for (int64_t i = 0; i < k; i++) {
          const float left = transpose_a ? a[row * lda + i] : a[i * lda + row];
          const float right = transpose_b ? b[i * ldb + column] : b[column * ldb + i];
          sum += static_cast<double>(left) * static_cast<double>(right);
        }
        float& out = c[column * ldc + row];
        const double old = keep == 0.0 ? 0.0 : keep * static_cast<double>(out);
        out = static_cast<float>(scale * sum + old);
      }
    }
  });
  return 0;
}
