package io.earlybird.backend.cuda;

import static io.earlybird.backend.cuda.CudaStatus.dnn;
import static org.bytedeco.cuda.global.cudnn.CUDNN_CROSS_CORRELATION;
import static org.bytedeco.cuda.global.cudnn.CUDNN_DATA_BFLOAT16;
import static org.bytedeco.cuda.global.cudnn.CUDNN_DATA_FLOAT;
import static org.bytedeco.cuda.global.cudnn.CUDNN_DEFAULT_MATH;
import static org.bytedeco.cuda.global.cudnn.CUDNN_DETERMINISTIC;
import static org.bytedeco.cuda.global.cudnn.CUDNN_FMA_MATH;
import static org.bytedeco.cuda.global.cudnn.CUDNN_STATUS_SUCCESS;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TENSOR_NCHW;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TENSOR_NHWC;
import static org.bytedeco.cuda.global.cudnn.cudnnConvolutionBackwardData;
import static org.bytedeco.cuda.global.cudnn.cudnnConvolutionBackwardFilter;
import static org.bytedeco.cuda.global.cudnn.cudnnConvolutionForward;
import static org.bytedeco.cuda.global.cudnn.cudnnCreateConvolutionDescriptor;
import static org.bytedeco.cuda.global.cudnn.cudnnCreateFilterDescriptor;
import static org.bytedeco.cuda.global.cudnn.cudnnCreateTensorDescriptor;
import static org.bytedeco.cuda.global.cudnn.cudnnDestroyConvolutionDescriptor;
import static org.bytedeco.cuda.global.cudnn.cudnnDestroyFilterDescriptor;
import static org.bytedeco.cuda.global.cudnn.cudnnDestroyTensorDescriptor;
import static org.bytedeco.cuda.global.cudnn.cudnnFindConvolutionBackwardDataAlgorithmEx;
import static org.bytedeco.cuda.global.cudnn.cudnnFindConvolutionBackwardFilterAlgorithmEx;
import static org.bytedeco.cuda.global.cudnn.cudnnFindConvolutionForwardAlgorithmEx;
import static org.bytedeco.cuda.global.cudnn.cudnnGetConvolutionBackwardDataWorkspaceSize;
import static org.bytedeco.cuda.global.cudnn.cudnnGetConvolutionBackwardFilterWorkspaceSize;
import static org.bytedeco.cuda.global.cudnn.cudnnGetConvolutionForwardWorkspaceSize;
import static org.bytedeco.cuda.global.cudnn.cudnnSetConvolution2dDescriptor;
import static org.bytedeco.cuda.global.cudnn.cudnnSetConvolutionMathType;
import static org.bytedeco.cuda.global.cudnn.cudnnSetFilter4dDescriptor;
import static org.bytedeco.cuda.global.cudnn.cudnnSetTensor4dDescriptor;

import io.earlybird.backend.ConvolutionExtents;
import io.earlybird.backend.Precision;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import org.bytedeco.cuda.cudnn.cudnnContext;
import org.bytedeco.cuda.cudnn.cudnnConvolutionBwdDataAlgoPerf_t;
import org.bytedeco.cuda.cudnn.cudnnConvolutionBwdFilterAlgoPerf_t;
import org.bytedeco.cuda.cudnn.cudnnConvolutionFwdAlgoPerf_t;
import org.bytedeco.cuda.cudnn.cudnnConvolutionStruct;
import org.bytedeco.cuda.cudnn.cudnnFilterStruct;
import org.bytedeco.cuda.cudnn.cudnnTensorStruct;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.SizeTPointer;

/**
 * One product of one convolution in one of cuDNN's tensor orders, by its older API: descriptors and
 * algorithms.
 */
@SuppressWarnings("deprecation") // cuDNN would rather have its graph API used; this one remains
final class CudnnConvolution implements AutoCloseable {
  /** More than cuDNN has algorithms. */
  private static final int MOST = 12;

  private final ConvolutionExtents extents;
  private final cudnnContext handle;
  private final FloatPointer one;
  private final FloatPointer zero;
  private final cudnnTensorStruct x = new cudnnTensorStruct();
  private final cudnnTensorStruct y = new cudnnTensorStruct();
  private final cudnnFilterStruct w = new cudnnFilterStruct();
  private final cudnnConvolutionStruct convolution = new cudnnConvolutionStruct();

  /**
   * An algorithm of cuDNN, as its search reports it.
   *
   * @param number cuDNN's number
   * @param deterministic whether equal operands always give equal bits
   */
  record Algorithm(int number, boolean deterministic) {}

  /**
   * Makes the descriptors.
   *
   * @param channelsLast NHWC activations and OHWI weights, else NCHW and OIHW
   * @param element type of all tensors
   */
  CudnnConvolution(
      ConvolutionExtents extents, boolean channelsLast, DType element, CudaBackend backend) {
    this.extents = extents;
    this.handle = backend.cudnn();
    this.one = backend.one();
    this.zero = backend.zero();
    int order = channelsLast ? CUDNN_TENSOR_NHWC : CUDNN_TENSOR_NCHW;
    int type = code(element);
    tensor(x, extents.x(), order, type);
    tensor(y, extents.y(), order, type);
    Shape weight = extents.w().shape();
    dnn(cudnnCreateFilterDescriptor(w), "describing a weight");
    dnn(
        cudnnSetFilter4dDescriptor(
            w, type, order, weight.dim(0), weight.dim(1), weight.dim(2), weight.dim(3)),
        "describing a weight");
    dnn(cudnnCreateConvolutionDescriptor(convolution), "describing a convolution");
    int pad = extents.padding();
    int stride = extents.stride();
    dnn(
        cudnnSetConvolution2dDescriptor(
            convolution, pad, pad, stride, stride, 1, 1, CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT),
        "describing a convolution");
    boolean exact = backend.options().precision() == Precision.FP32;
    dnn(
        cudnnSetConvolutionMathType(convolution, exact ? CUDNN_FMA_MATH : CUDNN_DEFAULT_MATH),
        "setting the precision of a convolution");
  }

