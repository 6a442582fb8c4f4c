package io.earlybird.backend.cpu;

import static io.earlybird.backend.cpu.KernelRunner.normal;

import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.format.BlockFloat;
import io.earlybird.tensor.format.Rounding;
import io.earlybird.tensor.op.Quantize;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rounding of tensors that are larger than caches, and of blocks unlike their neighbours. */
class QuantizeKernelsTest {
  private static final HostTensor STEP = HostTensor.scalar((1L << 35) + 11);

  private static Quantize stochastic(int wordLength) {
    return new Quantize(new BlockFloat(wordLength, 0), Rounding.STOCHASTIC, 77, "x");
  }

  /**
   * More than 8 MiB, which are written past the cache: rows on cache lines, and rows that are not.
   */
  @ParameterizedTest
  @CsvSource({
    "8, 64, 36864",
    "8, 40, 60001",
    "7, 9, 262148",
    "4, 64, 36864",
    "2, 40, 60001",
    "16, 3001, 777"
  })
  void largeTensorsHaveTheBitsOfTheReference(int wordLength, int rows, int width) {
    List<HostTensor> in = List.of(normal(wordLength, rows, width), STEP);
    KernelRunner.check(stochastic(wordLength), in);
    KernelRunner.checkInPlace(stochastic(wordLength), in, 0);
    Quantize nearest = Quantize.nearest(new BlockFloat(wordLength, 0));
    KernelRunner.check(nearest, in.subList(0, 1));
  }

  @Test
  void blocksThatAreZeroSubnormalHugeOrNotFiniteLeaveTheirNeighboursAlone() {
    float[] first = {0, 0x1p-135f, 0x1.8p126f, 0x1.fp127f, Float.NaN, Float.POSITIVE_INFINITY, -0f};
    int width = 1000;
    HostTensor x = normal(3, 4 * first.length, width);
    for (int k = 0; k < first.length; k++) {
      float scale = Float.isFinite(first[k]) ? first[k] : 1;
      for (int i = 0; i < width; i++) {
        int at = 4 * (2 * k * width + i);
        x.buffer().putFloat(at, i == 17 ? first[k] : scale * x.buffer().getFloat(at) * 0.2f);
      }
    }
    for (int wordLength : new int[] {2, 6, 8, 16}) {
      KernelRunner.check(stochastic(wordLength), List.of(x, STEP));
      KernelRunner.check(Quantize.nearest(new BlockFloat(wordLength, 0)), List.of(x));
    }
  }
}
