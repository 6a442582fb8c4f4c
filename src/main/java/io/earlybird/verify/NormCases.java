package io.earlybird.verify;

import io.earlybird.backend.reference.ReferenceOps;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.op.BatchNorm;
import io.earlybird.tensor.op.BatchNormBackward;
import io.earlybird.tensor.op.BatchNormInference;
import io.earlybird.tensor.op.BatchNormInferenceRelu;
import io.earlybird.tensor.op.BatchNormRelu;
import io.earlybird.tensor.op.BatchNormReluBackward;
import io.earlybird.tensor.op.BatchNormReluBackwardAdd;
import io.earlybird.tensor.op.BatchNormStatistics;
import io.earlybird.tensor.op.Channels;
import io.earlybird.tensor.op.Op;
import java.util.ArrayList;
import java.util.List;

/**
 * Cases of batch norm: channels far from zero, narrow, wide and constant; the gradients get the
 * statistics that belong to x.
 */
final class NormCases {
  private NormCases() {}

  private static Shape shape(CaseRandom r) {
    return r.chance(0.2) ? Shape.of(r.between(1, 40), r.channels()) : r.images();
  }

  private static float epsilon(CaseRandom r) {
    return r.chance(0.8) ? 1e-5f : 1e-3f;
  }

  /** Each channel with its own mean and deviation. */
  private static HostTensor input(CaseRandom r, Shape shape) {
    HostTensor x = r.wild(shape);
    int c = shape.dim(-1);
    float[] mean = r.uniform(-3, 3, c).floats();
    float[] deviation = r.uniform(-7, 2, c).floats();
    for (int k = 0; k < c; k++) {
      mean[k] *= r.chance(0.1) ? 100 : 1;
      deviation[k] = r.chance(0.05) ? 0 : (float) Math.pow(2, deviation[k]);
    }
    for (int i = 0; i < shape.size(); i++) {
      float value = (float) x.get(i) * deviation[i % c] + mean[i % c];
      x.buffer().putFloat(4 * i, value);
    }
    return x;
  }

  private static Channels kept(CaseRandom r, int channels) {
    return r.chance(0.4) ? null : r.kept(channels);
  }

  private static List<HostTensor> statistics(HostTensor x, float epsilon) {
    HostTensor vector = HostTensor.of(new float[x.shape().dim(-1)], x.shape().dim(-1));
    return ReferenceOps.evaluate(new BatchNorm(epsilon), List.of(x, vector, vector), DType.F32)
        .outputs()
        .subList(1, 3);
  }

  static OpCase batchNorm(CaseRandom r) {
    HostTensor x = input(r, shape(r));
    int c = x.shape().dim(-1);
    return OpCase.of(new BatchNorm(epsilon(r)), x, r.normal(c), r.normal(c));
  }

  static OpCase batchNormRelu(CaseRandom r) {
    HostTensor x = input(r, shape(r));
    int c = x.shape().dim(-1);
    return OpCase.of(new BatchNormRelu(epsilon(r), kept(r, c)), x, r.normal(c), r.normal(c));
  }

  static OpCase statistics(CaseRandom r) {
    HostTensor x = input(r, shape(r));
    int c = x.shape().dim(-1);
    return OpCase.of(new BatchNormStatistics(epsilon(r)), x, r.normal(c), r.normal(c));
  }

  static OpCase inference(CaseRandom r) {
    return inference(r, input(r, shape(r)), new BatchNormInference(epsilon(r)));
  }

  static OpCase inferenceRelu(CaseRandom r) {
    HostTensor x = input(r, shape(r));
    return inference(r, x, new BatchNormInferenceRelu(epsilon(r), kept(r, x.shape().dim(-1))));
  }

  private static OpCase inference(CaseRandom r, HostTensor x, Op op) {
    int c = x.shape().dim(-1);
    return OpCase.of(op, x, r.normal(c), r.normal(c), r.normal(c), r.uniform(0, 3, c));
  }

  static OpCase backward(CaseRandom r) {
    float epsilon = epsilon(r);
    HostTensor dy = r.wild(shape(r));
    HostTensor x = finiteInput(r, dy.shape());
    List<HostTensor> in = new ArrayList<>(List.of(x, dy));
    in.addAll(statistics(x, epsilon));
    in.add(r.normal(x.shape().dim(-1)));
    return new OpCase(new BatchNormBackward(epsilon), in);
  }

  static OpCase batchNormReluBackward(CaseRandom r) {
    float epsilon = epsilon(r);
    Shape shape = shape(r);
    int c = shape.dim(-1);
    Channels kept = kept(r, c);
    HostTensor dy = r.wild(kept == null ? shape : shape.withLast(kept.count()));
    HostTensor x = finiteInput(r, shape);
    List<HostTensor> in = new ArrayList<>(List.of(x, dy));
    in.addAll(statistics(x, epsilon));
    in.add(r.normal(c));
    in.add(r.normal(c));
    return new OpCase(new BatchNormReluBackward(epsilon, kept), in);
  }

  static OpCase batchNormReluBackwardAdd(CaseRandom r) {
    OpCase alone = batchNormReluBackward(r);
    BatchNormReluBackward op = (BatchNormReluBackward) alone.op();
    List<HostTensor> in = new ArrayList<>(alone.inputs());
    in.add(2, r.wild(in.get(0).shape()));
    return new OpCase(new BatchNormReluBackwardAdd(op.epsilon(), op.channels()), in);
  }

  /** As {@link #input}, but special numbers are left to dy. */
  private static HostTensor finiteInput(CaseRandom r, Shape shape) {
    return input(new CaseRandom(r.nextLong(), false, false), shape);
  }
}
