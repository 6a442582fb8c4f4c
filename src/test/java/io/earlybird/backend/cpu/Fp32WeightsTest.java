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
import io.earlybird.tensor.op.Op;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Products of bf16 images that round fp32 weights as they read them, which AMX computes. */
class Fp32WeightsTest {
  private static final ProductTypes BF16 = new ProductTypes(DType.BF16, DType.BF16);

  static Stream<int[]> cases() {
    return Arrays.stream(Bf16ProductsTest.cases()).filter(c -> c[6] == 1);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theyAreThoseOfRoundedWeights(int[] extents) {
    needsAmx();
    Bf16Convolution c = Bf16Convolution.of(extents);
    HostTensor w = OneOp.random(9, c.w().spec());
    Bf16Convolution rounded = new Bf16Convolution(c.shape(), c.x(), Bf16Memory.rounded(w), c.dy());
    Op backward =
        new Conv2dBackwardData(1, c.padding(), (int) c.shape().height(), (int) c.shape().width());
    for (int threads : new int[] {1, 2, 3, 5}) {
      assertThat(run(threads, new Conv2d(1, c.padding()), List.of(c.x(), w)))
          .isEqualTo(rounded.forward(threads, 0));
      assertThat(run(threads, backward, List.of(c.dy(), w)))
          .isEqualTo(rounded.backwardData(threads, 0));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void whatFollowsAConvolutionIsComputedInFp32(int[] extents) {
    needsAmx();
    Bf16Convolution c = Bf16Convolution.of(extents);
    ReferenceOps.Result plain =
        ReferenceOps.evaluate(new Conv2d(1, c.padding()), List.of(c.x(), c.w()), DType.F64);
    Bf16Winograd expected =
        new Bf16Winograd(
            plain.outputs().get(0).doubles(), plain.magnitudes().get(0), plain.terms()[0]);
    for (Followed f : Followed.all(c.padding(), c.dy())) {
      HostTensor first = run(1, f.op(), f.inputs(c.x(), c.w()));
      expected.map(f.then()).check(first, true);
      assertThat(run(3, f.op(), f.inputs(c.x(), c.w()))).isEqualTo(first);
    }
  }

  @Test
  void otherStridesResultsAndProcessorsHaveNone() {
    Bf16Convolution c = Bf16Convolution.of(2, 4, 4, 3, 5, 3, 1, 1);
    List<HostTensor> inputs = List.of(c.x(), c.w());
    assertThat(find(new Conv2d(1, 1), inputs, BF16).isPresent()).isEqualTo(CpuLibrary.hasAmx());
    assertThat(find(new Conv2d(2, 1), inputs, BF16)).isEmpty();
    assertThat(find(new Conv2d(1, 1), inputs, new ProductTypes(DType.BF16, DType.F32))).isEmpty();
    var shape = c.shape();
    if (CpuLibrary.hasAmx()) {
      shape.stride(2);
    }
    int none = NativeKernels.EB_UNSUPPORTED;
    assertThat(NativeKernels.eb_conv2d_f32_weight_bf16_scratch(shape)).isEqualTo(none);
    assertThat(NativeKernels.eb_conv2d_f32_weight_backward_data_bf16_scratch(shape))
        .isEqualTo(none);
  }

  @Test
  void badArgumentsAreRefused() {
    ShortPointer none = null;
    FloatPointer floats = null;
    Pointer room = null;
    var shape = Bf16Convolution.of(1, 2, 2, 3, 4, 3, 1, 1).shape();
    int bad = NativeKernels.EB_BAD_ARGUMENT;
    assertThat(
            NativeKernels.eb_conv2d_f32_weight_bf16(
                shape, none, floats, floats, floats, floats, none, 0, none, room))
        .isEqualTo(bad);
    assertThat(
            NativeKernels.eb_conv2d_f32_weight_backward_data_bf16(shape, none, floats, none, room))
        .isEqualTo(bad);
    shape.padding(-1);
    assertThat(NativeKernels.eb_conv2d_f32_weight_bf16_scratch(shape)).isEqualTo(bad);
    assertThat(NativeKernels.eb_conv2d_f32_weight_backward_data_bf16_scratch(shape)).isEqualTo(bad);
  }

  private static void needsAmx() {
    assumeTrue(CpuLibrary.hasAmx(), "no AMX");
  }

  private static Optional<Candidate> find(Op op, List<HostTensor> inputs, ProductTypes types) {
    List<TensorSpec> specs = inputs.stream().map(HostTensor::spec).toList();
    return OwnBf16Products.candidates(OneOp.request(op, specs), types).stream()
        .filter(c -> c.name().endsWith("f32 weights"))
        .findFirst();
  }

  private static HostTensor run(int threads, Op op, List<HostTensor> inputs) {
    try (CpuBackend backend = new CpuBackend(threads);
        OneOp one = new OneOp(backend);
        Kernel kernel = find(op, inputs, BF16).orElseThrow().kernel().get()) {
      return one.run(kernel, op, inputs).get(0);
    }
  }
}
