package io.earlybird.plan;

import io.earlybird.tensor.op.AddSign;
import io.earlybird.tensor.op.MultiQuantizedSgdUpdate;
import io.earlybird.tensor.op.MultiSgdUpdate;
import io.earlybird.tensor.op.Quantize;
import io.earlybird.tensor.op.SgdUpdate;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * One SGD update and what around it can become a part of the fused one: the L1 term and the
 * rounding of its gradient before it, the rounding of its results behind it.
 *
 * @param item what the fused op needs to know
 * @param replaced the steps that it replaces
 * @param operands weight, momentum and gradient
 * @param weight the new weight
 * @param momentum the new momentum
 * @param steps the steps' numbers that rounding draws from
 */
record RoundedUpdate(
    MultiQuantizedSgdUpdate.Item item,
    List<Step> replaced,
    List<Operand> operands,
    Value weight,
    Value momentum,
    List<Value> steps) {

  /** Looks around an update. */
  static RoundedUpdate of(StepGraph graph, Step update) {
    SgdUpdate sgd = (SgdUpdate) update.op;
    List<Step> replaced = new ArrayList<>();
    Operand gradient = update.inputs.get(2);
    Step before = before(graph, gradient, Quantize.class);
    if (before != null) {
      gradient = before.inputs.get(0);
      replaced.add(before);
    }
    float l1 = 0;
    Step sign = before(graph, gradient, AddSign.class);
    if (sign != null && sign.inputs.get(1).value() == update.inputs.get(0).value()) {
      l1 = ((AddSign) sign.op).scale();
      gradient = sign.inputs.get(0);
      replaced.add(sign);
    }
    replaced.add(update);
    Step weight = behind(graph, update.outputs.get(0));
    Step momentum = behind(graph, update.outputs.get(1));
    List<Step> rounding = Stream.of(before, weight, momentum).filter(s -> s != null).toList();
    Stream.of(weight, momentum).filter(s -> s != null).forEach(replaced::add);
    return new RoundedUpdate(
        new MultiQuantizedSgdUpdate.Item(
            new MultiSgdUpdate.Item(sgd.momentum(), sgd.weightDecay(), l1),
            op(before),
            op(weight),
            op(momentum)),
        replaced,
        List.of(update.inputs.get(0), update.inputs.get(1), gradient),
        weight == null ? update.outputs.get(0) : weight.outputs.get(0),
        momentum == null ? update.outputs.get(1) : momentum.outputs.get(0),
        rounding.stream()
            .filter(s -> s.inputs.size() > 1)
            .map(s -> s.inputs.get(1).value())
            .toList());
  }

  /** The step that makes a value for this reader alone, if it has such an op. */
  private static Step before(StepGraph graph, Operand operand, Class<?> op) {
    Step producer = operand.value().producer;
    return producer != null
            && op.isInstance(producer.op)
            && graph.onlyReader(operand.value()) != null
        ? producer
        : null;
  }

  private static Step behind(StepGraph graph, Value value) {
    Step reader = graph.onlyReader(value);
    return reader != null && reader.op instanceof Quantize ? reader : null;
  }

  private static Quantize op(Step step) {
    return step == null ? null : (Quantize) step.op;
  }

  /** Whether anything is rounded. */
  boolean rounds() {
    return !item.quantizers().isEmpty();
  }
}
