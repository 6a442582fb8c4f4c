package io.earlybird.tensor.op;

import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * A product of which operand 0 is not given, but made by {@link BatchNormInferenceRelu}. Operands:
 * those of the norm, {@code x [N,H,W,C]}, {@code gamma, beta, mean, variance [C]}, then the
 * product's others.
 */
public sealed interface NormProductOp extends FusedOp
    permits BatchNormReluConv2d, BatchNormReluConv2dBackwardWeight {
  /** How many operands the norm has. */
  int NORM_OPERANDS = 5;

  /** Epsilon of the norm. */
  float epsilon();

  /** The product alone. */
  Op product();

  /** The channels of x that the product reads, or {@code null} for all. */
  Channels channels();

  /** What makes the product's operand 0. */
  default BatchNormInferenceRelu norm() {
    return new BatchNormInferenceRelu(epsilon(), channels());
  }

  @Override
  default List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.require(in.size() > NORM_OPERANDS, this, in, "operands of a norm and of a product");
    List<TensorSpec> operands = new ArrayList<>(norm().infer(in.subList(0, NORM_OPERANDS)));
    operands.addAll(in.subList(NORM_OPERANDS, in.size()));
    return product().infer(operands);
  }

  @Override
  default List<Tensor> decompose(List<Tensor> in) {
    Tensor y = norm().decompose(in.subList(0, NORM_OPERANDS)).get(0);
    Tensor[] others = in.subList(NORM_OPERANDS, in.size()).toArray(Tensor[]::new);
    return product() instanceof FusedOp fused
        ? fused.decompose(joined(y, others))
        : List.of(y.apply(product(), others));
  }

  private static List<Tensor> joined(Tensor first, Tensor... others) {
    List<Tensor> all = new ArrayList<>(List.of(first));
    all.addAll(List.of(others));
    return all;
  }
}
