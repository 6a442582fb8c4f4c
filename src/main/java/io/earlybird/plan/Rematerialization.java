package io.earlybird.plan;

import io.earlybird.backend.Backend;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.BatchNormInferenceRelu;
import io.earlybird.tensor.op.BatchNormRelu;
import io.earlybird.tensor.op.Conv2dBackwardWeight;
import io.earlybird.tensor.op.MaxPool2d;
import io.earlybird.tensor.op.Op;
import java.util.ArrayList;
import java.util.List;

/**
 * Computes inputs of convolutions again for their weight gradients instead of keeping them: batch
 * norm + ReLU (and max pooling) of the batch norm's input, which backward needs anyway. One tensor
 * per batch norm is kept instead of two, for one more pass over memory (Chen et al., "Training deep
 * nets with sublinear memory cost", 2016, where the cheap layers are recomputed).
 */
final class Rematerialization {
  private final StepGraph graph;
  private final Backend backend;
  private final InputNorms norms;

  Rematerialization(StepGraph graph, Backend backend) {
    this.graph = graph;
    this.backend = backend;
    this.norms = new InputNorms(graph, backend);
  }

  void run() {
    for (Step norm : List.copyOf(graph.steps)) {
      if (norm.op instanceof BatchNormRelu && !norm.outputs.get(0).output) {
        recompute(norm);
        norms.split(norm);
      }
    }
    norms.fuseGradients();
  }

  private void recompute(Step norm) {
    if (!backend.supports(recomputing(norm), againSpecs(norm)).ok()) {
      return;
    }
    Value y = norm.outputs.get(0);
    for (Step reader : List.copyOf(y.readers)) {
      if (reader.op instanceof Conv2dBackwardWeight) {
        if (!norms.fuseGradient(norm, reader)) {
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

  private static BatchNormInferenceRelu recomputing(Step norm) {
    BatchNormRelu op = (BatchNormRelu) norm.op;
    return new BatchNormInferenceRelu(op.epsilon(), op.channels());
  }

  /** The operands of a norm with the statistics that it made. */
  static List<Operand> againInputs(Step norm) {
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
