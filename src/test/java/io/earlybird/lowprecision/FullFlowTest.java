package io.earlybird.lowprecision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.earlybird.autograd.Gradients;
import io.earlybird.backend.Backend;
import io.earlybird.backend.cpu.CpuBackend;
import io.earlybird.backend.cpu.CpuLibrary;
import io.earlybird.backend.reference.ReferenceBackend;
import io.earlybird.models.Cfg;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.nn.ForwardPass;
import io.earlybird.plan.Plan;
import io.earlybird.plan.Session;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.format.Rounding;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Products of 8-bit operands on units that multiply bf16 numbers. */
class FullFlowTest {
  /** 72 products of 14 bits each fit into the 24 bits of an fp32 sum: nothing is ever rounded. */
  @ParameterizedTest
  @ValueSource(ints = {4, 8})
  void productsAreExact(int bits) {
    assumeTrue(CpuLibrary.processorHasBf16(), CpuBackend.NO_BF16);
    try (Backend reference = new ReferenceBackend(DType.F32);
        Backend cpu = new CpuBackend(2)) {
      FullFlowProducts found = FullFlowProducts.of(cpu, bits);
      assertThat(found.values()).isEqualTo(FullFlowProducts.of(reference, bits).values());
      assertThat(found.choices()).hasSize(3).allMatch(FullFlowTest::multipliesBf16);
    }
  }

  /** Whether a kernel's name says so; one that runs on AMX does not name the numbers. */
  private static boolean multipliesBf16(String choice) {
    return choice.contains("bf16") || choice.contains("amx");
  }

  @Test
  void moreThanNineBitsTakeTheFp32Path() {
    try (Backend reference = new ReferenceBackend(DType.F32);
        Backend cpu = new CpuBackend(2)) {
      FullFlowProducts found = FullFlowProducts.of(cpu, 10);
      assertThat(found.choices()).hasSize(3).noneMatch(FullFlowTest::multipliesBf16);
      List<HostTensor> expected = FullFlowProducts.of(reference, 10).values();
      for (int i = 0; i < expected.size(); i++) {
        double[] e = expected.get(i).doubles();
        double[] f = found.values().get(i).doubles();
        for (int k = 0; k < e.length; k++) {
          assertThat(f[k]).isCloseTo(e[k], within(1e-5));
        }
      }
    }
  }

  /** Logits and gradients of a network in the full flow. */
  private static List<HostTensor> step(Backend backend) {
    Network network = Network.of(NetworkSpec.of("vgg", Cfg.parse("12,M,15,M,16,M,16,M,16"), 10));
    Tensor x = Tensor.placeholder("x", network.inputSpec(6));
    Tensor labels = Tensor.placeholder("labels", TensorSpec.of(DType.I32, 6));
    LowPrecision bits = LowPrecision.of(8, Rounding.NEAREST).in(LowPrecision.Flow.FULL);
    ForwardPass pass = ForwardPass.training(bits.quantizers(1, null));
    Tensor logits = network.forward(x, pass);
    Node loss = logits.softmaxCrossEntropy(labels);
    List<Variable> parameters = network.parameters();
    Gradients gradients =
        Gradients.of(loss.output(0), parameters.stream().map(Variable::read).toList());
    List<Tensor> outputs = new ArrayList<>(List.of(logits));
    parameters.forEach(p -> outputs.add(gradients.of(p.read())));
    try (Session session = new Session(backend)) {
      Plan plan = session.plan(outputs, pass.assigns());
      network.writeState(network.initialState(3), session::write);
      plan.write(x, FullFlowProducts.values("pictures", 6, 32, 32, 3));
      plan.write(labels, HostTensor.of(new int[] {0, 1, 2, 3, 4, 5}, 6));
      plan.run();
      return outputs.stream().map(plan::read).toList();
    }
  }

  /**
   * The reference simulates the flow in fp32. A sum that comes out in another last place may be
   * rounded to the neighbouring 8-bit number, so few values differ by a little, not all by some.
   */
  @Test
  void aNetworkComputesWhatTheSimulationComputes() {
    try (Backend reference = new ReferenceBackend(DType.F32);
        Backend cpu = new CpuBackend(2)) {
      List<HostTensor> expected = step(reference);
      List<HostTensor> found = step(cpu);
      for (int i = 0; i < expected.size(); i++) {
        double[] e = expected.get(i).doubles();
        double[] f = found.get(i).doubles();
        double square = 0;
        double difference = 0;
        for (int k = 0; k < e.length; k++) {
          square += e[k] * e[k];
          difference += (e[k] - f[k]) * (e[k] - f[k]);
        }
        assertThat(Math.sqrt(difference / square)).as("output %d", i).isLessThan(2e-3);
      }
    }
  }

  @Test
  void anActivationIsRoundedOnceForAllThatReadIt() {
    Tensor x = Tensor.placeholder("x", TensorSpec.f32(2, 4, 4, 3));
    ForwardPass.Around around =
        LowPrecision.of(8, Rounding.NEAREST).in(LowPrecision.Flow.FULL).quantizers(1, null);
    Set<Tensor> rounded = new HashSet<>();
    rounded.add(around.input(x, "a"));
    rounded.add(around.input(x, "b"));
    assertThat(rounded).hasSize(1).doesNotContain(x);
  }
}
