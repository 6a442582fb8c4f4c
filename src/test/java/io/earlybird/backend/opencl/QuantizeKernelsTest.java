package io.earlybird.backend.opencl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.earlybird.backend.Backend;
import io.earlybird.backend.reference.ReferenceBackend;
import io.earlybird.plan.Session;
import io.earlybird.random.Philox;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.format.BlockFloat;
import io.earlybird.tensor.format.Rounding;
import io.earlybird.tensor.op.Quantize;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Blocks that a processor rounds while they are in its caches: longer ones than verify draws. */
class QuantizeKernelsTest {
  private static final Shape[] SHAPES = {
    Shape.of(32, 27, 3, 3), // blocks begin in the middle of Philox's
    Shape.of(16, 32, 3, 3), // and on lines of the cache
    Shape.of(9, 64),
    Shape.of(40, 1001),
  };

  @Test
  void wholeBlocksHaveTheReferencesBits() {
    assumeThat(OpenClBackend.probe().reason()).as("no OpenCL device").isEmpty();
    OpenClDevice device = OpenClBackend.device(0);
    try (Backend streaming =
            new OpenClBackend(device, Spread.PROCESSOR.withStreamBytes(0), Map.of());
        Backend backend = new OpenClBackend(device, Spread.PROCESSOR, Map.of());
        Backend gpu = new OpenClBackend(device, Spread.GPU, Map.of());
        Backend reference = new ReferenceBackend(DType.F32)) {
      for (Shape shape : SHAPES) {
        for (int wordLength : new int[] {4, 8}) { // 19 and 15 random bits
          HostTensor expected = rounded(reference, shape, wordLength);
          for (Backend own : new Backend[] {backend, streaming, gpu}) {
            assertThat(rounded(own, shape, wordLength))
                .as("%s, %d bits", shape, wordLength)
                .isEqualTo(expected);
          }
        }
      }
    }
  }

  private static HostTensor rounded(Backend backend, Shape shape, int wordLength) {
    float[] values = new float[Math.toIntExact(shape.size())];
    Philox.fillNormal(1, 0, Philox.hash("test", "values"), 0, 1, values);
    Variable x = new Variable("x", TensorSpec.f32(shape.dims()), Variable.Kind.DATA);
    Variable step = new Variable("step", TensorSpec.of(DType.I64, 1), Variable.Kind.DATA);
    Quantize op = new Quantize(new BlockFloat(wordLength, 0), Rounding.STOCHASTIC, 5, "w");
    try (Session session = new Session(backend)) {
      session.write(x, HostTensor.of(values, shape.dims()));
      session.write(step, HostTensor.scalar(77L));
      return session.eval(op.apply(x.read(), step.read()));
    }
  }

  @Test
  void theCeilingOfRandomNumbersIsMeasured() {
    assumeThat(OpenClBackend.probe().reason()).as("no OpenCL device").isEmpty();
    try (OpenClBackend backend = OpenClBackend.open()) {
      assertThat(OpenClCeilings.philoxGigawords(backend)).isBetween(1e-4, 1e4);
      assertThat(backend.liveBytes()).isZero();
    }
  }
}
