package io.earlybird.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.reference.ReferenceOps;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardData;
import io.earlybird.tensor.op.Conv2dBackwardWeight;
import io.earlybird.tensor.op.Op;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Own bf16 products with fewer multiplications, against Winograd's formulas in Java with the same
 * roundings.
 */
class Bf16WinogradTest {
  private static final ProductTypes BF16 = new ProductTypes(DType.BF16, DType.BF16);

  @BeforeEach
  void needsBf16() {
    assumeTrue(CpuLibrary.hasBf16Products(), "no AVX512-BF16");
  }

  /** n, h, w, in, out. */
  static Stream<int[]> cases() {
    return Arrays.stream(Bf16ProductsTest.cases())
        .filter(c -> c[5] == 3 && c[6] == 1 && c[7] == 1)
        .map(c -> Arrays.copyOf(c, 5));
  }

  /** One of {@link #cases} with its operands; the weight is fp32. */
  private record Case(HostTensor x, HostTensor w, HostTensor dy) {
    static Case of(int[] c) {
      return new Case(
          Bf16Memory.random(1, TensorSpec.f32(c[0], c[1], c[2], c[3])),
          OneOp.random(2, TensorSpec.f32(c[4], c[3], 3, 3)),
          Bf16Memory.random(3, TensorSpec.f32(c[0], c[1], c[2], c[4])));
    }

    Op backwardData() {
      return new Conv2dBackwardData(1, 1, x.spec().shape().dim(1), x.spec().shape().dim(2));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aConvolutionIsItsFormula(int[] extents) {
    Case c = Case.of(extents);
    check(new Conv2d(1, 1), List.of(c.x, c.w), Bf16Winograd.convolution(c.x, c.w));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void anInputGradientIsItsFormula(int[] extents) {
    Case c = Case.of(extents);
    check(
        c.backwardData(),
        List.of(c.dy, c.w),
        Bf16Winograd.convolution(c.dy, Bf16Winograd.turned(c.w)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aWeightGradientIsItsFormula(int[] extents) {
    Case c = Case.of(extents);
    check(
        new Conv2dBackwardWeight(1, 1, 3, 3),
        List.of(c.x, c.dy),
        Bf16Winograd.weightGradient(c.x, c.dy));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void whatFollowsAConvolutionIsComputedInFp32(int[] extents) {
    Case c = Case.of(extents);
    Bf16Winograd plain = Bf16Winograd.convolution(c.x, c.w);
    for (Followed f : Followed.all(1, c.dy)) {
      check(f.op(), f.inputs(c.x, c.w), plain.map(f.then()));
    }
  }

  /**
   * How far from the definition the additional roundings lead: root mean square of the error over
   * that of the result. 1.1 units of bf16 were seen; rounding a result alone is 0.4.
   */
  @Test
  void itStaysNearTheDefinition() {
    Case c = Case.of(new int[] {8, 16, 16, 128, 64});
    double[] exact =
        ReferenceOps.evaluate(new Conv2d(1, 1), List.of(c.x, c.w), DType.F64)
            .outputs()
            .get(0)
            .doubles();
    double[] own = run(2, new Conv2d(1, 1), List.of(c.x, c.w)).doubles();
    double error = 0;
    double size = 0;
    for (int i = 0; i < exact.length; i++) {
      error += (own[i] - exact[i]) * (own[i] - exact[i]);
      size += exact[i] * exact[i];
    }
    assertThat(Math.sqrt(error / size)).isLessThan(1.5 * 0x1p-8);
  }

  @Test
  void onlyResultsInBf16AreComputedSo() {
    Case c = Case.of(new int[] {2, 4, 4, 3, 5});
    ProductTypes wide = new ProductTypes(DType.BF16, DType.F32);
    for (Op op : List.of(new Conv2d(1, 1), new Conv2d(1, 0), new Conv2d(2, 1))) {
      assertThat(candidates(op, List.of(c.x, c.w), wide)).noneMatch(Bf16WinogradTest::isWinograd);
    }
    assertThat(candidates(new Conv2d(1, 1), List.of(c.x, c.w), BF16))
        .filteredOn(Bf16WinogradTest::isWinograd)
        .hasSize(1);
    assertThat(candidates(new Conv2d(2, 1), List.of(c.x, c.w), BF16))
        .noneMatch(Bf16WinogradTest::isWinograd);
  }

  private static boolean isWinograd(Candidate candidate) {
    return Winograd.isName(candidate.name());
  }

  @Test
  void badArgumentsAreRefused() {
    ShortPointer none = null;
    FloatPointer floats = null;
    Pointer room = null;
    var shape = Bf16Convolution.of(1, 2, 2, 3, 4, 3, 1, 1).shape();
    int bad = NativeKernels.EB_BAD_ARGUMENT;
    assertThat(
            NativeKernels.eb_conv2d_winograd_bf16(
                shape, none, floats, floats, floats, floats, none, 0, none, room))
        .isEqualTo(bad);
    assertThat(NativeKernels.eb_conv2d_winograd_backward_data_bf16(shape, none, floats, none, room))
        .isEqualTo(bad);
    assertThat(
            NativeKernels.eb_conv2d_winograd_backward_weight_bf16(shape, none, none, floats, room))
        .isEqualTo(bad);
    shape.stride(2);
    assertThat(NativeKernels.eb_conv2d_winograd_bf16_scratch(shape)).isEqualTo(bad);
    assertThat(NativeKernels.eb_conv2d_winograd_backward_data_bf16_scratch(shape)).isEqualTo(bad);
    assertThat(NativeKernels.eb_conv2d_winograd_backward_weight_bf16_scratch(shape)).isEqualTo(bad);
  }

  private static void check(Op op, List<HostTensor> inputs, Bf16Winograd expected) {
    HostTensor first = run(1, op, inputs);
    expected.check(first, !(op instanceof Conv2dBackwardWeight));
    for (int threads : new int[] {2, 3, 5}) {
      assertThat(run(threads, op, inputs)).as("%s, %s threads", op, threads).isEqualTo(first);
    }
  }

  private static List<Candidate> candidates(Op op, List<HostTensor> inputs, ProductTypes types) {
    List<TensorSpec> specs = inputs.stream().map(HostTensor::spec).toList();
    return OwnBf16Products.candidates(OneOp.request(op, specs), types);
  }

  private static HostTensor run(int threads, Op op, List<HostTensor> inputs) {
    try (CpuBackend backend = new CpuBackend(threads);
        OneOp one = new OneOp(backend)) {
      List<Candidate> all = candidates(op, inputs, BF16);
      try (Kernel kernel = all.get(all.size() - 1).kernel().get()) {
        return one.run(kernel, op, inputs).get(0);
      }
    }
  }
}
