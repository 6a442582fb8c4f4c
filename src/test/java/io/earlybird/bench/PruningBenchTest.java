package io.earlybird.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.earlybird.bench.PruningBench.Peaks;
import io.earlybird.bench.PruningBench.Result;
import io.earlybird.bench.PruningBench.Times;
import io.earlybird.plan.Work;
import io.earlybird.plan.Work.Part;
import io.earlybird.tensor.DType;
import java.util.List;
import org.junit.jupiter.api.Test;

class PruningBenchTest {
  @Test
  void eachKernelTakesTheTimeOfTheCeilingThatBindsIt() {
    Work product = Work.of(Part.FORWARD, DType.F32, 4_000, 20, 10);
    Work addition = Work.of(Part.BACKWARD, DType.F32, 10, 80, 40);
    // 4,000 operations at 100 GFLOP/s take 40 ns, 120 bytes at 10 GB/s take 12 ns.
    assertThat(new Peaks(100, 50).seconds(List.of(product, addition), 10))
        .isCloseTo(52e-9, within(1e-15));
    Work half = Work.of(Part.FORWARD, DType.BF16, 4_000, 10, 5);
    assertThat(new Peaks(100, 200).seconds(List.of(half), 10)).isCloseTo(20e-9, within(1e-15));
  }

  @Test
  void sharesCompareSavings() {
    Result r = new Result(new Times(100, 90), new Times(60, 45), 0.5, 40, 0.55);
    assertThat(r.timeRatio()).isCloseTo(0.6, within(1e-12));
    assertThat(r.minTimeRatio()).isCloseTo(0.5, within(1e-12));
    assertThat(r.shareOfFlops()).isCloseTo(0.8, within(1e-12));
    assertThat(r.shareOfAllowed()).isCloseTo(0.4 / 0.45, within(1e-12));
  }
}
