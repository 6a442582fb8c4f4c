package io.earlybird.tensor.op;

import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import java.util.List;

/**
 * {@link BatchNormInference}, channel {@link Select} and {@link Relu} in one: {@code x [...,C]},
 * {@code gamma, beta, mean, variance [C]} to {@code y [...,K]}. With the statistics of {@link
 * BatchNormRelu} it gives the same bits, so that backward can compute y again instead of keeping
 * it.
 *
 * @param channels the K channels kept, or {@code null} for all
 */
public record BatchNormInferenceRelu(float epsilon, Channels channels) implements FusedOp {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    List<TensorSpec> y = new BatchNormInference(epsilon).infer(in);
    return channels == null ? y : new Select(channels).infer(y);
  }

  @Override
  public List<Tensor> decompose(List<Tensor> in) {
    Tensor y = in.get(0).batchNormInference(in.get(1), in.get(2), in.get(3), in.get(4), epsilon);
    return List.of((channels == null ? y : y.apply(new Select(channels))).relu());
  }
}
