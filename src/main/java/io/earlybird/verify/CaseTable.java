package io.earlybird.verify;

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
import io.earlybird.tensor.op.BatchNormReluConv2d;
import io.earlybird.tensor.op.BatchNormReluConv2dBackward;
import io.earlybird.tensor.op.BatchNormReluConv2dBackwardWeight;
import io.earlybird.tensor.op.BatchNormStatistics;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardData;
import io.earlybird.tensor.op.Conv2dBackwardWeight;
import io.earlybird.tensor.op.Conv2dEpilogue;
import io.earlybird.tensor.op.CountMetrics;
import io.earlybird.tensor.op.Fill;
import io.earlybird.tensor.op.Increment;
import io.earlybird.tensor.op.Linear;
import io.earlybird.tensor.op.LinearBackwardData;
import io.earlybird.tensor.op.LinearBackwardWeight;
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
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** How a random case of each op is made: all ops but leaves and views, which have no kernel. */
final class CaseTable {
  private static final Map<Class<? extends Op>, Entry> ENTRIES = new LinkedHashMap<>();

  /** Makes one case. */
  interface Factory extends Function<CaseRandom, OpCase> {}

  /** How an op is judged. */
  record Entry(Class<? extends Op> op, Direction direction, Factory factory) {
    String name() {
      return op.getSimpleName();
    }
  }

  static {
    forward(Conv2d.class, ProductCases::conv2d);
    forward(Conv2dEpilogue.class, ProductCases::conv2dEpilogue);
    forward(Linear.class, ProductCases::linear);
    forward(BatchNorm.class, NormCases::batchNorm);
    forward(BatchNormInference.class, NormCases::inference);
    forward(BatchNormInferenceRelu.class, NormCases::inferenceRelu);
    forward(BatchNormRelu.class, NormCases::batchNormRelu);
    forward(BatchNormStatistics.class, NormCases::statistics);
    forward(BatchNormReluConv2d.class, ProductCases::batchNormReluConv2d);
    forward(Relu.class, MapCases::relu);
    forward(Add.class, MapCases::add);
    forward(Select.class, MapCases::select);
    forward(MaxPool2d.class, MapCases::maxPool);
    forward(AvgPool2d.class, MapCases::avgPool);
    forward(Fill.class, MapCases::fill);
    forward(SoftmaxCrossEntropy.class, StepCases::loss);
    backward(Conv2dBackwardData.class, ProductCases::conv2dBackwardData);
    backward(Conv2dBackwardWeight.class, ProductCases::conv2dBackwardWeight);
    backward(LinearBackwardData.class, ProductCases::linearBackwardData);
    backward(LinearBackwardWeight.class, ProductCases::linearBackwardWeight);
    backward(BatchNormBackward.class, NormCases::backward);
    backward(BatchNormReluBackward.class, NormCases::batchNormReluBackward);
    backward(
        BatchNormReluConv2dBackwardWeight.class, ProductCases::batchNormReluConv2dBackwardWeight);
    backward(BatchNormReluConv2dBackward.class, ProductCases::batchNormReluConv2dBackward);
    backward(BatchNormReluBackwardAdd.class, NormCases::batchNormReluBackwardAdd);
    backward(ReluBackward.class, MapCases::reluBackward);
    backward(SelectBackward.class, MapCases::selectBackward);
    backward(MaxPool2dBackward.class, MapCases::maxPoolBackward);
    backward(AvgPool2dBackward.class, MapCases::avgPoolBackward);
    backward(SoftmaxCrossEntropyBackward.class, StepCases::lossBackward);
    step(Augment.class, StepCases::augment);
    step(CountMetrics.class, StepCases::countMetrics);
    step(Quantize.class, StepCases::quantize);
    step(AddSign.class, StepCases::addSign);
    step(SgdUpdate.class, StepCases::sgd);
    step(MultiSgdUpdate.class, StepCases::multiSgd);
    step(MultiQuantizedSgdUpdate.class, StepCases::multiQuantizedSgd);
    step(UpdateAverage.class, StepCases::updateAverage);
    step(Increment.class, StepCases::increment);
  }

  private CaseTable() {}

  /** All entries, in the order of the report. */
  static Iterable<Entry> entries() {
    return ENTRIES.values();
  }

  /** Whether there are cases for ops of this type. */
  static boolean has(Class<?> type) {
    return ENTRIES.containsKey(type);
  }

  private static void forward(Class<? extends Op> op, Factory factory) {
    ENTRIES.put(op, new Entry(op, Direction.FORWARD, factory));
  }

  private static void backward(Class<? extends Op> op, Factory factory) {
    ENTRIES.put(op, new Entry(op, Direction.BACKWARD, factory));
  }

  private static void step(Class<? extends Op> op, Factory factory) {
    ENTRIES.put(op, new Entry(op, Direction.STEP, factory));
  }
}
