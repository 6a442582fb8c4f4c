package io.earlybird.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.earlybird.backend.ConvolutionExtents;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Precision;
import io.earlybird.backend.cpu.NativeKernels.InputNorm;
import io.earlybird.backend.cpu.OwnNormProducts.Way;
import io.earlybird.backend.reference.ReferenceOps;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.BatchNormRelu;
import io.earlybird.tensor.op.BatchNormReluConv2d;
import io.earlybird.tensor.op.BatchNormReluConv2dBackwardWeight;
import io.earlybird.tensor.op.BatchNormStatistics;
import io.earlybird.tensor.op.Channels;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dEpilogue;
import io.earlybird.tensor.op.Linear;
import io.earlybird.tensor.op.NormProductOp;
import io.earlybird.tensor.op.Op;
import io.earlybird.tensor.op.ProductOp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Products of what batch norm and ReLU make, against the reference and Winograd's formulas. */
class NormProductsTest {
  private static final float EPSILON = 1e-5f;

  /** Of the design's tolerance {@code c u sqrt(K) sum |a b|}. */
  private static final double C = 4;

  /** n, h, w, in, out, kernel and, where channels are selected, those of x. */
  static int[][] cases() {
    return new int[][] {
      {2, 3, 4, 1, 3, 1, 9},
      {2, 9, 8, 17, 16, 1, 40},
      {3, 5, 7, 32, 5, 1, 64},
      {5, 7, 7, 45, 16, 1, 64},
      {4, 8, 8, 64, 13, 1, 64},
      {3, 4, 5, 77, 65, 1, 130},
      {1, 1, 1, 1, 1, 1},
      {3, 5, 7, 3, 5, 1},
      {2, 9, 8, 17, 16, 1},
      {5, 7, 7, 64, 16, 1},
      {4, 8, 8, 16, 64, 1},
      {1, 11, 13, 33, 47, 1},
      {3, 4, 5, 128, 65, 1},
      {37, 8, 8, 256, 64, 1},
      {2, 64, 64, 64, 256, 1},
      {3, 5, 4, 3, 7, 3},
      {2, 9, 8, 17, 1, 3},
      {5, 4, 4, 24, 13, 3},
      {7, 8, 8, 64, 64, 3},
      {37, 16, 16, 16, 16, 3},
      {5, 7, 5, 96, 97, 3},
    };
  }

