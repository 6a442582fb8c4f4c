package io.earlybird.backend.cuda;

import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_column_sums_f32;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_fill_rows_f32;
import static org.bytedeco.cuda.global.cublas.CUBLAS_OP_N;
import static org.bytedeco.cuda.global.cublas.CUBLAS_OP_T;
import static org.bytedeco.cuda.global.cublas.cublasSgemm_v2;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.tensor.Shape;

/**
 * Fully connected layers by cuBLAS. It counts columns first, so a row-major {@code [a, b]} is its
 * {@code b x a} matrix, and every product below is written transposed.
 */
final class LinearCudaKernels {
  private LinearCudaKernels() {}

  static Kernel forward(KernelRequest request, CudaBackend backend) {
    Shape x = request.inputs().get(0).shape();
    int rows = x.dim(0);
    int in = x.dim(1);
    int out = request.inputs().get(1).shape().dim(0);
    return OwnCudaKernel.plain(
        request,
        backend,
        b -> {
          var input = b.in(0);
          var weight = b.in(1);
          var bias = b.in(2);
          var output = b.out(0);
          var stream = b.stream();
          var handle = backend.cublas();
          var one = backend.one();
          return () -> {
            int status = eb_cuda_fill_rows_f32(bias, rows, out, output, stream);
            CudaStatus.own(status, "Linear's bias");
            status =
                cublasSgemm_v2(
                    handle,
                    CUBLAS_OP_T,
                    CUBLAS_OP_N,
                    out,
                    rows,
                    in,
                    one,
                    weight,
                    in,
                    input,
                    in,
                    one,
                    output,
                    out);
            CudaStatus.blas(status, "Linear");
            return NativeCudaKernels.EB_OK;
          };
        });
  }

  static Kernel backwardData(KernelRequest request, CudaBackend backend) {
    Shape w = request.inputs().get(1).shape();
    int rows = request.inputs().get(0).shape().dim(0);
    int in = w.dim(1);
    int out = w.dim(0);
    return OwnCudaKernel.plain(
        request,
        backend,
        b -> {
          var gradient = b.in(0);
          var weight = b.in(1);
          var dx = b.out(0);
          var handle = backend.cublas();
          var one = backend.one();
          var zero = backend.zero();
          return () -> {
            int status =
                cublasSgemm_v2(
                    handle,
                    CUBLAS_OP_N,
                    CUBLAS_OP_N,
                    in,
                    rows,
                    out,
                    one,
                    weight,
                    in,
                    gradient,
                    out,
                    zero,
                    dx,
                    in);
            CudaStatus.blas(status, "LinearBackwardData");
            return NativeCudaKernels.EB_OK;
          };
        });
  }

  static Kernel backwardWeight(KernelRequest request, CudaBackend backend) {
    Shape x = request.inputs().get(0).shape();
    int rows = x.dim(0);
    int in = x.dim(1);
    int out = request.inputs().get(1).shape().dim(1);
    return OwnCudaKernel.plain(
        request,
        backend,
        b -> {
          var input = b.in(0);
          var gradient = b.in(1);
          var dw = b.out(0);
          var db = b.out(1);
          var stream = b.stream();
          var handle = backend.cublas();
          var one = backend.one();
          var zero = backend.zero();
          return () -> {
            int status =
                cublasSgemm_v2(
                    handle,
                    CUBLAS_OP_N,
                    CUBLAS_OP_T,
                    in,
                    out,
                    rows,
                    one,
                    input,
                    in,
                    gradient,
                    out,
                    zero,
                    dw,
                    in);
            CudaStatus.blas(status, "LinearBackwardWeight");
            return eb_cuda_column_sums_f32(gradient, rows, out, db, stream);
          };
        });
  }
}
