package io.earlybird.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.earlybird.backend.ConvolutionExtents;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.reference.ReferenceOps;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardData;
import io.earlybird.tensor.op.Conv2dBackwardWeight;
import io.earlybird.tensor.op.Op;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Which products Winograd's filterings compute, and F(4x4, 3x3) where it is not offered too. */
class WinogradTest {
  private static final String PROPERTY = "earlybird.winograd";

  private String before;

  @BeforeEach
  void remember() {
    before = System.clearProperty(PROPERTY);
  }

  @AfterEach
  void restore() {
    if (before == null) {
      System.clearProperty(PROPERTY);
    } else {
      System.setProperty(PROPERTY, before);
    }
  }

  /** n, h, w, in, out. */
  static int[][] cases() {
    return new int[][] {
      {1, 1, 1, 1, 1},
      {3, 2, 2, 3, 5},
      {2, 5, 7, 1, 2},
      {2, 7, 5, 17, 33},
      {1, 4, 3, 40, 9},
      {3, 8, 9, 2, 16},
      {2, 13, 1, 5, 3},
      {5, 6, 10, 3, 1},
      {30, 4, 4, 16, 47},
    };
  }

  private record Case(HostTensor x, HostTensor w, HostTensor dy) {
    static Case of(int[] c) {
      return new Case(
          OneOp.random(1, TensorSpec.f32(c[0], c[1], c[2], c[3])),
          OneOp.random(2, TensorSpec.f32(c[4], c[3], 3, 3)),
          OneOp.random(3, TensorSpec.f32(c[0], c[1], c[2], c[4])));
    }

    Op backwardData() {
      return new Conv2dBackwardData(1, 1, x.spec().shape().dim(1), x.spec().shape().dim(2));
    }
  }

  private static final Op FORWARD = new Conv2d(1, 1);
  private static final Op BACKWARD_WEIGHT = new Conv2dBackwardWeight(1, 1, 3, 3);

  @ParameterizedTest
  @MethodSource("cases")
  void itsFormulasAreThoseOfTheDefinition(int[] extents) {
    Case c = Case.of(extents);
    isExact(FORWARD, List.of(c.x, c.w), Winograd4x4.convolution(c.x, c.w));
    isExact(BACKWARD_WEIGHT, List.of(c.x, c.dy), Winograd4x4.weightGradient(c.x, c.dy));
  }

