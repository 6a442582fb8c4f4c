package io.earlybird.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.backend.cpu.CpuBackend;
import io.earlybird.bench.KernelBench.Options;
import io.earlybird.bench.KernelBench.Result;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardData;
import io.earlybird.tensor.op.Conv2dBackwardWeight;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class NetworkConvolutionsTest {
  @Test
  void everyShapeOfBothNetworksComesOnceInAllThreeProducts() {
    List<KernelCase> cases = NetworkConvolutions.of(2);
    assertThat(cases).doesNotHaveDuplicates();
    List<KernelCase> forward = cases.stream().filter(c -> c.op() instanceof Conv2d).toList();
    assertThat(cases).hasSize(3 * forward.size());
    assertThat(cases.stream().filter(c -> c.op() instanceof Conv2dBackwardData))
        .hasSameSizeAs(forward);
    assertThat(cases.stream().filter(c -> c.op() instanceof Conv2dBackwardWeight))
        .hasSameSizeAs(forward);
    assertThat(forward.stream().map(KernelCase::inputs))
        .contains(
            List.of(TensorSpec.f32(2, 32, 32, 3), TensorSpec.f32(64, 3, 3, 3)),
            List.of(TensorSpec.f32(2, 2, 2, 512), TensorSpec.f32(512, 512, 3, 3)),
            List.of(TensorSpec.f32(2, 32, 32, 3), TensorSpec.f32(16, 3, 3, 3)),
            List.of(TensorSpec.f32(2, 8, 8, 64), TensorSpec.f32(256, 64, 1, 1)));
    assertThat(forward.stream().filter(c -> ((Conv2d) c.op()).stride() == 2)).isNotEmpty();
  }

  @Test
  void theMeanIsGeometricAndOfOneProductOnDemand() {
    List<KernelCase> cases = NetworkConvolutions.of(1).subList(0, 3);
    try (CpuBackend backend = new CpuBackend(1)) {
      List<Result> results = new KernelBench(backend, new Options(0, 1)).run(cases, r -> {});
      double product = 1;
      for (Result r : results) {
        product *= r.gflopPerSecond();
      }
      assertThat(NetworkConvolutions.geometricMean(results, null))
          .isCloseTo(Math.cbrt(product), Offset.offset(1e-6 * product));
      assertThat(NetworkConvolutions.geometricMean(results, Conv2d.class))
          .isCloseTo(results.get(0).gflopPerSecond(), Offset.offset(1e-6));
      assertThat(NetworkConvolutions.geometricMean(List.of(), null)).isNaN();
    }
  }
}
