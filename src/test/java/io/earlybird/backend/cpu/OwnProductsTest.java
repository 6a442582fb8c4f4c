package io.earlybird.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.backend.Kernel;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardData;
import io.earlybird.tensor.op.Conv2dBackwardWeight;
import io.earlybird.tensor.op.Conv2dEpilogue;
import io.earlybird.tensor.op.Op;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OwnProductsTest {
  /** Of the design's tolerance {@code c u sqrt(K) sum |a b|}. */
  private static final double C = 4;

  @ParameterizedTest
  @CsvSource({
    // n, h, w, in, out, kernel, stride, padding
    "1, 1, 1, 1, 1, 1, 1, 0",
    "3, 5, 4, 3, 7, 3, 1, 1",
    "2, 9, 8, 17, 1, 3, 1, 1",
    "2, 6, 7, 1, 17, 3, 1, 1",
    "7, 2, 2, 33, 20, 3, 1, 1",
    "5, 4, 4, 24, 13, 3, 1, 1",
    "3, 8, 8, 3, 64, 3, 1, 1",
    "4, 9, 10, 8, 16, 3, 2, 1",
    "3, 40, 41, 3, 12, 3, 2, 1",
    "2, 33, 35, 16, 6, 1, 2, 0",
    "9, 7, 7, 12, 12, 1, 1, 0",
    "2, 13, 11, 5, 9, 5, 3, 2",
    "2, 3, 3, 4, 4, 3, 1, 3",
    "37, 16, 16, 16, 16, 3, 1, 1",
    "5, 7, 5, 96, 97, 3, 1, 1",
    "70, 4, 4, 89, 85, 3, 1, 1",
    "2, 33, 32, 64, 115, 3, 1, 1",
    "17, 3, 3, 19, 37, 3, 1, 1",
    "5, 5, 7, 41, 24, 3, 1, 1",
    "1, 4, 4, 1900, 32, 3, 1, 1",
    "2, 4, 3, 360, 370, 3, 1, 1",
  })
  void aConvolutionAndItsGradientsAreRightAndTheSameForAnyNumberOfThreads(
      int n, int h, int w, int in, int out, int kernel, int stride, int padding) {
    Op forward = new Conv2d(stride, padding);
    HostTensor x = OneOp.random(1, TensorSpec.f32(n, h, w, in));
    HostTensor weight = OneOp.random(2, TensorSpec.f32(out, in, kernel, kernel));
    HostTensor dy = OneOp.random(3, forward.infer(List.of(x.spec(), weight.spec())).get(0));
    check(forward, List.of(x, weight));
    HostTensor c = OneOp.random(4, TensorSpec.f32(out));
    HostTensor variance = HostTensor.of(new float[out], out);
    for (int i = 0; i < out; i++) {
      variance.buffer().putFloat(4 * i, 0.25f + i % 7);
    }
    for (boolean relu : new boolean[] {false, true}) {
      check(
          new Conv2dEpilogue(stride, padding, true, 1e-5f, true, relu),
          List.of(x, weight, c, c, c, variance, dy));
    }
    check(
        new Conv2dEpilogue(stride, padding, true, 1e-5f, false, true),
        List.of(x, weight, c, c, c, variance));
    check(new Conv2dEpilogue(stride, padding, false, 0, true, false), List.of(x, weight, dy));
    check(new Conv2dBackwardData(stride, padding, h, w), List.of(dy, weight));
    check(new Conv2dBackwardWeight(stride, padding, kernel, kernel), List.of(x, dy));
  }

  /** Every own way: the sums of the definition, and those with fewer multiplications. */
  private static void check(Op op, List<HostTensor> inputs) {
    for (int way = 0; way < candidates(op, inputs).size(); way++) {
      List<HostTensor> first = run(1, op, inputs, way);
      OneOp.check(op, inputs, first, C);
      for (int threads : new int[] {2, 3, 5}) {
        assertThat(run(threads, op, inputs, way))
            .as("%s, way %s, %s threads", op, way, threads)
            .isEqualTo(first);
      }
    }
  }

  private static List<Candidate> candidates(Op op, List<HostTensor> inputs) {
    return OwnProducts.candidates(
        OneOp.request(op, inputs.stream().map(HostTensor::spec).toList()));
  }

  private static List<HostTensor> run(int threads, Op op, List<HostTensor> inputs, int way) {
    try (CpuBackend backend = new CpuBackend(threads);
        OneOp one = new OneOp(backend);
        Kernel kernel = candidates(op, inputs).get(way).kernel().get()) {
      return one.run(kernel, op, inputs);
    }
  }
}
