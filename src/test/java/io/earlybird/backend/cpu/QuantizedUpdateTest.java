package io.earlybird.backend.cpu;

import static io.earlybird.backend.cpu.KernelRunner.normal;
import static io.earlybird.backend.cpu.KernelRunner.special;
import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.format.BlockFloat;
import io.earlybird.tensor.format.FixedPoint;
import io.earlybird.tensor.format.Rounding;
import io.earlybird.tensor.op.MultiQuantizedSgdUpdate;
import io.earlybird.tensor.op.MultiSgdUpdate;
import io.earlybird.tensor.op.Quantize;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The update in low precision: the bits of its parts, which the reference runs one by one. */
class QuantizedUpdateTest {
  private static final long SEED = 0x123456789abcdefL;
  private static final HostTensor RATE = HostTensor.scalar(0.1f);
  private static final HostTensor STEP = HostTensor.scalar((1L << 35) + 11);

  /** Rows of odd lengths, shorter than a tile and longer; vectors; one that is cut by threads. */
  private static final int[][] SHAPES = {
    {64, 3, 3, 3}, {1}, {4099}, {17, 4609}, {10, 512}, {300, 1}, {3, 131, 3, 3}, {1, 70_001}
  };

  private static Quantize quantize(int bits, Rounding rounding, String name) {
    BlockFloat format = new BlockFloat(bits, 0);
    return rounding == Rounding.NEAREST
        ? Quantize.nearest(format)
        : new Quantize(format, rounding, SEED, name);
  }

  private static MultiQuantizedSgdUpdate op(Rounding rounding) {
    List<MultiQuantizedSgdUpdate.Item> items = new ArrayList<>();
    for (int i = 0; i < SHAPES.length; i++) {
      items.add(
          new MultiQuantizedSgdUpdate.Item(
              new MultiSgdUpdate.Item(0.9f, i % 3 * 1e-4f, i % 2 * 1e-3f),
              i == 3 ? null : quantize(8, rounding, "gradient." + i),
              i == 4 ? null : quantize(2 + i, rounding, "" + i),
              i == 5 ? null : quantize(i == 6 ? 16 : 8, rounding, "momentum." + i)));
    }
    return new MultiQuantizedSgdUpdate(items);
  }

  private static List<HostTensor> operands(MultiQuantizedSgdUpdate op, boolean wild) {
    List<HostTensor> operands = new ArrayList<>();
    for (int i = 0; i < SHAPES.length; i++) {
      for (int k = 0; k < 3; k++) {
        int seed = 3 * i + k;
        operands.add(wild ? special(seed, SHAPES[i]) : normal(seed, SHAPES[i]));
      }
    }
    operands.add(RATE);
    if (op.isStochastic()) {
      operands.add(STEP);
    }
    return operands;
  }

  @Test
  void sameBitsAsTheReferenceForAnyNumberOfThreads() {
    for (Rounding rounding : Rounding.values()) {
      MultiQuantizedSgdUpdate op = op(rounding);
      KernelRunner.check(op, operands(op, false));
      KernelRunner.check(op, operands(op, true));
      KernelRunner.checkThreads(op, operands(op, false));
    }
  }

  @Test
  void overItsOperands() {
    MultiQuantizedSgdUpdate op = op(Rounding.STOCHASTIC);
    int[] over = new int[2 * SHAPES.length];
    Arrays.setAll(over, i -> i / 2 * 3 + i % 2);
    KernelRunner.checkInPlace(op, operands(op, false), over);
  }

  @Test
  void otherFormatsAndBlocksAreLeftToTheParts() {
    TensorSpec w = TensorSpec.f32(4, 4);
    TensorSpec one = TensorSpec.f32(1);
    MultiSgdUpdate.Item update = new MultiSgdUpdate.Item(0.9f, 0, 0);
    try (CpuBackend backend = new CpuBackend(1)) {
      for (Quantize q :
          List.of(
              Quantize.nearest(new BlockFloat(8, 1)),
              Quantize.nearest(new FixedPoint(8, 4, true, true, FixedPoint.Ties.TO_EVEN)))) {
        var op =
            new MultiQuantizedSgdUpdate(
                List.of(new MultiQuantizedSgdUpdate.Item(update, q, null, null)));
        assertThat(backend.supports(op, List.of(w, w, w, one)).ok()).isFalse();
      }
      var mixed =
          new MultiQuantizedSgdUpdate(
              List.of(
                  new MultiQuantizedSgdUpdate.Item(
                      update,
                      quantize(8, Rounding.NEAREST, ""),
                      quantize(8, Rounding.STOCHASTIC, "w"),
                      null)));
      TensorSpec step = TensorSpec.of(DType.I64, 1);
      assertThat(backend.supports(mixed, List.of(w, w, w, one, step)).ok()).isFalse();
    }
  }
}
