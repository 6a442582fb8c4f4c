package io.earlybird.backend.cpu;

import static io.earlybird.backend.cpu.KernelRunner.normal;
import static io.earlybird.backend.cpu.KernelRunner.special;
import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.backend.Kernel;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.AvgPool2d;
import io.earlybird.tensor.op.AvgPool2dBackward;
import io.earlybird.tensor.op.MaxPool2d;
import io.earlybird.tensor.op.MaxPool2dBackward;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PoolingKernelsTest {
  @ParameterizedTest
  @CsvSource({
    "2, 2, 0, 4, 4, 64",
    "2, 2, 0, 5, 7, 3",
    "2, 2, 0, 2, 2, 1",
    "3, 2, 1, 9, 8, 17",
    "3, 1, 1, 6, 5, 5",
    "3, 3, 0, 10, 9, 16",
    "2, 1, 1, 3, 3, 9",
    "1, 1, 0, 3, 4, 7",
    "2, 3, 0, 8, 8, 4",
    "15, 4, 7, 15, 17, 2",
    "4, 2, 2, 3, 1, 33",
    "3, 2, 1, 9, 8, 32"
  })
  void maxHasTheReferencesBits(int kernel, int stride, int padding, int h, int w, int c) {
    List<HostTensor> x = List.of(special(1, 3, h, w, c));
    MaxPool2d op = new MaxPool2d(kernel, stride, padding);
    KernelRunner.check(op, x);
    HostTensor places = KernelRunner.run(2, op, x).get(1);
    HostTensor dy = special(2, places.shape().dims());
    KernelRunner.check(new MaxPool2dBackward(kernel, stride, padding, h, w), List.of(dy, places));
  }

  @ParameterizedTest
  @CsvSource({
    "2, 2, 4, 4, 64",
    "2, 2, 5, 7, 3",
    "8, 8, 8, 8, 65",
    "3, 1, 6, 5, 5",
    "3, 2, 9, 8, 17",
    "2, 3, 8, 9, 4",
    "1, 1, 3, 4, 7"
  })
  void averageIsWithinTheErrorBound(int kernel, int stride, int h, int w, int c) {
    KernelRunner.check(new AvgPool2d(kernel, stride), List.of(normal(1, 3, h, w, c)));
    int oh = (h - kernel) / stride + 1;
    int ow = (w - kernel) / stride + 1;
    KernelRunner.check(
        new AvgPool2dBackward(kernel, stride, h, w), List.of(normal(2, 3, oh, ow, c)));
  }

  /** Sums of several windows are complete before they are rounded, for any number of channels. */
  @ParameterizedTest
  @ValueSource(ints = {16, 17, 48})
  void gradientsInBf16AreThoseOfFp32Rounded(int c) {
    HostTensor places =
        KernelRunner.run(2, new MaxPool2d(3, 1, 1), List.of(normal(1, 2, 9, 8, c))).get(1);
    HostTensor dy = Bf16Memory.random(2, TensorSpec.f32(2, 9, 8, c));
    MaxPool2dBackward op = new MaxPool2dBackward(3, 1, 1, 9, 8);
    List<TensorSpec> specs = List.of(dy.spec(), places.spec());
    double[] wide = KernelRunner.run(2, op, List.of(dy, places)).get(0).doubles();
    try (CpuBackend backend = new CpuBackend(2);
        OneOp one = new OneOp(backend);
        Kernel kernel = PoolingKernels.maxBackward(OneOp.request(op, specs), DType.BF16)) {
      assertThat(one.run(kernel, op, List.of(dy, places)).get(0).doubles())
          .isEqualTo(Arrays.stream(wide).map(Bf16Memory::rounded).toArray());
    }
  }

  /** A gradient that is streamed past the cache. */
  @Test
  void resultsLargerThanTheCache() {
    HostTensor places = OwnKernelCases.bytes(1, 4, 2, 65, 65, 64);
    KernelRunner.check(
        new MaxPool2dBackward(2, 2, 0, 131, 130), List.of(normal(2, 2, 65, 65, 64), places));
  }
}
