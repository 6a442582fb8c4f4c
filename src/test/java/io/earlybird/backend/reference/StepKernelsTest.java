package io.earlybird.backend.reference;

import static io.earlybird.backend.reference.Values.floats;
import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.backend.reference.ReferenceOps.Result;
import io.earlybird.random.Augmentation;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.op.AddSign;
import io.earlybird.tensor.op.Augment;
import io.earlybird.tensor.op.Increment;
import io.earlybird.tensor.op.MultiSgdUpdate;
import io.earlybird.tensor.op.Op;
import io.earlybird.tensor.op.SgdUpdate;
import io.earlybird.tensor.op.UpdateAverage;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StepKernelsTest {
  private static List<HostTensor> run(Op op, HostTensor... in) {
    return ReferenceOps.evaluate(op, List.of(in), DType.F32).outputs();
  }

  @Test
  void sgdRoundsEveryOperationAsFloatArithmeticDoes() {
    HostTensor w = floats(1, 999);
    HostTensor m = floats(2, 999);
    HostTensor g = floats(3, 999);
    List<HostTensor> out = run(new SgdUpdate(0.9f, 1e-4f), w, m, g, HostTensor.scalar(0.1f));
    for (int i = 0; i < 999; i++) {
      float d = (float) g.get(i) + 1e-4f * (float) w.get(i);
      float momentum = 0.9f * (float) m.get(i) + d;
      assertThat((float) out.get(1).get(i)).isEqualTo(momentum);
      assertThat((float) out.get(0).get(i)).isEqualTo((float) w.get(i) - 0.1f * momentum);
    }
  }

  @Test
  void theFusedUpdateAddsTheSparsityTermFirst() {
    HostTensor w = HostTensor.of(new float[] {2, -3, 0}, 3);
    HostTensor m = HostTensor.of(new float[] {0, 0, 0}, 3);
    HostTensor g = HostTensor.of(new float[] {1, 1, 1}, 3);
    var op = new MultiSgdUpdate(List.of(new MultiSgdUpdate.Item(0, 0, 0.5f)));
    List<HostTensor> out = run(op, w, m, g, HostTensor.scalar(1f));
    assertThat(out.get(1).floats()).containsExactly(1.5f, 0.5f, 1);
    assertThat(out.get(0).floats()).containsExactly(0.5f, -3.5f, -1);
  }

  @Test
  void theSignOfZeroAndNaNIsZero() {
    HostTensor g = HostTensor.of(new float[] {1, 1, 1, 1, 1}, 5);
    HostTensor w = HostTensor.of(new float[] {7, -7, 0, -0f, Float.NaN}, 5);
    assertThat(run(new AddSign(0.25f), g, w).get(0).floats())
        .containsExactly(1.25f, 0.75f, 1, 1, 1);
  }

  @Test
  void averagesMoveByTheMomentum() {
    HostTensor average = floats(1, 50);
    HostTensor value = floats(2, 50);
    float correction = 64 / 63f;
    HostTensor out =
        run(new UpdateAverage(correction), average, value, HostTensor.scalar(0.1f)).get(0);
    for (int i = 0; i < 50; i++) {
      float expected =
          (1 - 0.1f) * (float) average.get(i) + 0.1f * (correction * (float) value.get(i));
      assertThat((float) out.get(i)).isEqualTo(expected);
    }
  }

  @Test
  void countersAreExactBeyondDoubles() {
    long big = (1L << 60) + 1;
    assertThat(run(new Increment(2), HostTensor.scalar(big)).get(0).buffer().getLong(0))
        .isEqualTo(big + 2);
  }

  @Test
  void augmentationDrawsEachSampleOfTheBatch() {
    int side = 6;
    byte[] pixels = new byte[5 * side * side * 2];
    new Random(4).nextBytes(pixels);
    HostTensor table = floats(3, 2, 256);
    HostTensor[] in = {
      HostTensor.of(pixels, 5, side, side, 2),
      HostTensor.of(new int[] {10, 11, 12, 13, 14}, 5),
      HostTensor.of(new int[] {4, 3, 0, 1, 2}, 5),
      HostTensor.scalar(2L),
      HostTensor.scalar(77L),
      table
    };
    List<HostTensor> out = run(new Augment(3, 2, true, 99), in);
    assertThat(out.get(1).doubles()).containsExactly(10, 11, 12);
    float[][] rows = {
      Arrays.copyOf(table.floats(), 256), Arrays.copyOfRange(table.floats(), 256, 512)
    };
    float[] expected = new float[3 * side * side * 2];
    for (int j = 0; j < 3; j++) {
      Augmentation.draw(99, 77, j, 2)
          .apply(pixels, j * side * side * 2, side, side, 2, rows, expected, j * side * side * 2);
    }
    assertThat(out.get(0).floats()).containsExactly(expected);
    assertThat(run(new Augment(1, 2, false, 99), in).get(0).get(0))
        .isEqualTo(table.get(pixels[0] & 0xff));
  }

  @Test
  void fp64StorageRoundsNothing() {
    HostTensor w = Values.doubles(1, 4);
    Result r =
        ReferenceOps.evaluate(
            new SgdUpdate(0, 0), List.of(w, w, w, HostTensor.scalar(1f)), DType.F64);
    assertThat(r.outputs().get(1)).isEqualTo(w);
    assertThat(r.exact(0)).isTrue();
  }
}