  private static void isExact(Op op, List<HostTensor> inputs, Bf16Winograd formula) {
    double[] expected = ReferenceOps.evaluate(op, inputs, DType.F64).outputs().get(0).doubles();
    assertThat(formula.values()).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(formula.values()[i])
          .isCloseTo(expected[i], within(1e-12 * formula.magnitudes()[i]));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void itIsItsFormulaForAnyShapeAndNumberOfThreads(int[] extents) {
    Case c = Case.of(extents);
    check(FORWARD, List.of(c.x, c.w), Winograd4x4.convolution(c.x, c.w));
    check(
        c.backwardData(),
        List.of(c.dy, c.w),
        Winograd4x4.convolution(c.dy, Bf16Winograd.turned(c.w)));
    check(BACKWARD_WEIGHT, List.of(c.x, c.dy), Winograd4x4.weightGradient(c.x, c.dy));
  }

  private static void check(Op op, List<HostTensor> inputs, Bf16Winograd formula) {
    HostTensor first = run(1, op, inputs);
    formula.check(first, false);
    for (int threads : new int[] {2, 3, 5}) {
      assertThat(run(threads, op, inputs)).as("%s, %s threads", op, threads).isEqualTo(first);
    }
  }

  private static HostTensor run(int threads, Op op, List<HostTensor> inputs) {
    KernelRequest request = OneOp.request(op, inputs.stream().map(HostTensor::spec).toList());
    ConvolutionExtents c = ConvolutionExtents.of(request);
    try (CpuBackend backend = new CpuBackend(threads);
        OneOp one = new OneOp(backend);
        Kernel kernel = OwnProducts.winograd4x4(request, c).candidate(request, c).kernel().get()) {
      return one.run(kernel, op, inputs).get(0);
    }
  }

  @Test
  void itIsOfferedWhereItPaysAndRoundsLittle() {
    assertThat(suffixes(8, 8, 8, 16)).containsExactly("", Winograd.SUFFIX, Winograd.SUFFIX_4X4);
    assertThat(suffixes(8, 3, 3, 16)).hasSize(3);
    assertThat(suffixes(8, 7, 5, 16)).hasSize(3);
    assertThat(suffixes(8, 8, 8, 14)).hasSize(3);
    assertThat(suffixes(8, 8, 8, 13)).as("few terms").hasSize(2);
    assertThat(suffixes(8, 16, 16, 12)).as("a large image").hasSize(3);
    assertThat(suffixes(8, 16, 16, 11)).as("few terms").hasSize(2);
    assertThat(suffixes(8, 2, 2, 64)).as("tiles that hang over").hasSize(2);
    assertThat(suffixes(8, 5, 5, 64)).as("tiles that hang over").hasSize(2);
    List<TensorSpec> images = List.of(TensorSpec.f32(7, 3, 3, 33), TensorSpec.f32(7, 3, 3, 20));
    assertThat(suffixes(BACKWARD_WEIGHT, images)).as("63 pixels").containsExactly("");
  }

  @Test
  void aPropertyLeavesItOut() {
    System.setProperty(PROPERTY, "2x2");
    assertThat(suffixes(8, 8, 8, 16)).containsExactly("", Winograd.SUFFIX);
    System.setProperty(PROPERTY, "off");
    assertThat(suffixes(8, 8, 8, 16)).containsExactly("");
  }

  /** How the names of own ways to compute a convolution end. */
  private static List<String> suffixes(int n, int h, int w, int in) {
    List<TensorSpec> specs = List.of(TensorSpec.f32(n, h, w, in), TensorSpec.f32(7, in, 3, 3));
    return suffixes(FORWARD, specs);
  }

  private static List<String> suffixes(Op op, List<TensorSpec> specs) {
    return OwnProducts.candidates(OneOp.request(op, specs)).stream()
        .map(c -> c.name().substring(OwnKernel.name().length()))
        .toList();
  }

  @Test
  void badArgumentsAreRefused() {
    FloatPointer none = null;
    Pointer room = null;
    var shape = Bf16Convolution.of(1, 4, 4, 3, 4, 3, 1, 1).shape();
    int bad = NativeKernels.EB_BAD_ARGUMENT;
    assertThat(
            NativeKernels.eb_conv2d_winograd_4x4_f32(
                shape, none, none, none, none, none, none, 0, none, room))
        .isEqualTo(bad);
    assertThat(
            NativeKernels.eb_conv2d_winograd_4x4_backward_data_f32(shape, none, none, none, room))
        .isEqualTo(bad);
    assertThat(
            NativeKernels.eb_conv2d_winograd_4x4_backward_weight_f32(shape, none, none, none, room))
        .isEqualTo(bad);
    try (FloatPointer f = new FloatPointer(4096).zero()) {
      FloatPointer y = new FloatPointer(f.getPointer(2048));
      assertThat(
              NativeKernels.eb_conv2d_winograd_4x4_f32(shape, f, f, none, none, none, y, 0, y, f))
          .as("a residual that is the result")
          .isEqualTo(bad);
      assertThat(NativeKernels.eb_conv2d_winograd_4x4_f32(shape, f, f, f, none, f, none, 0, y, f))
          .as("a norm without a scale")
          .isEqualTo(bad);
    }
    shape.stride(2);
    assertThat(NativeKernels.eb_conv2d_winograd_4x4_f32_scratch(shape)).isEqualTo(bad);
    assertThat(NativeKernels.eb_conv2d_winograd_4x4_backward_data_f32_scratch(shape))
        .isEqualTo(bad);
    assertThat(NativeKernels.eb_conv2d_winograd_4x4_backward_weight_f32_scratch(shape))
        .isEqualTo(bad);
  }
}
