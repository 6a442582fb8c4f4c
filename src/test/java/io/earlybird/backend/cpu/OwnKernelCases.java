package io.earlybird.backend.cpu;

import static io.earlybird.backend.cpu.KernelRunner.around;
import static io.earlybird.backend.cpu.KernelRunner.integers;
import static io.earlybird.backend.cpu.KernelRunner.normal;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.format.BlockFloat;
import io.earlybird.tensor.format.FixedPoint;
import io.earlybird.tensor.format.FloatingPoint;
import io.earlybird.tensor.format.NumberFormat;
import io.earlybird.tensor.format.Rounding;
import io.earlybird.tensor.op.Add;
import io.earlybird.tensor.op.AddSign;
import io.earlybird.tensor.op.Augment;
import io.earlybird.tensor.op.AvgPool2d;
import io.earlybird.tensor.op.AvgPool2dBackward;
import io.earlybird.tensor.op.BatchNorm;
import io.earlybird.tensor.op.BatchNormBackward;
import io.earlybird.tensor.op.BatchNormInference;
import io.earlybird.tensor.op.BatchNormInferenceRelu;
import io.earlybird.tensor.op.BatchNormRelu;
import io.earlybird.tensor.op.BatchNormReluBackward;
import io.earlybird.tensor.op.BatchNormReluBackwardAdd;
import io.earlybird.tensor.op.BatchNormStatistics;
import io.earlybird.tensor.op.Channels;
import io.earlybird.tensor.op.CountMetrics;
import io.earlybird.tensor.op.Fill;
import io.earlybird.tensor.op.Increment;
import io.earlybird.tensor.op.MaxPool2d;
import io.earlybird.tensor.op.MaxPool2dBackward;
import io.earlybird.tensor.op.MultiQuantizedSgdUpdate;
import io.earlybird.tensor.op.MultiSgdUpdate;
import io.earlybird.tensor.op.Op;
import io.earlybird.tensor.op.Quantize;
import io.earlybird.tensor.op.Relu;
import io.earlybird.tensor.op.ReluBackward;
import io.earlybird.tensor.op.Select;
import io.earlybird.tensor.op.SelectBackward;
import io.earlybird.tensor.op.SgdUpdate;
import io.earlybird.tensor.op.SoftmaxCrossEntropy;
import io.earlybird.tensor.op.SoftmaxCrossEntropyBackward;
import io.earlybird.tensor.op.UpdateAverage;
import java.util.List;
import java.util.Random;

/** One case for every own kernel, large enough for several threads, with tails everywhere. */
final class OwnKernelCases {
  private static final float EPSILON = 1e-5f;
  private static final int ROWS = 2 * 13 * 13;
  private static final int C = 77;
  private static final Channels SOME = Channels.of(0, 1, 2, 3, 11, 30, 31, 32, 33, 34, 70, 76);
  private static final HostTensor RATE = HostTensor.scalar(0.1f);

  private OwnKernelCases() {}

  /** An op and its operands. */
  record Case(Op op, List<HostTensor> inputs) {
    @Override
    public String toString() {
      return op.name();
    }
  }

  private static Case of(Op op, HostTensor... inputs) {
    return new Case(op, List.of(inputs));
  }

