package io.earlybird.backend.cuda;

import static org.bytedeco.cuda.global.cublas.cublasGetStatusString;
import static org.bytedeco.cuda.global.cudart.cudaGetErrorString;
import static org.bytedeco.cuda.global.cudart.cudaGetLastError;
import static org.bytedeco.cuda.global.cudart.cudaSuccess;
import static org.bytedeco.cuda.global.cudnn.cudnnGetErrorString;

import io.earlybird.backend.DeviceException;
import org.bytedeco.cuda.global.cublas;
import org.bytedeco.cuda.global.cudnn;

/** Turns the status codes of CUDA, cuBLAS, cuDNN and our own kernels into exceptions. */
final class CudaStatus {
  private CudaStatus() {}

  /**
   * Checks a status of the CUDA runtime.
   *
   * @throws DeviceException with what failed and the runtime's own words
   */
  static void cuda(int status, String what) {
    if (status != cudaSuccess) {
      cudaGetLastError(); // forget it: the next call is judged on its own
      throw failed(what, cudaGetErrorString(status).getString() + " (CUDA error " + status + ")");
    }
  }

  /** Checks a status of cuDNN. */
  static void dnn(int status, String what) {
    if (status != cudnn.CUDNN_STATUS_SUCCESS) {
      throw failed(what, cudnnGetErrorString(status).getString());
    }
  }

  /** Checks a status of cuBLAS. */
  static void blas(int status, String what) {
    if (status != cublas.CUBLAS_STATUS_SUCCESS) {
      throw failed(what, cublasGetStatusString(status).getString());
    }
  }

  /** Checks a status of our own library. */
  static void own(int status, String what) {
    if (status > 0) {
      cuda(status, what);
    } else if (status == NativeCudaKernels.EB_BAD_ARGUMENT) {
      throw failed(what, "an argument is outside its range (EB_BAD_ARGUMENT)");
    } else if (status == NativeCudaKernels.EB_UNSUPPORTED) {
      throw failed(what, "the CUDA kernels have no code for it (EB_UNSUPPORTED)");
    } else if (status != NativeCudaKernels.EB_OK) {
      throw failed(what, "status " + status);
    }
  }

  private static DeviceException failed(String what, String why) {
    return new DeviceException("cuda: " + what + ": " + why);
  }
}
