package io.earlybird.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.earlybird.backend.Kernel;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardData;
import io.earlybird.tensor.op.Conv2dBackwardWeight;
import io.earlybird.tensor.op.Op;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.ShortPointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Own products of bf16 operands, against the reference on the same rounded operands. */
class Bf16ProductsTest {
  /** Of the design's tolerance {@code c u sqrt(K) sum |a b|}. */
  private static final double C = 4;

  /** n, h, w, in, out, kernel, stride, padding. */
  static int[][] cases() {
    return new int[][] {
      {1, 1, 1, 1, 1, 1, 1, 0},
      {3, 5, 4, 3, 7, 3, 1, 1},
      {2, 9, 8, 17, 1, 3, 1, 1},
      {2, 6, 7, 1, 17, 3, 1, 1},
      {7, 2, 2, 33, 20, 3, 1, 1},
      {5, 4, 4, 24, 13, 3, 1, 1},
      {3, 8, 8, 3, 64, 3, 1, 1},
      {4, 9, 10, 8, 16, 3, 2, 1},
      {3, 40, 41, 3, 12, 3, 2, 1},
      {2, 33, 35, 16, 6, 1, 2, 0},
      {9, 7, 7, 12, 12, 1, 1, 0},
      {2, 13, 11, 5, 9, 5, 3, 2},
      {2, 3, 3, 4, 4, 3, 1, 3},
      {37, 16, 16, 16, 16, 3, 1, 1},
      {5, 7, 5, 96, 97, 3, 1, 1},
      {70, 4, 4, 89, 85, 3, 1, 1},
      {2, 33, 32, 64, 115, 3, 1, 1},
      {1, 33, 32, 128, 150, 3, 1, 1},
      {33, 2, 2, 200, 190, 3, 1, 1},
      {1, 9, 9, 65, 47, 1, 3, 0},
      {101, 9, 9, 37, 34, 3, 2, 1},
      {2, 2, 2, 512, 512, 3, 1, 1},
    };
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aConvolutionIsRightAndTheSameForAnyNumberOfThreads(int[] extents) {
    needsBf16();
    Bf16Convolution c = Bf16Convolution.of(extents);
    checkImage(forward(c), List.of(c.x(), c.w()), (threads, wide) -> c.forward(threads, wide));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void anInputGradientIsRightAndTheSameForAnyNumberOfThreads(int[] extents) {
    needsBf16();
    Bf16Convolution c = Bf16Convolution.of(extents);
    checkImage(
        backwardData(c), List.of(c.dy(), c.w()), (threads, wide) -> c.backwardData(threads, wide));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aWeightGradientIsRightAndTheSameForAnyNumberOfThreads(int[] extents) {
    needsBf16();
    Bf16Convolution c = Bf16Convolution.of(extents);
    check(backwardWeight(c), List.of(c.x(), c.dy()), c::backwardWeight);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theBackendReachesThemWithResultsOfEitherType(int[] extents) {
    needsBf16();
    Bf16Convolution c = Bf16Convolution.of(extents);
    for (int wide : new int[] {0, 1}) {
      ProductTypes types = new ProductTypes(DType.BF16, wide == 1 ? DType.F32 : DType.BF16);
      assertThat(bound(forward(c), types, c.x(), c.w())).isEqualTo(c.forward(2, wide));
      assertThat(bound(backwardData(c), types, c.dy(), c.w())).isEqualTo(c.backwardData(2, wide));
      assertThat(bound(backwardWeight(c), types, c.x(), c.dy())).isEqualTo(c.backwardWeight(2));
    }
  }

  @Test
  void withoutTheInstructionsEveryKernelSaysSo() {
    assumeTrue(!CpuLibrary.hasBf16Products(), "has AVX512-BF16");
    var shape = Bf16Convolution.of(1, 2, 2, 3, 4, 3, 1, 1).shape();
    for (long status :
        new long[] {
          NativeKernels.eb_conv2d_bf16_scratch(shape),
          NativeKernels.eb_conv2d_backward_data_bf16_scratch(shape),
          NativeKernels.eb_conv2d_backward_weight_bf16_scratch(shape)
        }) {
      assertThat(status).isEqualTo(NativeKernels.EB_UNSUPPORTED);
    }
  }

  @Test
  void badArgumentsAreRefused() {
    ShortPointer none = null;
    FloatPointer floats = null;
    var shape = Bf16Convolution.of(1, 2, 2, 3, 4, 3, 1, 1).shape();
    assertThat(NativeKernels.eb_conv2d_backward_weight_bf16(shape, none, none, floats, none))
        .isEqualTo(NativeKernels.EB_BAD_ARGUMENT);
    assertThat(NativeKernels.eb_conv2d_bf16(shape, none, none, none, 0, none))
        .isEqualTo(NativeKernels.EB_BAD_ARGUMENT);
    shape.padding(-1);
    assertThat(NativeKernels.eb_conv2d_backward_data_bf16_scratch(shape))
        .isEqualTo(NativeKernels.EB_BAD_ARGUMENT);
  }

  private static void needsBf16() {
    assumeTrue(CpuLibrary.hasBf16Products(), "no AVX512-BF16");
  }

  private static Op forward(Bf16Convolution c) {
    return new Conv2d(c.stride(), c.padding());
  }

  private static Op backwardData(Bf16Convolution c) {
    int height = (int) c.shape().height();
    return new Conv2dBackwardData(c.stride(), c.padding(), height, (int) c.shape().width());
  }

  private static Op backwardWeight(Bf16Convolution c) {
    return new Conv2dBackwardWeight(c.stride(), c.padding(), c.kernel(), c.kernel());
  }

  /** A product by number of threads and width of the result. */
  @FunctionalInterface
  private interface Image {
    HostTensor of(int threads, int wide);
  }

  /** Judges the fp32 result, and asks the bf16 one to be the same, rounded. */
  private static void checkImage(Op op, List<HostTensor> inputs, Image image) {
    check(op, inputs, threads -> image.of(threads, 1));
    double[] wide = image.of(1, 1).doubles();
    double[] rounded = Arrays.stream(wide).map(Bf16Memory::rounded).toArray();
    for (int threads : new int[] {1, 2, 3, 5}) {
      assertThat(image.of(threads, 0).doubles()).isEqualTo(rounded);
    }
  }

  private static void check(Op op, List<HostTensor> inputs, IntFunction<HostTensor> product) {
    HostTensor first = product.apply(1);
    OneOp.check(op, inputs, List.of(first), C);
    for (int threads : new int[] {2, 3, 5}) {
      assertThat(product.apply(threads)).as("%s threads", threads).isEqualTo(first);
    }
  }

  /** What the candidate for the backend computes, reorders included. */
  private static HostTensor bound(Op op, ProductTypes types, HostTensor... inputs) {
    List<HostTensor> values = List.of(inputs);
    List<TensorSpec> specs = values.stream().map(HostTensor::spec).toList();
    try (CpuBackend backend = new CpuBackend(2);
        OneOp one = new OneOp(backend);
        Kernel kernel =
            OwnBf16Products.candidates(OneOp.request(op, specs), types).get(0).kernel().get()) {
      return one.run(kernel, op, values).get(0);
    }
  }
}