  static List<Case> all() {
    HostTensor x = around(2, 3, 1, 2, 13, 13, C);
    HostTensor dy = normal(2, 2, 13, 13, C);
    HostTensor gamma = normal(3, C);
    HostTensor beta = normal(4, C);
    HostTensor variance = around(9, 1, 5, C);
    HostTensor mean = around(2, 0.1, 6, C);
    HostTensor few = normal(7, 2, 13, 13, SOME.count());
    HostTensor pooled = normal(8, 2, 7, 7, C);
    HostTensor logits = normal(9, 150, 37);
    HostTensor labels = integers(10, 37, 150);
    return List.of(
        of(new Fill(0.3f, Shape.of(ROWS, C))),
        of(new Relu(), x),
        of(new ReluBackward(), x, dy),
        of(new Add(), x, dy),
        of(new Select(SOME), x),
        of(new SelectBackward(SOME, C), few),
        of(new BatchNorm(EPSILON), x, gamma, beta),
        of(new BatchNormInference(EPSILON), x, gamma, beta, mean, variance),
        of(new BatchNormBackward(EPSILON), x, dy, mean, variance, gamma),
        of(new BatchNormInferenceRelu(EPSILON, SOME), x, gamma, beta, mean, variance),
        of(new BatchNormInferenceRelu(EPSILON, null), x, gamma, beta, mean, variance),
        of(new BatchNormRelu(EPSILON, SOME), x, gamma, beta),
        of(new BatchNormRelu(EPSILON, null), x, gamma, beta),
        of(new BatchNormStatistics(EPSILON), x, gamma, beta),
        of(new BatchNormReluBackward(EPSILON, null), x, dy, mean, variance, gamma, beta),
        of(new BatchNormReluBackward(EPSILON, SOME), x, few, mean, variance, gamma, beta),
        of(new BatchNormReluBackwardAdd(EPSILON, null), x, dy, dy, mean, variance, gamma, beta),
        of(new BatchNormReluBackwardAdd(EPSILON, SOME), x, few, dy, mean, variance, gamma, beta),
        of(new MaxPool2d(3, 2, 1), x),
        of(new MaxPool2dBackward(3, 2, 1, 13, 13), pooled, bytes(11, 9, 2, 7, 7, C)),
        of(new AvgPool2d(3, 1), x),
        of(new AvgPool2dBackward(3, 2, 15, 15), pooled),
        of(new SoftmaxCrossEntropy(), logits, labels),
        of(new SoftmaxCrossEntropyBackward(), logits, labels, HostTensor.scalar(0.7f)),
        of(
            new CountMetrics(),
            HostTensor.zeros(TensorSpec.of(DType.F64, CountMetrics.SIZE)),
            logits,
            labels,
            HostTensor.scalar(2.5f),
            HostTensor.scalar(3L)),
        augment(40),
        of(Quantize.nearest(new BlockFloat(8, 0)), x),
        quantize(new BlockFloat(8, 0), normal(16, 3, 55, 77)),
        quantize(new BlockFloat(5, 0), normal(17, 64, 1001)),
        quantize(new BlockFloat(16, 0), normal(18, 30_001)),
        quantize(new BlockFloat(8, 3), x),
        quantize(new BlockFloat(8, 1), normal(19, 5, 7, 9, 77)),
        quantize(new BlockFloat(8, 2), normal(20, 5, 7, 9, 67)),
        quantize(new BlockFloat(4, -1), x),
        quantize(new FixedPoint(8, 5, true, true, FixedPoint.Ties.TO_EVEN), x),
        of(Quantize.nearest(new FixedPoint(7, 4, true, false, FixedPoint.Ties.TO_EVEN)), x),
        of(Quantize.nearest(new FixedPoint(6, 3, false, false, FixedPoint.Ties.AWAY_FROM_ZERO)), x),
        quantize(new FloatingPoint(5, 10), x),
        quantize(new FloatingPoint(3, 2), x),
        of(Quantize.nearest(new FloatingPoint(4, 3)), x),
        of(new AddSign(1e-4f), x, dy),
        of(new SgdUpdate(0.9f, 1e-4f), x, dy, x, RATE),
        of(
            new MultiSgdUpdate(
                List.of(
                    new MultiSgdUpdate.Item(0.9f, 1e-4f, 0),
                    new MultiSgdUpdate.Item(0.9f, 0, 1e-3f))),
            x,
            dy,
            x,
            gamma,
            beta,
            mean,
            RATE),
        of(
            new MultiQuantizedSgdUpdate(
                List.of(
                    new MultiQuantizedSgdUpdate.Item(
                        new MultiSgdUpdate.Item(0.9f, 1e-4f, 1e-3f),
                        eightBits("gradient"),
                        eightBits("weight"),
                        eightBits("momentum")))),
            normal(21, 77, 301),
            normal(22, 77, 301),
            normal(23, 77, 301),
            RATE,
            HostTensor.scalar((1L << 35) + 11)),
        of(new UpdateAverage(1.01f), x, dy, RATE),
        of(new Increment(3), HostTensor.scalar(39L)));
  }

  private static Quantize eightBits(String name) {
    return new Quantize(new BlockFloat(8, 0), Rounding.STOCHASTIC, 0x123456789abcdefL, name);
  }

  /** Stochastic rounding at a step of 64 bits. */
  private static Case quantize(NumberFormat format, HostTensor x) {
    Quantize op = new Quantize(format, Rounding.STOCHASTIC, 0x123456789abcdefL, "x");
    return of(op, x, HostTensor.scalar((1L << 35) + 11));
  }

  /** A batch out of 50 pictures of 11 x 13. */
  static Case augment(int batch) {
    return of(
        new Augment(batch, 4, true, 0x123456789abcdefL),
        bytes(12, 256, 50, 11, 13, 3),
        integers(13, 10, 50),
        integers(14, 50, 60),
        HostTensor.scalar(7L),
        HostTensor.scalar((1L << 33) + 5),
        normal(15, 3, 256));
  }

  /** Bytes in [0, bound). */
  static HostTensor bytes(long seed, int bound, int... dims) {
    HostTensor t = HostTensor.zeros(TensorSpec.of(DType.U8, dims));
    Random random = new Random(seed);
    for (int i = 0; i < t.spec().size(); i++) {
      t.buffer().put(i, (byte) random.nextInt(bound));
    }
    return t;
  }
}
