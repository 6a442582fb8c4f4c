package io.earlybird.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.reference.ReferenceOps;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.format.BlockFloat;
import io.earlybird.tensor.format.NumberFormat;
import io.earlybird.tensor.format.Quantizer;
import io.earlybird.tensor.format.Rounding;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardData;
import io.earlybird.tensor.op.Op;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Products of 8-bit block values as integers, against the reference on the same values. */
class Int8ProductsTest {
  /** Of the design's tolerance {@code c u sqrt(K) sum |a b|}. */
  private static final double C = 4;

  private static final BlockFloat BITS = new BlockFloat(8, 0);
  private static final int[] SMALL = {3, 5, 4, 6, 9, 3, 1, 1};

  static int[][] cases() {
    return Bf16ProductsTest.cases();
  }

  /** Values of so many bits, of which those of index i of dimension 0 are of the given size. */
  private static HostTensor blocks(long seed, int bits, IntToDoubleFunction size, TensorSpec spec) {
    double[] random = new Random(seed).doubles(spec.size(), -1, 1).toArray();
    float[] values = new float[random.length];
    int block = random.length / spec.shape().dim(0);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random[i] * size.applyAsDouble(i / block));
    }
    Quantizer quantizer = new Quantizer(new BlockFloat(bits, 0), Rounding.NEAREST);
    return HostTensor.of(quantizer.quantize(values, spec.shape()), spec.shape().dims());
  }

  /** Operands and ops of a convolution: n, h, w, in, out, kernel, stride, padding. */
  private record Operands(HostTensor x, HostTensor w, HostTensor dy, int stride, int padding) {
    static Operands of(int[] e, int bits, IntToDoubleFunction image, IntToDoubleFunction filter) {
      TensorSpec x = TensorSpec.f32(e[0], e[1], e[2], e[3]);
      TensorSpec w = TensorSpec.f32(e[4], e[3], e[5], e[5]);
      TensorSpec y = new Conv2d(e[6], e[7]).infer(List.of(x, w)).get(0);
      return new Operands(
          blocks(1, bits, image, x),
          blocks(2, bits, filter, w),
          blocks(3, bits, image, y),
          e[6],
          e[7]);
    }

    HostTensor forward(int threads) {
      return run(forward(), threads, x, w);
    }

    HostTensor backward(int threads) {
      return run(backward(), threads, dy, w);
    }

    Op forward() {
      return new Conv2d(stride, padding);
    }

    Op backward() {
      var shape = x.spec().shape();
      return new Conv2dBackwardData(stride, padding, shape.dim(1), shape.dim(2));
    }
  }

  private static KernelRequest request(Op op, List<TensorSpec> specs, NumberFormat format) {
    List<Form> forms = specs.stream().map(s -> Form.plain(s, DType.BF16)).toList();
    List<NumberFormat> formats = Collections.nCopies(2, format);
    return new KernelRequest(op, specs, op.infer(specs), forms, formats, false);
  }

  private static HostTensor run(Op op, int threads, HostTensor... operands) {
    List<HostTensor> values = List.of(operands);
    List<TensorSpec> specs = values.stream().map(HostTensor::spec).toList();
    try (CpuBackend backend = new CpuBackend(threads);
        OneOp one = new OneOp(backend)) {
      KernelRequest request = request(op, specs, BITS);
      List<Candidate> candidates =
          OwnInt8Products.candidates(request, ProductTypes.of(request, backend));
      try (Kernel kernel = candidates.get(0).kernel().get()) {
        assertThat(kernel.choice()).endsWith(" int8");
        return one.run(kernel, op, values).get(0);
      }
    }
  }

  private static void needsIntegers() {
    assumeTrue(CpuLibrary.hasBf16Products(), "no AVX512-BF16");
  }

  /** All terms of a sum share their exponents: the exact sum is rounded once. */
  @ParameterizedTest
  @MethodSource("cases")
  void aConvolutionIsExactAndTheSameForAnyNumberOfThreads(int[] extents) {
    needsIntegers();
    Operands o = Operands.of(extents, 8, n -> Math.scalb(1.3, n % 5), f -> Math.scalb(1, -f % 7));
    double[] exact =
        ReferenceOps.evaluate(o.forward(), List.of(o.x, o.w), DType.F64).outputs().get(0).doubles();
    for (int threads : new int[] {1, 2, 3, 5}) {
      double[] found = o.forward(threads).doubles();
      for (int i = 0; i < exact.length; i++) {
        assertThat(found[i]).as("element %d", i).isEqualTo((double) (float) exact[i]);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void anInputGradientIsRightAndTheSameForAnyNumberOfThreads(int[] extents) {
    needsIntegers();
    Operands o = Operands.of(extents, 8, n -> Math.scalb(1.3, -n % 9), f -> Math.scalb(1, -f % 5));
    HostTensor first = o.backward(1);
    OneOp.check(o.backward(), List.of(o.dy, o.w), List.of(first), C);
    for (int threads : new int[] {2, 3, 5}) {
      assertThat(o.backward(threads)).isEqualTo(first);
    }
  }

  /** More exponents than a round has room for, some filters that are zero, all bits of a word. */
  @ParameterizedTest
  @MethodSource("cases")
  void filtersOfAllSizesAreSummedInRounds(int[] extents) {
    needsIntegers();
    Operands o =
        Operands.of(
            extents, 7, n -> n == 1 ? 0 : 1, f -> f % 4 == 3 ? 0 : Math.scalb(1, f % 29 - 14));
    OneOp.check(o.backward(), List.of(o.dy, o.w), List.of(o.backward(2)), C);
    OneOp.check(o.forward(), List.of(o.x, o.w), List.of(o.forward(2)), C);
  }

  @Test
  void zerosGiveZeros() {
    needsIntegers();
    Operands o = Operands.of(SMALL, 8, n -> 1, f -> 0);
    assertThat(o.forward(2).doubles()).containsOnly(0);
    assertThat(o.backward(2).doubles()).containsOnly(0);
  }

  @Test
  void whatIsNotFiniteStaysSo() {
    needsIntegers();
    Operands o = Operands.of(SMALL, 8, n -> n == 1 ? Double.NaN : 1, f -> 1);
    for (HostTensor result : List.of(o.forward(2), o.backward(2))) {
      double[] values = result.doubles();
      int image = values.length / 3;
      for (int i = 0; i < values.length; i++) {
        assertThat(Double.isNaN(values[i])).isEqualTo(i / image == 1);
      }
    }
    Operands filter = Operands.of(SMALL, 8, n -> 1, f -> f == 4 ? Double.NaN : 1);
    double[] y = filter.forward(2).doubles();
    for (int i = 0; i < y.length; i++) {
      assertThat(Double.isNaN(y[i])).isEqualTo(i % 9 == 4);
    }
    assertThat(filter.backward(2).doubles()).containsOnly(Double.NaN);
  }

  @Test
  void otherFormatsAreNotMultipliedAsIntegers() {
    List<TensorSpec> specs = List.of(TensorSpec.f32(2, 4, 4, 3), TensorSpec.f32(5, 3, 3, 3));
    try (CpuBackend backend = new CpuBackend(2)) {
      for (NumberFormat format : new NumberFormat[] {new BlockFloat(9, 0), new BlockFloat(8, 1)}) {
        KernelRequest request = request(new Conv2d(1, 1), specs, format);
        ProductTypes types = ProductTypes.of(request, backend);
        assertThat(OwnInt8Products.candidates(request, types)).isEmpty();
      }
    }
  }

  @Test
  void withoutTheInstructionsTheyAreMissing() {
    assumeTrue(!CpuLibrary.hasBf16Products(), "has AVX512-BF16");
    var shape = Bf16Convolution.of(SMALL).shape();
    assertThat(NativeKernels.eb_conv2d_int8_scratch(shape)).isEqualTo(NativeKernels.EB_UNSUPPORTED);
  }

  @Test
  void badArgumentsAreRefused() {
    ShortPointer none = null;
    FloatPointer floats = null;
    Pointer room = null;
    var shape = Bf16Convolution.of(SMALL).shape();
    assertThat(NativeKernels.eb_conv2d_int8(shape, none, none, floats, room))
        .isEqualTo(NativeKernels.EB_BAD_ARGUMENT);
    assertThat(NativeKernels.eb_conv2d_backward_data_int8(shape, none, none, floats, room))
        .isEqualTo(NativeKernels.EB_BAD_ARGUMENT);
    if (CpuLibrary.hasBf16Products()) {
      shape.in(100_000);
      assertThat(NativeKernels.eb_conv2d_int8_scratch(shape))
          .isEqualTo(NativeKernels.EB_BAD_ARGUMENT);
    }
  }
}
