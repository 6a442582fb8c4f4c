package io.earlybird.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.backend.cpu.CpuLibrary;
import io.earlybird.models.Cfg;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

class PrecisionBenchTest {
  private static final int BATCH = 8;

  @Test
  void everyFormatIsTimedAndItsKeptBytesAreCounted() {
    NetworkSpec spec = NetworkSpec.of("vgg", Cfg.of(16, "M", 32, "M", 32, "M", 32, "M", 32), 10);
    List<PrecisionBench.Line> lines =
        PrecisionBench.run(2, new StepBench.Options(spec, BATCH, 2, 0));
    boolean bf16 = CpuLibrary.processorHasBf16();
    assertThat(lines.stream().map(PrecisionBench.Line::name).toList())
        .isEqualTo(
            bf16
                ? List.of("fp32", "bf16", "bfp8 original", "bfp8 full")
                : List.of("fp32", "bfp8 original", "bfp8 full"));
    assertThat(lines).allSatisfy(l -> assertThat(l.minMs()).isPositive());
    // The inputs of batch norms, from which operands are made again, and what pooling needs.
    double inputs = MemoryFormula.of(Network.of(spec), BATCH).normInputs();
    assertThat(lines.get(0).keptBytes() / inputs).isBetween(1.0, 1.25);
    if (bf16) {
      double fp32 = lines.get(0).keptBytes();
      assertThat(lines.get(1).keptBytes() / fp32).isBetween(0.5, 0.7);
    }
    // And the rounded operands, which would else be rounded twice.
    assertThat(lines.get(lines.size() - 1).keptBytes() / inputs).isBetween(1.2, 2.0);
  }
}
