package io.earlybird.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Precision;
import io.earlybird.backend.cpu.NativeKernels.InputNorm;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.BatchNormReluConv2dBackward;
import io.earlybird.tensor.op.Channels;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntSupplier;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** All gradients of a 1x1 convolution of what batch norm and ReLU make, against the reference. */
class NormGradientsTest {
  private static final float EPSILON = 1e-5f;

  /** Of the design's tolerance {@code c u sqrt(K) sum |a b|}. */
  private static final double C = 4;

  /** n, h, w, in, out and, where channels are selected, those of x. */
  static int[][] cases() {
    return new int[][] {
      {1, 1, 1, 2, 1},
      {3, 5, 7, 33, 5},
      {5, 7, 7, 64, 16},
      {4, 8, 8, 64, 63},
      {2, 47, 3, 16, 3},
      {1, 11, 13, 37, 36},
      {9, 16, 16, 128, 32},
      {33, 32, 32, 64, 16},
      {2, 3, 4, 1, 3, 9},
      {2, 9, 8, 17, 16, 40},
      {5, 7, 7, 45, 11, 64},
      {3, 4, 5, 77, 65, 130},
      {33, 32, 32, 35, 9, 64},
    };
  }

  private record Case(BatchNormReluConv2dBackward op, List<HostTensor> inputs) {
    static Case of(int[] c, boolean add) {
      int all = c.length > 5 ? c[5] : c[3];
      Channels channels =
          c.length > 5
              ? Channels.of(new Random(6).ints(0, all).distinct().limit(c[3]).sorted().toArray())
              : null;
      HostTensor variance = HostTensor.of(new float[all], all);
      for (int i = 0; i < all; i++) {
        variance.buffer().putFloat(4 * i, 0.25f + i % 5);
      }
      TensorSpec x = TensorSpec.f32(c[0], c[1], c[2], all);
      List<HostTensor> inputs = new ArrayList<>();
      inputs.add(OneOp.random(1, x));
      for (int seed = 2; seed < 5; seed++) {
        inputs.add(OneOp.random(seed, TensorSpec.f32(all)));
      }
      inputs.add(variance);
      inputs.add(OneOp.random(5, TensorSpec.f32(c[4], c[3], 1, 1)));
      inputs.add(OneOp.random(6, TensorSpec.f32(c[0], c[1], c[2], c[4])));
      if (add) {
        inputs.add(OneOp.random(7, x));
      }
      return new Case(new BatchNormReluConv2dBackward(EPSILON, channels, add), inputs);
    }

    KernelRequest request() {
      return OneOp.request(op, inputs.stream().map(HostTensor::spec).toList());
    }

