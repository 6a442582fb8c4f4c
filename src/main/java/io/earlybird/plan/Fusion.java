package io.earlybird.plan;

import io.earlybird.backend.Backend;
import io.earlybird.tensor.op.Add;
import io.earlybird.tensor.op.AddSign;
import io.earlybird.tensor.op.BatchNorm;
import io.earlybird.tensor.op.BatchNormBackward;
import io.earlybird.tensor.op.BatchNormInference;
import io.earlybird.tensor.op.BatchNormInferenceRelu;
import io.earlybird.tensor.op.BatchNormRelu;
import io.earlybird.tensor.op.BatchNormReluBackward;
import io.earlybird.tensor.op.BatchNormReluBackwardAdd;
import io.earlybird.tensor.op.Channels;
import io.earlybird.tensor.op.FusedOp;
import io.earlybird.tensor.op.MultiQuantizedSgdUpdate;
import io.earlybird.tensor.op.MultiSgdUpdate;
import io.earlybird.tensor.op.Relu;
import io.earlybird.tensor.op.ReluBackward;
import io.earlybird.tensor.op.Select;
import io.earlybird.tensor.op.SelectBackward;
import io.earlybird.tensor.op.SgdUpdate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Rewrites small patterns of steps into the fused ops that the backend has. */
final class Fusion {
  private final StepGraph graph;
  private final Backend backend;

  Fusion(StepGraph graph, Backend backend) {
    this.graph = graph;
    this.backend = backend;
  }

  void run() {
    for (Step step : List.copyOf(graph.steps)) {
      if (step.op instanceof BatchNorm || step.op instanceof BatchNormInference) {
        fuseBatchNormRelu(step);
      }
    }
    for (Step step : List.copyOf(graph.steps)) {
      if (step.op instanceof BatchNormBackward) {
        fuseBatchNormReluBackward(step);
      }
    }
    new ConvolutionFusion(graph, backend).run();
    new InputNorms(graph, backend).fuseGiven();
    fuseUpdates();
  }

  private Step onlyReader(Value value) {
    return graph.onlyReader(value);
  }

  private void fuseBatchNormRelu(Step norm) {
    Step next = onlyReader(norm.outputs.get(0));
    Step select = next != null && next.op instanceof Select ? next : null;
    if (select != null) {
      next = onlyReader(select.outputs.get(0));
    }
    if (next == null || !(next.op instanceof Relu)) {
      return;
    }
    Channels channels = select == null ? null : ((Select) select.op).channels();
    FusedOp op =
        norm.op instanceof BatchNorm training
            ? new BatchNormRelu(training.epsilon(), channels)
            : new BatchNormInferenceRelu(((BatchNormInference) norm.op).epsilon(), channels);
    List<Step> old = select == null ? List.of(norm, next) : List.of(norm, select, next);
    Step fused = fusedStep(op, old, norm.inputs);
    if (fused != null) {
      Map<Value, Value> map = new HashMap<>();
      map.put(next.outputs.get(0), fused.outputs.get(0));
      for (int i = 1; i < norm.outputs.size(); i++) {
        map.put(norm.outputs.get(i), fused.outputs.get(i));
      }
      graph.replace(old, fused, map);
    }
  }

  private void fuseBatchNormReluBackward(Step back) {
    Value d = back.inputs.get(1).value();
    Step select = d.producer != null && d.producer.op instanceof SelectBackward ? d.producer : null;
    Value reluGradient = select == null ? d : select.inputs.get(0).value();
    Step relu = reluGradient.producer;
    if (relu == null || !(relu.op instanceof ReluBackward)) {
      return;
    }
    Step forward = relu.inputs.get(0).value().producer;
    if (onlyReader(d) != back
        || (select != null && onlyReader(reluGradient) != select)
        || forward == null
        || !(forward.op instanceof BatchNormRelu)
        || forward.outputs.get(0) != relu.inputs.get(0).value()
        || forward.outputs.get(1) != back.inputs.get(2).value()) {
      return;
    }
    BatchNormRelu norm = (BatchNormRelu) forward.op;
    List<Operand> inputs =
        List.of(
            back.inputs.get(0),
            relu.inputs.get(1),
            back.inputs.get(2),
            back.inputs.get(3),
            back.inputs.get(4),
            forward.inputs.get(2));
    List<Step> old = select == null ? List.of(relu, back) : List.of(relu, select, back);
    FusedOp op = new BatchNormReluBackward(norm.epsilon(), norm.channels());
    Step fused = fusedStep(op, old, inputs);
    if (fused != null) {
      graph.replace(old, fused, sameOutputs(back, fused));
      fuseAdd(fused);
    }
  }

