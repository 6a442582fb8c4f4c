package io.earlybird.backend.cpu;

import static io.earlybird.backend.cpu.KernelRunner.special;
import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.BatchNormRelu;
import io.earlybird.tensor.op.Channels;
import io.earlybird.tensor.op.Select;
import io.earlybird.tensor.op.SelectBackward;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChannelKernelsTest {
  /** Each channel with the given probability. */
  private static Channels channels(int extent, double probability) {
    Random random = new Random(extent);
    return Channels.of(
        IntStream.range(0, extent).filter(i -> random.nextDouble() < probability).toArray());
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "3, 7", "100, 8", "77, 9", "5, 130", "1000, 64", "3, 1000", "1, 4096"})
  void sameBitsAsTheReference(int rows, int c) {
    for (double probability : new double[] {0, 0.1, 0.5, 0.9, 1}) {
      Channels kept = channels(c, probability);
      Select select = new Select(kept);
      SelectBackward back = new SelectBackward(kept, c);
      KernelRunner.check(select, List.of(special(1, rows, c)));
      KernelRunner.check(back, List.of(special(2, rows, kept.count())));
    }
  }

  @Test
  void anyNumberOfThreads() {
    Channels kept = channels(45, 0.6);
    KernelRunner.checkThreads(new Select(kept), List.of(special(1, 2000, 45)));
    KernelRunner.checkThreads(
        new SelectBackward(kept, 45), List.of(special(1, 2000, kept.count())));
  }

  @Test
  void tooManyChannelsAreRefused() {
    try (CpuBackend backend = new CpuBackend(1)) {
      TensorSpec x = TensorSpec.f32(2, 5000);
      TensorSpec vector = TensorSpec.f32(5000);
      assertThat(backend.supports(new Select(1), List.of(x)).reason())
          .isEqualTo("Select on the cpu backend takes up to 4096 channels");
      assertThat(backend.supports(new BatchNormRelu(1e-5f, null), List.of(x, vector, vector)).ok())
          .isTrue();
    }
  }
}
