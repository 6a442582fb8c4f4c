package io.earlybird.verify;

import io.earlybird.backend.reference.ReferenceOps;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.format.BlockFloat;
import io.earlybird.tensor.format.FixedPoint;
import io.earlybird.tensor.format.FloatingPoint;
import io.earlybird.tensor.format.NumberFormat;
import io.earlybird.tensor.format.Rounding;
import io.earlybird.tensor.op.AddSign;
import io.earlybird.tensor.op.Augment;
import io.earlybird.tensor.op.CountMetrics;
import io.earlybird.tensor.op.Increment;
import io.earlybird.tensor.op.MultiQuantizedSgdUpdate;
import io.earlybird.tensor.op.MultiSgdUpdate;
import io.earlybird.tensor.op.Quantize;
import io.earlybird.tensor.op.SgdUpdate;
import io.earlybird.tensor.op.SoftmaxCrossEntropy;
import io.earlybird.tensor.op.SoftmaxCrossEntropyBackward;
import io.earlybird.tensor.op.UpdateAverage;
import java.util.ArrayList;
import java.util.List;

/** Cases of the loss and of what surrounds the network in a training step. */
final class StepCases {
  private StepCases() {}

  static OpCase loss(CaseRandom r) {
    int n = r.between(1, 70);
    int k = r.pick(1, 2, 3, 7, 10, 17, 100, 1000);
    HostTensor logits = r.wild(n, k);
    float scale = r.pick(1, 1, 1, 10, 60);
    for (int i = 0; i < n * k; i++) {
      logits.buffer().putFloat(4 * i, scale * (float) logits.get(i));
    }
    return OpCase.of(new SoftmaxCrossEntropy(), logits, r.integers(k, n));
  }

  static OpCase lossBackward(CaseRandom r) {
    OpCase forward = loss(r);
    HostTensor p =
        ReferenceOps.evaluate(forward.op(), forward.inputs(), DType.F32).outputs().get(1);
    return OpCase.of(new SoftmaxCrossEntropyBackward(), p, forward.inputs().get(1), r.normal(1));
  }

  static OpCase augment(CaseRandom r) {
    int images = r.between(1, 9);
    int size = r.pick(1, 5, 7, 32);
    int channels = r.pick(1, 3, 3, 4);
    int visited = r.between(1, images);
    int cursor = r.between(0, visited - 1);
    long step = r.chance(0.2) ? r.nextLong() >>> 1 : r.between(0, 100_000);
    var op =
        new Augment(r.between(1, visited - cursor), r.between(0, 4), r.chance(0.8), r.nextLong());
    return OpCase.of(
        op,
        r.bytes(images, size, r.chance(0.5) ? size : size + 2, channels),
        r.integers(1000, images),
        r.integers(images, visited),
        HostTensor.scalar((long) cursor),
        HostTensor.scalar(step),
        r.normal(channels, 256));
  }

  static OpCase countMetrics(CaseRandom r) {
    int n = r.between(1, 300);
    int k = r.pick(1, 2, 4, 5, 6, 10, 100);
    double[] counters = new double[CountMetrics.SIZE];
    for (int i = 0; i < CountMetrics.FIRST_NON_FINITE; i++) {
      counters[i] = i == CountMetrics.LOSS_SUM ? r.uniform(0, 1e4) : r.between(0, 1_000_000);
    }
    counters[CountMetrics.FIRST_NON_FINITE] = r.chance(0.3) ? r.between(1, 99) : 0;
    return OpCase.of(
        new CountMetrics(),
        HostTensor.ofDoubles(TensorSpec.of(DType.F64, CountMetrics.SIZE), counters),
        r.withTies(Shape.of(n, k)),
        r.integers(k, n),
        r.wild(1),
        HostTensor.scalar((long) r.between(0, 1_000_000)));
  }

