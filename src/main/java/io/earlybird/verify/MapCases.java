package io.earlybird.verify;

import io.earlybird.backend.reference.ReferenceOps;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.op.Add;
import io.earlybird.tensor.op.AvgPool2d;
import io.earlybird.tensor.op.AvgPool2dBackward;
import io.earlybird.tensor.op.Channels;
import io.earlybird.tensor.op.Fill;
import io.earlybird.tensor.op.MaxPool2d;
import io.earlybird.tensor.op.MaxPool2dBackward;
import io.earlybird.tensor.op.Relu;
import io.earlybird.tensor.op.ReluBackward;
import io.earlybird.tensor.op.Select;
import io.earlybird.tensor.op.SelectBackward;
import java.util.List;

/** Cases of elementwise ops, channel selection and pooling. */
final class MapCases {
  private MapCases() {}

  static OpCase fill(CaseRandom r) {
    HostTensor value = r.wild(1);
    return OpCase.of(new Fill(value.floats()[0], r.anyShape()));
  }

  static OpCase relu(CaseRandom r) {
    return OpCase.of(new Relu(), r.wild(r.anyShape()));
  }

  static OpCase reluBackward(CaseRandom r) {
    Shape shape = r.anyShape();
    return OpCase.of(new ReluBackward(), r.wild(shape), r.wild(shape));
  }

  static OpCase add(CaseRandom r) {
    Shape shape = r.anyShape();
    return OpCase.of(new Add(), r.wild(shape), r.wild(shape));
  }

  static OpCase select(CaseRandom r) {
    Shape shape = r.anyShape();
    return OpCase.of(new Select(r.kept(shape.dim(-1))), r.wild(shape));
  }

  static OpCase selectBackward(CaseRandom r) {
    Shape shape = r.anyShape();
    Channels kept = r.kept(shape.dim(-1));
    return OpCase.of(new SelectBackward(kept, shape.dim(-1)), r.wild(shape.withLast(kept.count())));
  }

  static OpCase maxPool(CaseRandom r) {
    int kernel = r.pick(1, 2, 2, 3, 3, 4);
    int pad = r.between(0, kernel / 2);
    return OpCase.of(
        new MaxPool2d(kernel, r.between(1, 3), pad), r.withTies(pooled(r, kernel, pad)));
  }

  static OpCase maxPoolBackward(CaseRandom r) {
    OpCase forward = maxPool(r);
    MaxPool2d op = (MaxPool2d) forward.op();
    HostTensor places = ReferenceOps.evaluate(op, forward.inputs(), DType.F32).outputs().get(1);
    Shape x = forward.inputs().get(0).shape();
    return new OpCase(
        new MaxPool2dBackward(op.kernel(), op.stride(), op.padding(), x.dim(1), x.dim(2)),
        List.of(r.wild(places.shape()), places));
  }

  static OpCase avgPool(CaseRandom r) {
    int kernel = r.pick(1, 2, 2, 3, 7);
    return OpCase.of(new AvgPool2d(kernel, r.between(1, 3)), r.wild(pooled(r, kernel, 0)));
  }

  static OpCase avgPoolBackward(CaseRandom r) {
    OpCase forward = avgPool(r);
    AvgPool2d op = (AvgPool2d) forward.op();
    Shape x = forward.inputs().get(0).shape();
    Shape y = op.infer(forward.specs()).get(0).shape();
    return OpCase.of(
        new AvgPool2dBackward(op.kernel(), op.stride(), x.dim(1), x.dim(2)), r.wild(y));
  }

  /** Images that hold at least one window. */
  private static Shape pooled(CaseRandom r, int kernel, int pad) {
    while (true) {
      Shape x = r.images();
      if (Math.min(x.dim(1), x.dim(2)) + 2 * pad >= kernel) {
        return x;
      }
    }
  }
}
