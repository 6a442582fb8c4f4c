package io.earlybird.backend.cpu;

import static io.earlybird.backend.cpu.KernelRunner.normal;
import static io.earlybird.backend.cpu.KernelRunner.special;
import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.AddSign;
import io.earlybird.tensor.op.Increment;
import io.earlybird.tensor.op.MultiSgdUpdate;
import io.earlybird.tensor.op.Op;
import io.earlybird.tensor.op.SgdUpdate;
import io.earlybird.tensor.op.UpdateAverage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OptimizerKernelsTest {
  private static final HostTensor RATE = HostTensor.scalar(0.1f);
  private static final int[] SIZES = {1, 40_000, 3, 17, 64, 9_001};

  private static List<HostTensor> sgdOperands(int n) {
    return List.of(special(1, n), special(2, n), special(3, n), RATE);
  }

  private static MultiSgdUpdate multi() {
    List<MultiSgdUpdate.Item> items = new ArrayList<>();
    for (int i = 0; i < SIZES.length; i++) {
      items.add(new MultiSgdUpdate.Item(0.9f, i % 3 * 1e-4f, i % 2 * 1e-3f));
    }
    return new MultiSgdUpdate(items);
  }

  private static List<HostTensor> multiOperands() {
    List<HostTensor> operands = new ArrayList<>();
    for (int n : SIZES) {
      operands.addAll(List.of(special(n, n), special(n + 1, n), special(n + 2, n)));
    }
    operands.add(RATE);
    return operands;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 17, 1000, 70_001})
  void sameBitsAsTheReference(int n) {
    KernelRunner.check(new SgdUpdate(0.9f, 1e-4f), sgdOperands(n));
    KernelRunner.check(new SgdUpdate(0.9f, 0f), sgdOperands(n));
    KernelRunner.check(new AddSign(1e-4f), List.of(special(1, n), special(2, n)));
    KernelRunner.check(new UpdateAverage(256 / 255f), List.of(special(1, n), special(2, n), RATE));
  }

  @Test
  void manyTensorsAtOnceGiveTheBitsOfEachAlone() {
    KernelRunner.check(multi(), multiOperands());
    KernelRunner.checkThreads(multi(), multiOperands());
    int[] over = new int[2 * SIZES.length];
    Arrays.setAll(over, i -> i / 2 * 3 + i % 2);
    KernelRunner.checkInPlace(multi(), multiOperands(), over);
  }

  @Test
  void aCounterCounts() {
    HostTensor counter = HostTensor.scalar((1L << 40) - 1);
    KernelRunner.check(new Increment(3), List.of(counter));
    KernelRunner.checkInPlace(new Increment(-5), List.of(counter), 0);
    KernelRunner.check(new Increment(1), List.of(HostTensor.scalar(Long.MAX_VALUE)));
  }

  @Test
  void anyNumberOfThreadsAndInPlace() {
    Op sgd = new SgdUpdate(0.9f, 1e-4f);
    KernelRunner.checkThreads(sgd, sgdOperands(70_001));
    KernelRunner.checkInPlace(sgd, sgdOperands(70_001), 0, 1);
    Op average = new UpdateAverage(1.1f);
    List<HostTensor> operands = List.of(normal(1, 70_001), normal(2, 70_001), RATE);
    KernelRunner.checkThreads(average, operands);
    KernelRunner.checkInPlace(average, operands, 0);
    KernelRunner.checkInPlace(new AddSign(0.1f), operands.subList(0, 2), 0);
  }

  @Test
  void operandsShareTheFormThatExists() {
    TensorSpec w = TensorSpec.f32(5, 3, 3, 3);
    Form blocked = new Form(DType.F32, "blocked for a test", 4 * 16 * 3 * 9);
    Form rate = Form.plain(RATE.spec());
    Op op = new SgdUpdate(0.9f, 0f);
    List<TensorSpec> inputs = List.of(w, w, w, RATE.spec());
    try (CpuBackend backend = new CpuBackend(1)) {
      List<Form> available = Arrays.asList(null, blocked, Form.plain(w), rate);
      Kernel kernel = backend.prepare(new KernelRequest(op, inputs, List.of(w, w), available));
      assertThat(kernel.inputForms()).containsExactly(blocked, blocked, blocked, rate);
      assertThat(kernel.outputForms()).containsExactly(blocked, blocked);
      assertThat(kernel.mayOverwrite(0, 0)).isTrue();
      assertThat(kernel.mayOverwrite(0, 1)).isFalse();
      Form half = new Form(DType.BF16, "blocked for a test", 2 * 16 * 3 * 9);
      available = Arrays.asList(null, half, null, rate);
      kernel = backend.prepare(new KernelRequest(op, inputs, List.of(w, w), available));
      assertThat(kernel.inputForms().get(0)).isEqualTo(Form.plain(w));
    }
  }
}