  static OpCase quantize(CaseRandom r) {
    Shape shape = r.anyShape();
    NumberFormat format =
        switch (r.between(0, 5)) {
          case 0 -> fixedPoint(r);
          case 1 -> new FloatingPoint(r.between(1, 8), r.between(1, 22));
          default -> new BlockFloat(r.between(2, 16), r.between(-1, shape.rank() - 1));
        };
    HostTensor x = r.wild(shape);
    // Powers of two from one end of the range to the other, so that blocks overflow or underflow.
    float scale = r.chance(0.4) ? Math.scalb(1f, r.between(-150, 127)) : 1;
    for (int i = 0; i < shape.size(); i++) {
      x.buffer().putFloat(4 * i, scale * (float) x.get(i));
    }
    if (r.chance(0.3)) {
      return OpCase.of(Quantize.nearest(format), x);
    }
    var op = new Quantize(format, Rounding.STOCHASTIC, r.nextLong(), "case");
    return OpCase.of(op, x, HostTensor.scalar(r.nextLong() >>> 1));
  }

  private static FixedPoint fixedPoint(CaseRandom r) {
    return new FixedPoint(
        r.between(1, 24),
        r.chance(0.2) ? r.between(-100, 100) : r.between(0, 12),
        r.chance(0.5),
        r.chance(0.5),
        r.chance(0.5) ? FixedPoint.Ties.TO_EVEN : FixedPoint.Ties.AWAY_FROM_ZERO);
  }

  static OpCase addSign(CaseRandom r) {
    Shape shape = r.anyShape();
    return OpCase.of(new AddSign(r.uniform(-1e-3, 1e-2)), r.wild(shape), r.wild(shape));
  }

  static OpCase sgd(CaseRandom r) {
    Shape s = r.anyShape();
    var op = new SgdUpdate(r.chance(0.2) ? 0 : 0.9f, r.chance(0.2) ? 0 : 1e-4f);
    return OpCase.of(op, r.wild(s), r.wild(s), r.wild(s), r.uniform(0, 0.3, 1));
  }

  static OpCase multiSgd(CaseRandom r) {
    List<MultiSgdUpdate.Item> items = new ArrayList<>();
    List<HostTensor> in = new ArrayList<>();
    for (int i = r.between(1, 6); i > 0; i--) {
      items.add(
          new MultiSgdUpdate.Item(0.9f, r.chance(0.2) ? 0 : 1e-4f, r.chance(0.5) ? 1e-4f : 0));
      Shape s = r.anyShape();
      in.addAll(List.of(r.wild(s), r.wild(s), r.wild(s)));
    }
    in.add(r.uniform(0, 0.3, 1));
    return new OpCase(new MultiSgdUpdate(items), in);
  }

  static OpCase multiQuantizedSgd(CaseRandom r) {
    boolean stochastic = r.chance(0.7);
    long seed = r.nextLong();
    List<MultiQuantizedSgdUpdate.Item> items = new ArrayList<>();
    List<HostTensor> in = new ArrayList<>();
    boolean rounds = false;
    for (int i = r.between(1, 6); i > 0; i--) {
      Quantize[] q = new Quantize[3];
      for (int k = 0; k < q.length; k++) {
        BlockFloat format = new BlockFloat(r.between(2, 16), 0);
        if (r.chance(0.8)) {
          q[k] =
              stochastic
                  ? new Quantize(format, Rounding.STOCHASTIC, seed, "case" + i + k)
                  : Quantize.nearest(format);
          rounds = true;
        }
      }
      var update =
          new MultiSgdUpdate.Item(0.9f, r.chance(0.2) ? 0 : 1e-4f, r.chance(0.5) ? 1e-4f : 0);
      items.add(new MultiQuantizedSgdUpdate.Item(update, q[0], q[1], q[2]));
      Shape s = r.anyShape();
      in.addAll(List.of(r.wild(s), r.wild(s), r.wild(s)));
    }
    in.add(r.uniform(0, 0.3, 1));
    if (stochastic && rounds) {
      in.add(HostTensor.scalar(r.nextLong() >>> 1));
    }
    return new OpCase(new MultiQuantizedSgdUpdate(items), in);
  }

  static OpCase updateAverage(CaseRandom r) {
    Shape s = r.anyShape();
    float rows = r.between(2, 65_536);
    var op = new UpdateAverage(r.chance(0.3) ? 1 : rows / (rows - 1));
    return OpCase.of(op, r.wild(s), r.wild(s), r.uniform(0, 1, 1));
  }

  static OpCase increment(CaseRandom r) {
    long counter = r.chance(0.5) ? r.between(0, 1000) : r.nextLong() >> 2;
    return OpCase.of(new Increment(r.between(-5, 256)), HostTensor.scalar(counter));
  }
}
