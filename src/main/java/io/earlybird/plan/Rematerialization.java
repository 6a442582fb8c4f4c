package io.earlybird.plan;

import io.earlybird.backend.Backend;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.BatchNormInferenceRelu;
import io.earlybird.tensor.op.BatchNormRelu;
import io.earlybird.tensor.op.BatchNormReluConv2d;
import io.earlybird.tensor.op.BatchNormReluConv2dBackwardWeight;
import io.earlybird.tensor.op.BatchNormStatistics;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardWeight;
import io.earlybird.tensor.op.Conv2dEpilogue;
import io.earlybird.tensor.op.MaxPool2d;
import io.earlybird.tensor.op.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Computes inputs of convolutions again for their weight gradients instead of keeping them: batch
 * norm + ReLU (and max pooling) of the batch norm's input, which backward needs anyway. One tensor
 * per batch norm is kept instead of two, for one more pass over memory (Chen et al., "Training deep
 * nets with sublinear memory cost", 2016, where the cheap layers are recomputed).
 */
final class Rematerialization {
  private final StepGraph graph;
  private final Backend backend;

  Rematerialization(StepGraph graph, Backend backend) {
    this.graph = graph;
    this.backend = backend;
  }

  void run() {
    for (Step norm : List.copyOf(graph.steps)) {
      if (norm.op instanceof BatchNormRelu && !norm.outputs.get(0).output) {
        recompute(norm);
        split(norm);
      }
    }
  }

  private void recompute(Step norm) {
    if (!backend.supports(recomputing(norm), againSpecs(norm)).ok()) {
      return;
    }
    Value y = norm.outputs.get(0);
    for (Step reader : List.copyOf(y.readers)) {
      if (reader.op instanceof Conv2dBackwardWeight) {
        if (!fuse(norm, reader)) {
          reread(reader, y, again(norm, reader.level - 1));
        }
      } else if (reader.op instanceof MaxPool2d && !reader.outputs.get(0).output) {
        Value pooled = reader.outputs.get(0);
        for (Step gradient : List.copyOf(pooled.readers)) {
          if (gradient.op instanceof Conv2dBackwardWeight) {
            Value source = again(norm, gradient.level - 2);
            Step pool = step(reader.op, gradient.level - 1, List.of(Operand.of(source)));
            reread(gradient, pooled, pool.outputs.get(0));
          }
        }
      }
    }
  }

  /** Joins a gradient with the recomputation of its input, if the backend has that in one. */
  private boolean fuse(Step norm, Step gradient) {
    BatchNormRelu of = (BatchNormRelu) norm.op;
    Operand x = gradient.inputs.get(0);
    if (!x.equals(Operand.of(norm.outputs.get(0)))) {
      return false;
    }
    Conv2dBackwardWeight op = (Conv2dBackwardWeight) gradient.op;
    var fused =
        new BatchNormReluConv2dBackwardWeight(
            of.epsilon(),
            of.channels(),
            op.stride(),
            op.padding(),
            op.kernelHeight(),
            op.kernelWidth());
    List<Operand> inputs = againInputs(norm);
    inputs.add(gradient.inputs.get(1));
    List<TensorSpec> specs = inputs.stream().map(Operand::spec).toList();
    if (!backend.supports(fused, specs).ok()) {
      return false;
    }
    Step step = new Step(fused, gradient.layer, gradient.level, inputs, fused.infer(specs));
    graph.replace(List.of(gradient), step, Map.of(gradient.outputs.get(0), step.outputs.get(0)));
    return true;
  }

  /**
   * Leaves nothing of a norm but its statistics where the only convolution that reads it can
   * normalise its own input.
   */
  private void split(Step norm) {
    BatchNormRelu of = (BatchNormRelu) norm.op;
    Value y = norm.outputs.get(0);
    Step reader = graph.onlyReader(y);
    if (reader == null || !reader.inputs.get(0).equals(Operand.of(y))) {
      return;
    }
    BatchNormReluConv2d op;
    if (reader.op instanceof Conv2d c) {
      op = new BatchNormReluConv2d(of.epsilon(), of.channels(), c.stride(), c.padding(), false);
    } else if (reader.op instanceof Conv2dEpilogue c && !c.norm() && !c.relu()) {
      op = new BatchNormReluConv2d(of.epsilon(), of.channels(), c.stride(), c.padding(), true);
    } else {
      return;
    }
    List<Operand> inputs = againInputs(norm);
    inputs.addAll(reader.inputs.subList(1, reader.inputs.size()));
    BatchNormStatistics alone = new BatchNormStatistics(of.epsilon());
    List<TensorSpec> specs = inputs.stream().map(Operand::spec).toList();
    List<TensorSpec> normSpecs = specs.subList(0, norm.inputs.size());
    if (!backend.supports(op, specs).ok() || !backend.supports(alone, normSpecs).ok()) {
      return;
    }
    Step statistics =
        new Step(alone, norm.layer, norm.level, List.copyOf(norm.inputs), alone.infer(normSpecs));
    graph.replace(
        List.of(norm),
        statistics,
        Map.of(
            norm.outputs.get(1), statistics.outputs.get(0),
            norm.outputs.get(2), statistics.outputs.get(1)));
    inputs.set(norm.inputs.size(), Operand.of(statistics.outputs.get(0)));
    inputs.set(norm.inputs.size() + 1, Operand.of(statistics.outputs.get(1)));
    Step fused = new Step(op, reader.layer, reader.level, inputs, op.infer(specs));
    graph.replace(List.of(reader), fused, Map.of(reader.outputs.get(0), fused.outputs.get(0)));
  }

  private static BatchNormInferenceRelu recomputing(Step norm) {
    BatchNormRelu op = (BatchNormRelu) norm.op;
    return new BatchNormInferenceRelu(op.epsilon(), op.channels());
  }

  private static List<Operand> againInputs(Step norm) {
    List<Operand> inputs = new ArrayList<>(norm.inputs);
    inputs.add(Operand.of(norm.outputs.get(1)));
    inputs.add(Operand.of(norm.outputs.get(2)));
    return inputs;
  }

  private static List<TensorSpec> againSpecs(Step norm) {
    return againInputs(norm).stream().map(Operand::spec).toList();
  }

  /** The step's y, computed anew late in the plan. */
  private Value again(Step norm, int level) {
    return step(recomputing(norm), level, againInputs(norm)).outputs.get(0);
  }

  private Step step(Op op, int level, List<Operand> inputs) {
    List<TensorSpec> specs = inputs.stream().map(Operand::spec).toList();
    Step step = new Step(op, null, level, inputs, op.infer(specs));
    graph.steps.add(step);
    return step;
  }

  private static void reread(Step reader, Value from, Value to) {
    reader.inputs.replaceAll(in -> in.value() == from ? new Operand(to, in.spec()) : in);
    from.readers.removeIf(s -> s == reader);
    to.readers.add(reader);
  }
}