  /** Operands of which the norm leaves much, so that no sum is of zeros alone. */
  private record Case(
      HostTensor x,
      List<HostTensor> norm,
      Channels channels,
      HostTensor w,
      HostTensor y,
      int kernel,
      int padding) {
    static Case of(int[] c, boolean bf16) {
      int all = c.length > 6 ? c[6] : c[3];
      HostTensor variance = HostTensor.of(new float[all], all);
      HostTensor beta = HostTensor.of(new float[all], all);
      for (int i = 0; i < all; i++) {
        variance.buffer().putFloat(4 * i, 0.25f + i % 5);
        beta.buffer().putFloat(4 * i, 0.5f + i % 3);
      }
      HostTensor gamma = OneOp.random(4, TensorSpec.f32(all));
      HostTensor mean = OneOp.random(5, TensorSpec.f32(all));
      TensorSpec x = TensorSpec.f32(c[0], c[1], c[2], all);
      TensorSpec y = TensorSpec.f32(c[0], c[1], c[2], c[4]);
      return new Case(
          bf16 ? Bf16Memory.random(1, x) : OneOp.random(1, x),
          List.of(gamma, beta, mean, variance),
          c.length > 6 ? selection(c[3], all) : null,
          OneOp.random(2, TensorSpec.f32(c[4], c[3], c[5], c[5])),
          bf16 ? Bf16Memory.random(3, y) : OneOp.random(3, y),
          c[5],
          c[5] / 2);
    }

    /** So many of so many, unevenly spread. */
    private static Channels selection(int kept, int all) {
      int[] order = new Random(6).ints(0, all).distinct().limit(kept).sorted().toArray();
      return Channels.of(order);
    }

    NormProductOp forward(boolean add) {
      ProductOp product =
          add ? new Conv2dEpilogue(1, padding, false, 0, true, false) : new Conv2d(1, padding);
      return new BatchNormReluConv2d(EPSILON, channels, product);
    }

    NormProductOp backwardWeight() {
      return new BatchNormReluConv2dBackwardWeight(EPSILON, channels, 1, padding, kernel, kernel);
    }

    List<HostTensor> inputs(HostTensor... others) {
      return Stream.concat(Stream.concat(Stream.of(x), norm.stream()), Stream.of(others)).toList();
    }

    /** What the norm and the ReLU make, in fp32. */
    HostTensor made() {
      return ReferenceOps.evaluate(backwardWeight().norm(), inputs(), DType.F32).outputs().get(0);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void inFp32TheyAreThoseOfTheReference(int[] extents) {
    assumeTrue(extents.length == 6 || NormProducts.selects(), "no AVX-512");
    Case c = Case.of(extents, false);
    check(c.forward(false), c.inputs(c.w), c.made(), c.w);
    check(c.forward(true), c.inputs(c.w, c.y), c.made(), c.w, c.y);
    HostTensor v = OneOp.random(7, TensorSpec.f32(extents[4]));
    HostTensor variance = HostTensor.of(new float[extents[4]], extents[4]);
    check(
        new BatchNormReluConv2d(
            EPSILON, c.channels, new Conv2dEpilogue(1, c.padding, true, 1e-2f, true, true)),
        c.inputs(c.w, v, v, v, variance, c.y),
        c.made(),
        c.w,
        v,
        v,
        v,
        variance,
        c.y);
    check(c.backwardWeight(), c.inputs(c.y), c.made(), c.y);
  }

  private static void check(
      NormProductOp op, List<HostTensor> inputs, HostTensor made, HostTensor... others) {
    List<HostTensor> operands = Stream.concat(Stream.of(made), Stream.of(others)).toList();
    for (Way way : is4x4(op, operands) ? List.of(Way.F32, Way.F32_4X4) : List.of(Way.F32)) {
      HostTensor first = run(1, way, op, inputs);
      OneOp.check(op.product(), operands, List.of(first), C);
      sameForAnyThreads(way, op, inputs, first);
    }
  }

  /** Whether F(4x4, 3x3) is offered. */
  private static boolean is4x4(NormProductOp op, List<HostTensor> operands) {
    return Winograd.fits4x4(ConvolutionExtents.of(OneOp.request(op.product(), specs(operands))));
  }

  static Stream<int[]> winogradCases() {
    return Arrays.stream(cases()).filter(c -> c[5] == 3);
  }

  /** By F(4x4, 3x3), also where it is not offered. */
  @ParameterizedTest
  @MethodSource("winogradCases")
  void inFp32TheyAreWinogradsFormulas(int[] extents) {
    Case c = Case.of(extents, false);
    HostTensor y = run(1, Way.F32_4X4, c.forward(false), c.inputs(c.w));
    Winograd4x4.convolution(c.made(), c.w).check(y, false);
    HostTensor dw = run(1, Way.F32_4X4, c.backwardWeight(), c.inputs(c.y));
    Winograd4x4.weightGradient(c.made(), c.y).check(dw, false);
  }

  private static void sameForAnyThreads(Way way, Op op, List<HostTensor> inputs, HostTensor first) {
    for (int threads : new int[] {2, 3, 5}) {
      assertThat(run(threads, way, op, inputs)).as("%s, %s threads", op, threads).isEqualTo(first);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void inBf16TheyAreThoseOfRoundedOperands(int[] extents) {
    assumeTrue(CpuLibrary.hasBf16Products(), "no AVX512-BF16");
    Case c = Case.of(extents, true);
    boolean winograd = c.kernel == 3 && !CpuLibrary.hasAmx();
    for (boolean add : new boolean[] {false, true}) {
      List<HostTensor> inputs = add ? c.inputs(c.w, c.y) : c.inputs(c.w);
      HostTensor first = run(1, Way.BF16, c.forward(add), inputs);
      double[] residual = c.y.doubles();
      Bf16Winograd.Then then = (i, value) -> add ? value + residual[i] : value;
      if (winograd) {
        Bf16Winograd.convolution(c.made(), c.w).map(then).check(first, true);
      } else {
        checkRounded(c.forward(false), List.of(c.made(), c.w), first, then, true);
      }
      sameForAnyThreads(Way.BF16, c.forward(add), inputs, first);
    }
    List<HostTensor> inputs = c.inputs(c.y);
    HostTensor first = run(1, Way.BF16, c.backwardWeight(), inputs);
    if (winograd) {
      Bf16Winograd.weightGradient(c.made(), c.y).check(first, false);
    } else {
      checkRounded(c.backwardWeight(), List.of(c.made(), c.y), first, (i, value) -> value, false);
    }
    sameForAnyThreads(Way.BF16, c.backwardWeight(), inputs, first);
  }

  /** As the product of operands that are rounded to bf16, with sums in fp32. */
  private static void checkRounded(
      NormProductOp op,
      List<HostTensor> operands,
      HostTensor actual,
      Bf16Winograd.Then then,
      boolean bf16) {
    List<HostTensor> rounded = new ArrayList<>();
    operands.forEach(t -> rounded.add(Bf16Memory.rounded(t)));
    ReferenceOps.Result expected = ReferenceOps.evaluate(op.product(), rounded, DType.F64);
    new Bf16Winograd(
            expected.outputs().get(0).doubles(), expected.magnitudes().get(0), expected.terms()[0])
        .map(then)
        .check(actual, bf16);
  }

  @Test
  void statisticsAreThoseOfTheWholeNorm() {
    Case c = Case.of(new int[] {37, 9, 11, 45, 1, 1}, true);
    List<HostTensor> inputs = List.of(c.x, c.norm.get(0), c.norm.get(1));
    for (Precision precision : bf16OrNot()) {
      try (CpuBackend backend = new CpuBackend(2, precision, Map.of(), Map.of());
          OneOp one = new OneOp(backend)) {
        assertThat(one.run(new BatchNormStatistics(EPSILON), inputs))
            .isEqualTo(one.run(new BatchNormRelu(EPSILON, null), inputs).subList(1, 3));
      }
    }
  }

  @Test
  void smallProductsThatRoundMoreAreLeftToSingleOps() {
    for (Precision precision : bf16OrNot()) {
      try (CpuBackend backend = new CpuBackend(2, precision, Map.of(), Map.of())) {
        for (int n : new int[] {1, 64}) {
          Case c = Case.of(new int[] {n, 8, 8, 64, 64, 3}, false);
          KernelRequest request = OneOp.request(c.forward(false), specs(c.inputs(c.w)));
          assertThat(NormProducts.candidates(request, backend))
              .extracting(Candidate::name)
              .anyMatch(name -> name.startsWith("apart "))
              .satisfies(
                  names -> {
                    assertThat(names.contains(OwnKernel.name())).isEqualTo(n == 64);
                    assertThat(names.contains(OwnKernel.name() + Winograd.SUFFIX_4X4))
                        .isEqualTo(n == 64 && precision == Precision.FP32);
                  });
        }
      }
    }
  }

  /** Few channels are kept of many that are read. */
  @Test
  void productsThatWaitForMemoryAreFusedHoweverSmall() {
    assumeTrue(CpuLibrary.hasBf16Products(), "no AVX512-BF16");
    try (CpuBackend backend = new CpuBackend(2, Precision.BF16, Map.of(), Map.of())) {
      for (int n : new int[] {1, 64}) {
        TensorSpec vector = TensorSpec.f32(64);
        List<TensorSpec> inputs =
            List.of(
                TensorSpec.f32(n, 16, 16, 64),
                vector,
                vector,
                vector,
                vector,
                TensorSpec.f32(5, 3, 1, 1));
        Op op = new BatchNormReluConv2d(EPSILON, Channels.of(7, 20, 63), new Conv2d(1, 0));
        assertThat(NormProducts.candidates(OneOp.request(op, inputs), backend))
            .extracting(Candidate::name)
            .satisfies(names -> assertThat(names.contains(OwnKernel.name())).isEqualTo(n == 64));
      }
    }
  }

  @Test
  void otherWindowsAreNotFused() {
    Case c = Case.of(new int[] {2, 6, 6, 8, 8, 3}, false);
    Channels some = Channels.of(0, 2, 3);
    try (CpuBackend backend = new CpuBackend(1)) {
      List<TensorSpec> specs = specs(c.inputs(c.w));
      assertThat(backend.supports(of(null, 1, 1), specs).ok()).isTrue();
      assertThat(backend.supports(of(null, 2, 1), specs).reason())
          .contains("only f32 and 1x1 or 3x3 of stride 1");
      assertThat(backend.supports(of(null, 1, 0), specs).ok()).isFalse();
      assertThat(backend.supports(of(some, 1, 1), specs).ok()).isFalse();
    }
    assertThatThrownBy(() -> new BatchNormReluConv2d(EPSILON, null, new Linear()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static Op of(Channels channels, int stride, int padding) {
    return new BatchNormReluConv2d(EPSILON, channels, new Conv2d(stride, padding));
  }

  @Test
  void badArgumentsAreRefused() {
    FloatPointer none = null;
    ShortPointer shorts = null;
    Pointer room = null;
    InputNorm norm = null;
    var shape = Bf16Convolution.of(1, 4, 4, 3, 4, 3, 1, 1).shape();
    int bad = NativeKernels.EB_BAD_ARGUMENT;
    assertThat(NativeKernels.eb_conv2d_norm_f32(shape, norm, none, none, norm, none, 0, none, room))
        .isEqualTo(bad);
    assertThat(
            NativeKernels.eb_conv2d_norm_backward_weight_f32(shape, norm, none, none, none, room))
        .isEqualTo(bad);
    assertThat(
            NativeKernels.eb_conv2d_norm_4x4_f32(
                shape, norm, none, none, norm, none, 0, none, room))
        .isEqualTo(bad);
    assertThat(
            NativeKernels.eb_conv2d_norm_4x4_backward_weight_f32(
                shape, norm, none, none, none, room))
        .isEqualTo(bad);
    assertThat(
            NativeKernels.eb_conv2d_norm_bf16(
                shape, norm, shorts, none, norm, shorts, 0, shorts, room))
        .isEqualTo(bad);
    assertThat(
            NativeKernels.eb_conv2d_norm_backward_weight_bf16(
                shape, norm, shorts, shorts, none, room))
        .isEqualTo(bad);
    try (FloatPointer floats = new FloatPointer(4096).zero();
        IntPointer selected = new IntPointer(2, 1, 0);
        InputNorm given = new InputNorm();
        InputNorm after = new InputNorm()) {
      given.gamma(floats).beta(floats).mean(floats).variance(floats).channels(3).epsilon(1);
      IntSupplier call =
          () ->
              NativeKernels.eb_conv2d_norm_f32(
                  shape, given, floats, floats, after, none, 0, floats.getPointer(2048), floats);
      after.gamma(floats).beta(floats).mean(floats).variance(floats).channels(4).epsilon(1);
      given.selected(selected);
      assertThat(call.getAsInt()).as("a selection for a 3x3 kernel").isEqualTo(bad);
      shape.kernel_height(1).kernel_width(1).padding(0);
      assertThat(NativeKernels.eb_conv2d_norm_4x4_f32_scratch(shape, 3)).isEqualTo(bad);
      assertThat(call.getAsInt()).as("numbers that descend").isEqualTo(bad);
      given.selected(null).channels(4);
      assertThat(call.getAsInt()).as("one channel too many").isEqualTo(bad);
      given.channels(3);
      after.channels(5);
      assertThat(call.getAsInt()).as("a norm of more results than there are").isEqualTo(bad);
    }
    shape.stride(2);
    assertThat(NativeKernels.eb_conv2d_norm_f32_scratch(shape, 3)).isEqualTo(bad);
    assertThat(NativeKernels.eb_conv2d_norm_backward_weight_f32_scratch(shape, 3)).isEqualTo(bad);
    assertThat(NativeKernels.eb_conv2d_norm_4x4_f32_scratch(shape, 3)).isEqualTo(bad);
    assertThat(NativeKernels.eb_conv2d_norm_4x4_backward_weight_f32_scratch(shape, 3))
        .isEqualTo(bad);
    assertThat(NativeKernels.eb_conv2d_norm_bf16_scratch(shape, 3)).isEqualTo(bad);
    assertThat(NativeKernels.eb_conv2d_norm_backward_weight_bf16_scratch(shape, 3)).isEqualTo(bad);
    assertThat(NativeKernels.eb_batch_norm_statistics_f32(none, 1, 1, none, none, room))
        .isEqualTo(bad);
  }

  private static List<Precision> bf16OrNot() {
    return CpuLibrary.hasBf16Products()
        ? List.of(Precision.FP32, Precision.BF16)
        : List.of(Precision.FP32);
  }

  private static List<TensorSpec> specs(List<HostTensor> tensors) {
    return tensors.stream().map(HostTensor::spec).toList();
  }

  private static HostTensor run(int threads, Way way, Op op, List<HostTensor> inputs) {
    KernelRequest request = OneOp.request(op, specs(inputs));
    Precision precision = way == Way.BF16 ? Precision.BF16 : Precision.FP32;
    try (CpuBackend backend = new CpuBackend(threads, precision, Map.of(), Map.of());
        OneOp one = new OneOp(backend, 96L << 20);
        Kernel kernel = OwnNormProducts.candidate(request, way).kernel().get()) {
      return one.run(kernel, op, inputs).get(0);
    }
  }
}
