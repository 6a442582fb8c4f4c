package io.earlybird.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.earlybird.backend.Precision;
import io.earlybird.backend.cpu.CpuBackend;
import io.earlybird.backend.cpu.CpuLibrary;
import io.earlybird.bench.KernelBench.Options;
import io.earlybird.bench.KernelBench.Result;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.BatchNorm;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardData;
import io.earlybird.tensor.op.Conv2dBackwardWeight;
import io.earlybird.tensor.op.Fill;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KernelBenchTest {
  @Test
  void measuresEveryCaseAgainstTheCopy() {
    List<KernelCase> cases = KernelCase.all(1);
    List<Result> shown = new ArrayList<>();
    try (CpuBackend backend = new CpuBackend(2)) {
      List<Result> results =
          new KernelBench(backend, new Options(0, 1 << 16)).run(cases, shown::add);
      assertThat(results).hasSameSizeAs(cases).isEqualTo(shown);
      assertThat(backend.liveBytes()).isZero();
      for (Result r : results) {
        assertThat(r.seconds()).as(r.kernel().describe()).isPositive();
        assertThat(r.gigabytesPerSecond()).isPositive();
        assertThat(r.copyRate()).isPositive();
        assertThat(r.rivalSeconds()).isNaN();
        if (r.kernel().isProduct()) {
          assertThat(r.possibleShare()).isNaN();
        } else {
          assertThat(r.possibleShare()).isBetween(0.0, 1.0);
        }
        assertThat(r.kernel().isProduct()).isEqualTo(r.gflopPerSecond() > 0);
      }
    }
  }

  @Test
  void bytesAreThoseThatMustMove() {
    TensorSpec x = TensorSpec.f32(10, 64);
    TensorSpec c = TensorSpec.f32(64);
    BatchNorm norm = new BatchNorm(1e-5f);
    assertThat(new KernelCase(norm, List.of(x, c, c), List.of(0), false).bytes())
        .isEqualTo(3 * 2560 + 4 * 256);
    KernelCase augment =
        KernelCase.all(7).stream()
            .filter(k -> k.op().name().equals("Augment"))
            .findFirst()
            .orElseThrow();
    long batch = 7 * 32 * 32 * 3;
    assertThat(augment.bytes()).isEqualTo(5 * batch + 4 * (1000 + 7 + 7 + 3 * 256) + 16);
  }

  /** Pictures of a bf16 convolution are half as many bytes; its weight may be fp32 or bf16. */
  @Test
  void bytesAreThoseOfAKernelsForms() {
    assumeTrue(CpuLibrary.processorHasBf16(), "no bf16");
    TensorSpec x = TensorSpec.f32(8, 4, 4, 64);
    TensorSpec w = TensorSpec.f32(32, 64, 3, 3);
    KernelCase wide = new KernelCase(new Conv2d(1, 1), List.of(x, w), List.of(), false);
    try (CpuBackend backend = new CpuBackend(2, Precision.BF16, Map.of(), Map.of())) {
      List<Result> results =
          new KernelBench(backend, new Options(0, 1 << 16)).run(List.of(wide), r -> {});
      long pictures = wide.bytes() - 2 * (x.size() + x.size() / 2);
      assertThat(results.get(0).kernel().bytes()).isIn(pictures, pictures - 2 * w.size());
      assertThat(results.get(0).gflopPerSecond()).isPositive();
      assertThat(backend.liveBytes()).isZero();
    }
  }

  /** A copy moves 20 GB in a second, but stores alone take 0.08 s for one. */
  @Test
  void aShareOfACopyIsLimitedByTheDirectionThatMovesMore() {
    KernelCase fill =
        new KernelCase(new Fill(1, Shape.of(250_000_000)), List.of(), List.of(), false);
    assertThat(fill.bytesRead()).isZero();
    assertThat(fill.bytesWritten()).isEqualTo(1_000_000_000);
    Result result = new Result(fill, "", 0.1, Double.NaN, 0.05, 0, 0.08, 9, 0, new Ceilings(1, 1));
    assertThat(result.share()).isEqualTo(0.5);
    assertThat(result.possibleShare()).isEqualTo(0.625);
  }

  @Test
  void productsAreCountedByTheirMultiplyAdds() {
    TensorSpec x = TensorSpec.f32(2, 8, 8, 5);
    TensorSpec y = TensorSpec.f32(2, 8, 8, 7);
    TensorSpec w = TensorSpec.f32(7, 5, 3, 3);
    long flops = 2L * 2 * 8 * 8 * 7 * 5 * 9;
    assertThat(new KernelCase(new Conv2d(1, 1), List.of(x, w), List.of(), false).flops())
        .isEqualTo(flops);
    assertThat(
            new KernelCase(new Conv2dBackwardData(1, 1, 8, 8), List.of(y, w), List.of(), false)
                .flops())
        .isEqualTo(flops);
    assertThat(
            new KernelCase(new Conv2dBackwardWeight(1, 1, 3, 3), List.of(x, y), List.of(), false)
                .flops())
        .isEqualTo(flops);
  }

  @Test
  void aRivalTakesTurns() {
    List<String> turns = new ArrayList<>();
    KernelBench.Rival rival =
        new KernelBench.Rival() {
          @Override
          public void enter() {
            turns.add("enter");
          }

          @Override
          public void leave() {
            turns.add("leave");
          }
        };
    try (CpuBackend backend = new CpuBackend(1)) {
      Result result =
          new KernelBench(backend, new Options(0, 1), rival)
              .run(KernelCase.all(1).subList(0, 1), r -> {})
              .get(0);
      assertThat(result.rivalSeconds()).isPositive();
      assertThat(turns).containsExactly("enter", "leave");
    }
  }

  @Test
  void whatABackendLacksIsLeftOut() {
    try (CpuBackend backend = new CpuBackend(1)) {
      KernelCase odd =
          new KernelCase(
              new Conv2d(1, 0),
              List.of(
                  TensorSpec.of(io.earlybird.tensor.DType.F64, 1, 4, 4, 1),
                  TensorSpec.f32(1, 1, 1, 1)),
              List.of(),
              false);
      assertThat(new KernelBench(backend, new Options(0, 1)).run(List.of(odd), r -> {})).isEmpty();
    }
  }
}