  /** What cuDNN calls an element type. */
  static int code(DType element) {
    return element == DType.BF16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
  }

  private static void tensor(cudnnTensorStruct descriptor, TensorSpec nhwc, int order, int type) {
    Shape s = nhwc.shape();
    dnn(cudnnCreateTensorDescriptor(descriptor), "describing a tensor");
    dnn(
        cudnnSetTensor4dDescriptor(descriptor, order, type, s.dim(0), s.dim(3), s.dim(1), s.dim(2)),
        "describing a tensor");
  }

  /** The algorithms that can do it within the given workspace, the fastest first. */
  List<Algorithm> find(Pointer px, Pointer pw, Pointer py, Pointer room, long roomBytes) {
    int[] count = new int[1];
    List<Algorithm> found = new ArrayList<>();
    switch (extents.product()) {
      case FORWARD -> {
        var perf = new cudnnConvolutionFwdAlgoPerf_t(MOST);
        int status =
            cudnnFindConvolutionForwardAlgorithmEx(
                handle, x, px, w, pw, convolution, y, py, MOST, count, perf, room, roomBytes);
        for (int i = 0; status == CUDNN_STATUS_SUCCESS && i < count[0]; i++) {
          var p = perf.getPointer(i);
          add(found, p.status(), p.algo(), p.determinism());
        }
      }
      case BACKWARD_DATA -> {
        var perf = new cudnnConvolutionBwdDataAlgoPerf_t(MOST);
        int status =
            cudnnFindConvolutionBackwardDataAlgorithmEx(
                handle, w, pw, y, py, convolution, x, px, MOST, count, perf, room, roomBytes);
        for (int i = 0; status == CUDNN_STATUS_SUCCESS && i < count[0]; i++) {
          var p = perf.getPointer(i);
          add(found, p.status(), p.algo(), p.determinism());
        }
      }
      case BACKWARD_WEIGHT -> {
        var perf = new cudnnConvolutionBwdFilterAlgoPerf_t(MOST);
        int status =
            cudnnFindConvolutionBackwardFilterAlgorithmEx(
                handle, x, px, y, py, convolution, w, pw, MOST, count, perf, room, roomBytes);
        for (int i = 0; status == CUDNN_STATUS_SUCCESS && i < count[0]; i++) {
          var p = perf.getPointer(i);
          add(found, p.status(), p.algo(), p.determinism());
        }
      }
      default -> throw new IllegalStateException("no such product");
    }
    return found;
  }

  private static void add(List<Algorithm> found, int status, int number, int determinism) {
    if (status == CUDNN_STATUS_SUCCESS) {
      found.add(new Algorithm(number, determinism == CUDNN_DETERMINISTIC));
    }
  }

  /**
   * An algorithm of a convolution as a plan.
   *
   * @param order of activations, for its name
   */
  record Plan(CudnnConvolution convolution, String order, int algorithm) implements CudnnPlan {
    @Override
    public String name() {
      return order + " " + algorithm;
    }

    @Override
    public long workspace() {
      return convolution.workspace(algorithm);
    }

    @Override
    public IntSupplier bind(Pointer x, Pointer w, Pointer y, Pointer room) {
      long bytes = workspace();
      return () -> convolution.run(algorithm, x, w, y, room, bytes);
    }

    @Override
    public void close() {
      convolution.close();
    }
  }

  private long workspace(int algorithm) {
    SizeTPointer bytes = new SizeTPointer(1);
    int status =
        switch (extents.product()) {
          case FORWARD ->
              cudnnGetConvolutionForwardWorkspaceSize(
                  handle, x, w, convolution, y, algorithm, bytes);
          case BACKWARD_DATA ->
              cudnnGetConvolutionBackwardDataWorkspaceSize(
                  handle, w, y, convolution, x, algorithm, bytes);
          case BACKWARD_WEIGHT ->
              cudnnGetConvolutionBackwardFilterWorkspaceSize(
                  handle, x, y, convolution, w, algorithm, bytes);
        };
    dnn(status, "workspace of algorithm " + algorithm + " for " + extents);
    return bytes.get();
  }

  /** Enqueues the product; allocates nothing. Returns cuDNN's status. */
  private int run(int algorithm, Pointer px, Pointer pw, Pointer py, Pointer room, long roomBytes) {
    return switch (extents.product()) {
      case FORWARD ->
          cudnnConvolutionForward(
              handle, one, x, px, w, pw, convolution, algorithm, room, roomBytes, zero, y, py);
      case BACKWARD_DATA ->
          cudnnConvolutionBackwardData(
              handle, one, w, pw, y, py, convolution, algorithm, room, roomBytes, zero, x, px);
      case BACKWARD_WEIGHT ->
          cudnnConvolutionBackwardFilter(
              handle, one, x, px, y, py, convolution, algorithm, room, roomBytes, zero, w, pw);
    };
  }

  @Override
  public void close() {
    cudnnDestroyConvolutionDescriptor(convolution);
    cudnnDestroyFilterDescriptor(w);
    cudnnDestroyTensorDescriptor(y);
    cudnnDestroyTensorDescriptor(x);
  }
}
