package io.earlybird.backend.cpu;

import static io.earlybird.backend.cpu.KernelRunner.integers;
import static io.earlybird.backend.cpu.KernelRunner.normal;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.cpu.OwnKernelCases.Case;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.op.Augment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The reference draws with io.earlybird.random: the bits of C and Java are the same. */
class AugmentKernelsTest {
  @ParameterizedTest
  @CsvSource({
    "32, 32, 3, 4, true",
    "32, 32, 3, 4, false",
    "5, 9, 1, 2, true",
    "4, 3, 2, 7, true",
    "3, 3, 3, 0, true",
    "1, 1, 5, 3, true"
  })
  void sameBitsAsTheReference(int h, int w, int c, int padding, boolean random) {
    for (long seed : new long[] {0, -1, 0x9e3779b97f4a7c15L}) {
      for (long step : new long[] {0, 77, 1L << 40}) {
        List<HostTensor> in =
            List.of(
                OwnKernelCases.bytes(1, 256, 20, h, w, c),
                integers(2, 10, 20),
                integers(3, 20, 100),
                HostTensor.scalar(30L),
                HostTensor.scalar(step),
                normal(4, c, 256));
        KernelRunner.check(new Augment(64, padding, random, seed), in);
      }
    }
  }

  @Test
  void aCursorOrPictureOutsideIsRefused() {
    Case fits = OwnKernelCases.augment(53);
    KernelRunner.check(fits.op(), fits.inputs());
    Case tooLong = OwnKernelCases.augment(54);
    assertThatThrownBy(() -> KernelRunner.run(2, tooLong.op(), tooLong.inputs()))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining("Augment")
        .hasMessageContaining("EB_BAD_ARGUMENT");
    for (long cursor : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE}) {
      assertRefused(fits, 3, HostTensor.scalar(cursor));
    }
    int[] order = new int[60];
    order[20] = 50;
    assertRefused(fits, 2, HostTensor.of(order, 60));
    order[20] = -1;
    assertRefused(fits, 2, HostTensor.of(order, 60));
  }

  private static void assertRefused(Case good, int operand, HostTensor bad) {
    List<HostTensor> in = new ArrayList<>(good.inputs());
    in.set(operand, bad);
    assertThatThrownBy(() -> KernelRunner.run(2, good.op(), in))
        .isInstanceOf(EarlybirdException.class);
  }
}