  /**
   * Joins a gradient with what is added to it: x's other gradient, where a residual block reads x.
   */
  private void fuseAdd(Step back) {
    Value dx = back.outputs.get(0);
    Step sum = onlyReader(dx);
    if (sum == null || !(sum.op instanceof Add) || !sum.inputs.contains(Operand.of(dx))) {
      return;
    }
    Operand other = sum.inputs.get(sum.inputs.get(0).value() == dx ? 1 : 0);
    if (other.value() == dx) {
      return;
    }
    BatchNormReluBackward op = (BatchNormReluBackward) back.op;
    List<Operand> inputs = new ArrayList<>(back.inputs);
    inputs.add(2, other);
    Step fused =
        fusedStep(
            new BatchNormReluBackwardAdd(op.epsilon(), op.channels()), List.of(back, sum), inputs);
    if (fused != null) {
      Map<Value, Value> map = sameOutputs(back, fused);
      map.remove(dx);
      map.put(sum.outputs.get(0), fused.outputs.get(0));
      graph.replace(List.of(back, sum), fused, map);
    }
  }

  /** The results of a step, each with that of a step which has the same ones first. */
  static Map<Value, Value> sameOutputs(Step old, Step fused) {
    Map<Value, Value> map = new HashMap<>();
    for (int i = 0; i < old.outputs.size(); i++) {
      map.put(old.outputs.get(i), fused.outputs.get(i));
    }
    return map;
  }

  /** Joins all SGD updates that share a learning rate. */
  private void fuseUpdates() {
    Map<Value, List<Step>> byRate = new LinkedHashMap<>();
    for (Step s : graph.steps) {
      if (s.op instanceof SgdUpdate) {
        byRate.computeIfAbsent(s.inputs.get(3).value(), r -> new ArrayList<>()).add(s);
      }
    }
    for (List<Step> updates : byRate.values()) {
      if (updates.size() > 1) {
        fuseUpdates(updates);
      }
    }
  }

  private void fuseUpdates(List<Step> updates) {
    if (!fuseRoundedUpdates(updates)) {
      fusePlainUpdates(updates);
    }
  }

  /**
   * Joins updates together with the rounding around them; returns whether there is any, and the
   * backend has the fusion.
   */
  private boolean fuseRoundedUpdates(List<Step> updates) {
    List<RoundedUpdate> parts = updates.stream().map(s -> RoundedUpdate.of(graph, s)).toList();
    List<Value> steps = parts.stream().flatMap(p -> p.steps().stream()).distinct().toList();
    if (parts.stream().noneMatch(RoundedUpdate::rounds) || steps.size() > 1) {
      return false;
    }
    List<Operand> inputs = new ArrayList<>();
    parts.forEach(p -> inputs.addAll(p.operands()));
    inputs.add(updates.get(0).inputs.get(3));
    steps.forEach(step -> inputs.add(Operand.of(step)));
    List<Step> old = parts.stream().flatMap(p -> p.replaced().stream()).toList();
    Step fused =
        fusedStep(
            new MultiQuantizedSgdUpdate(parts.stream().map(RoundedUpdate::item).toList()),
            old,
            inputs);
    if (fused == null) {
      return false;
    }
    Map<Value, Value> map = new HashMap<>();
    for (int i = 0; i < parts.size(); i++) {
      map.put(parts.get(i).weight(), fused.outputs.get(2 * i));
      map.put(parts.get(i).momentum(), fused.outputs.get(2 * i + 1));
    }
    graph.replace(old, fused, map);
    return true;
  }

  private void fusePlainUpdates(List<Step> updates) {
    List<MultiSgdUpdate.Item> items = new ArrayList<>();
    List<Operand> inputs = new ArrayList<>();
    List<Step> old = new ArrayList<>();
    for (Step s : updates) {
      SgdUpdate sgd = (SgdUpdate) s.op;
      Operand gradient = s.inputs.get(2);
      Step sign = gradient.value().producer;
      float l1 = 0;
      if (sign != null
          && sign.op instanceof AddSign add
          && onlyReader(gradient.value()) == s
          && sign.inputs.get(1).value() == s.inputs.get(0).value()) {
        l1 = add.scale();
        gradient = sign.inputs.get(0);
        old.add(sign);
      }
      items.add(new MultiSgdUpdate.Item(sgd.momentum(), sgd.weightDecay(), l1));
      inputs.addAll(List.of(s.inputs.get(0), s.inputs.get(1), gradient));
      old.add(s);
    }
    inputs.add(updates.get(0).inputs.get(3));
    Step fused = fusedStep(new MultiSgdUpdate(items), old, inputs);
    if (fused != null) {
      Map<Value, Value> map = new HashMap<>();
      for (int i = 0; i < updates.size(); i++) {
        map.put(updates.get(i).outputs.get(0), fused.outputs.get(2 * i));
        map.put(updates.get(i).outputs.get(1), fused.outputs.get(2 * i + 1));
      }
      graph.replace(old, fused, map);
    }
  }

  /** The fused step, or {@code null} if the backend lacks it. */
  private Step fusedStep(FusedOp op, List<Step> parts, List<Operand> inputs) {
    var specs = inputs.stream().map(Operand::spec).toList();
    if (!backend.supports(op, specs).ok()) {
      return null;
    }
    int level = parts.stream().mapToInt(s -> s.level).max().orElseThrow();
    return new Step(op, parts.get(0).layer, level, inputs, op.infer(specs));
  }
}
