package io.earlybird.verify;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Add;
import io.earlybird.tensor.op.AvgPool2d;
import io.earlybird.tensor.op.BatchNorm;
import io.earlybird.tensor.op.BatchNormRelu;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Linear;
import io.earlybird.tensor.op.MaxPool2d;
import io.earlybird.tensor.op.Op;
import io.earlybird.tensor.op.Relu;
import io.earlybird.tensor.op.Reshape;
import io.earlybird.tensor.op.Select;
import io.earlybird.tensor.op.SoftmaxCrossEntropy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Small cases, away from kinks, for the finite differences of every differentiable op. */
final class GradientCases {
  private static final Map<Class<? extends Op>, Function<CaseRandom, OpCase>> CASES =
      new LinkedHashMap<>();

  static {
    CASES.put(Conv2d.class, GradientCases::conv2d);
    CASES.put(Linear.class, GradientCases::linear);
    CASES.put(BatchNorm.class, GradientCases::batchNorm);
    CASES.put(BatchNormRelu.class, GradientCases::batchNormRelu);
    CASES.put(Relu.class, r -> OpCase.of(new Relu(), r.distinct(small(r))));
    CASES.put(Add.class, GradientCases::add);
    CASES.put(Select.class, GradientCases::select);
    CASES.put(Reshape.class, GradientCases::reshape);
    CASES.put(MaxPool2d.class, r -> OpCase.of(new MaxPool2d(3, 2, 1), r.distinct(small(r))));
    CASES.put(AvgPool2d.class, r -> OpCase.of(new AvgPool2d(2, 1), r.distinct(small(r))));
    CASES.put(SoftmaxCrossEntropy.class, GradientCases::loss);
  }

  private GradientCases() {}

  /** Ops whose gradients are checked. */
  static Iterable<Class<? extends Op>> ops() {
    return CASES.keySet();
  }

  /** Whether gradients of ops of this type are checked. */
  static boolean has(Class<?> type) {
    return CASES.containsKey(type);
  }

  /** A case of the given op. */
  static OpCase make(Class<? extends Op> op, CaseRandom r) {
    return CASES.get(op).apply(r);
  }

  /** The op's first result as a graph; a fused op is taken apart. */
  static Tensor graph(Op op, List<Tensor> operands) {
    return op instanceof BatchNormRelu fused
        ? fused.decompose(operands).get(0)
        : Node.of(op, operands).output(0);
  }

  private static Shape small(CaseRandom r) {
    return Shape.of(r.between(1, 2), r.between(2, 5), r.between(2, 5), r.between(1, 4));
  }

  private static HostTensor normal(CaseRandom r, int... dims) {
    return HostTensor.ofDoubles(TensorSpec.of(DType.F64, dims), r.normal(dims).doubles());
  }

  private static OpCase conv2d(CaseRandom r) {
    Shape x = small(r);
    int kernel = r.pick(1, 3, 5);
    return OpCase.of(
        new Conv2d(r.between(1, 2), kernel / 2),
        normal(r, x.dims()),
        normal(r, r.between(1, 4), x.dim(3), kernel, kernel));
  }

  private static OpCase linear(CaseRandom r) {
    int in = r.between(1, 7);
    int out = r.between(1, 5);
    return OpCase.of(
        new Linear(), normal(r, r.between(1, 4), in), normal(r, out, in), normal(r, out));
  }

  private static OpCase batchNorm(CaseRandom r) {
    Shape x = small(r);
    int c = x.dim(3);
    return OpCase.of(new BatchNorm(1e-5f), r.distinct(x), normal(r, c), normal(r, c));
  }

  private static OpCase batchNormRelu(CaseRandom r) {
    Shape x = small(r);
    int c = x.dim(3);
    return OpCase.of(
        new BatchNormRelu(1e-5f, r.chance(0.5) ? null : r.kept(c)),
        r.distinct(x),
        normal(r, c),
        normal(r, c));
  }

  private static OpCase add(CaseRandom r) {
    Shape x = small(r);
    return OpCase.of(new Add(), normal(r, x.dims()), normal(r, x.dims()));
  }

  private static OpCase select(CaseRandom r) {
    Shape x = small(r);
    return OpCase.of(new Select(r.kept(x.dim(3))), normal(r, x.dims()));
  }

  private static OpCase reshape(CaseRandom r) {
    Shape x = small(r);
    return OpCase.of(new Reshape(Shape.of((int) x.size())), normal(r, x.dims()));
  }

  private static OpCase loss(CaseRandom r) {
    int n = r.between(1, 5);
    int k = r.between(2, 7);
    return OpCase.of(new SoftmaxCrossEntropy(), normal(r, n, k), r.integers(k, n));
  }
}