    List<HostTensor> run(int threads, Precision precision, boolean apart) {
      try (CpuBackend backend = new CpuBackend(threads, precision, Map.of(), Map.of());
          OneOp one = new OneOp(backend, 128L << 20);
          Kernel kernel =
              (apart
                      ? ApartGradients.of(request(), backend)
                      : NormGradients.own(request(), precision.activations()))
                  .kernel()
                  .get()) {
        return one.run(kernel, op, inputs);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theyAreThoseOfTheReferenceByOwnCodeAndApart(int[] extents) {
    for (boolean add : new boolean[] {false, true}) {
      Case c = Case.of(extents, add);
      List<HostTensor> first = c.run(1, Precision.FP32, false);
      OneOp.check(c.op, c.inputs, first, C);
      OneOp.check(c.op, c.inputs, c.run(2, Precision.FP32, true), C);
      for (int threads : new int[] {2, 3, 5}) {
        assertThat(c.run(threads, Precision.FP32, false))
            .as("%s threads", threads)
            .isEqualTo(first);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void inBf16TheyDoNotDependOnThreads(int[] extents) {
    assumeTrue(CpuLibrary.hasBf16Products(), "no AVX512-BF16");
    Case c = Case.of(extents, true);
    List<HostTensor> first = c.run(1, Precision.BF16, false);
    for (int threads : new int[] {2, 3}) {
      assertThat(c.run(threads, Precision.BF16, false)).as("%s threads", threads).isEqualTo(first);
    }
  }

  @Test
  void aPlanJoinsThemWhereThatWasFoundFaster() {
    Case c = Case.of(new int[] {64, 8, 8, 64, 16}, true);
    List<TensorSpec> specs = c.inputs.stream().map(HostTensor::spec).toList();
    String key;
    try (CpuBackend backend = new CpuBackend(2)) {
      backend.joins(c.op, specs);
      key =
          backend.choices().keySet().stream()
              .filter(k -> k.startsWith(c.op.name() + "["))
              .findFirst()
              .orElseThrow();
    }
    for (String way : List.of(OwnKernel.name(), "apart")) {
      try (CpuBackend backend = new CpuBackend(2, Precision.FP32, Map.of(key, way), Map.of())) {
        assertThat(backend.joins(c.op, specs)).as(way).isEqualTo(!way.equals("apart"));
        assertThat(backend.choices()).containsEntry(key, way);
      }
    }
  }

  @Test
  void convolutionsThatWidenAreLeftToSingleOps() {
    try (CpuBackend backend = new CpuBackend(1)) {
      for (int out : new int[] {7, 8, 9}) {
        Case c = Case.of(new int[] {2, 3, 3, 8, out}, false);
        List<TensorSpec> specs = c.inputs.stream().map(HostTensor::spec).toList();
        assertThat(backend.supports(c.op, specs).ok()).isEqualTo(out < 8);
        assertThat(backend.joins(c.op, specs)).isEqualTo(out < 8);
      }
    }
  }

  @Test
  void anUnselectedChannelPassesTheOtherGradientOn() {
    Case c = Case.of(new int[] {1, 3, 3, 4, 2, 6}, true);
    int[] kept = c.op.channels().toArray();
    int dropped = 0;
    while (dropped < kept.length && kept[dropped] == dropped) {
      dropped++;
    }
    c.inputs.get(0).buffer().putFloat(4 * dropped, Float.POSITIVE_INFINITY);
    HostTensor other = c.inputs.get(BatchNormReluConv2dBackward.OTHER);
    HostTensor dx = c.run(1, Precision.FP32, false).get(0);
    assertThat(dx.get(dropped)).isEqualTo(other.get(dropped));
  }

  @Test
  void badArgumentsAreRefused() {
    FloatPointer none = null;
    ShortPointer shorts = null;
    Pointer room = null;
    InputNorm norm = null;
    var shape = Bf16Convolution.of(1, 4, 4, 3, 4, 1, 1, 0).shape();
    int bad = NativeKernels.EB_BAD_ARGUMENT;
    assertThat(
            NativeKernels.eb_conv2d_norm_backward_f32(
                shape, norm, none, none, none, none, none, none, none, none, room))
        .isEqualTo(bad);
    assertThat(
            NativeKernels.eb_conv2d_norm_backward_bf16(
                shape, norm, shorts, none, shorts, shorts, shorts, none, none, none, room))
        .isEqualTo(bad);
    assertThat(NativeKernels.eb_conv2d_norm_backward_f32_scratch(shape, 2)).isEqualTo(bad);
    assertThat(NativeKernels.eb_conv2d_norm_backward_bf16_scratch(shape, 2)).isEqualTo(bad);
    try (FloatPointer floats = new FloatPointer(1 << 16).zero();
        IntPointer selected = new IntPointer(2, 1, 0);
        InputNorm given = new InputNorm()) {
      given.gamma(floats).beta(floats).mean(floats).variance(floats).channels(3).epsilon(1);
      IntSupplier call =
          () ->
              NativeKernels.eb_conv2d_norm_backward_f32(
                  shape, given, floats, floats, floats, none, floats, floats, floats, floats,
                  floats);
      given.selected(selected);
      assertThat(call.getAsInt()).as("numbers that descend").isEqualTo(bad);
      given.selected(null).channels(4);
      assertThat(call.getAsInt()).as("one channel too many").isEqualTo(bad);
      given.channels(3);
      shape.kernel_height(3).kernel_width(3).padding(1);
      assertThat(call.getAsInt()).as("a 3x3 kernel").isEqualTo(bad);
    }
    assertThat(NativeKernels.eb_conv2d_norm_backward_f32_scratch(shape, 3)).isEqualTo(bad);
  }
}
