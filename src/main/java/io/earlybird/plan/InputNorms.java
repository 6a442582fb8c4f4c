package io.earlybird.plan;

import io.earlybird.backend.Backend;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.BatchNormInferenceRelu;
import io.earlybird.tensor.op.BatchNormRelu;
import io.earlybird.tensor.op.BatchNormReluBackwardAdd;
import io.earlybird.tensor.op.BatchNormReluConv2d;
import io.earlybird.tensor.op.BatchNormReluConv2dBackward;
import io.earlybird.tensor.op.BatchNormReluConv2dBackwardWeight;
import io.earlybird.tensor.op.BatchNormStatistics;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardData;
import io.earlybird.tensor.op.Conv2dBackwardWeight;
import io.earlybird.tensor.op.Conv2dEpilogue;
import io.earlybird.tensor.op.FusedOp;
import io.earlybird.tensor.op.NormProductOp;
import io.earlybird.tensor.op.ProductOp;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Leaves batch norm and ReLU to the convolutions that read their results, and to the gradients of
 * their weights, where the backend can normalise a product's input.
 */
final class InputNorms {
  private final StepGraph graph;
  private final Backend backend;

  InputNorms(StepGraph graph, Backend backend) {
    this.graph = graph;
    this.backend = backend;
  }

  /** Joins every norm with given statistics and the only convolution that reads its result. */
  void fuseGiven() {
    for (Step norm : List.copyOf(graph.steps)) {
      Step reader = norm.op instanceof BatchNormInferenceRelu ? onlyConvolution(norm) : null;
      if (reader != null) {
        BatchNormInferenceRelu of = (BatchNormInferenceRelu) norm.op;
        var op = new BatchNormReluConv2d(of.epsilon(), of.channels(), (ProductOp) reader.op);
        if (replace(op, reader, norm.inputs)) {
          graph.steps.remove(norm);
          norm.inputs.forEach(in -> in.value().readers.remove(norm));
        }
      }
    }
  }

  /** Joins a weight gradient with what makes its input anew; returns whether the backend can. */
  boolean fuseGradient(Step norm, Step gradient) {
    BatchNormRelu of = (BatchNormRelu) norm.op;
    Conv2dBackwardWeight op = (Conv2dBackwardWeight) gradient.op;
    return gradient.inputs.get(0).equals(Operand.of(norm.outputs.get(0)))
        && replace(
            new BatchNormReluConv2dBackwardWeight(
                of.epsilon(),
                of.channels(),
                op.stride(),
                op.padding(),
                op.kernelHeight(),
                op.kernelWidth()),
            gradient,
            Rematerialization.againInputs(norm));
  }

  /** Joins all gradients of a convolution and of the norm that makes its input. */
  void fuseGradients() {
    for (Step weight : List.copyOf(graph.steps)) {
      if (weight.op instanceof BatchNormReluConv2dBackwardWeight op
          && op.kernelHeight() == 1
          && op.kernelWidth() == 1
          && op.stride() == 1
          && op.padding() == 0) {
        fuseGradients(weight, op);
      }
    }
  }

  private void fuseGradients(Step weight, BatchNormReluConv2dBackwardWeight op) {
    Operand dy = weight.inputs.get(NormProductOp.NORM_OPERANDS);
    for (Step data : List.copyOf(dy.value().readers)) {
      Step norm =
          data.op instanceof Conv2dBackwardData && data.inputs.get(0).equals(dy)
              ? graph.onlyReader(data.outputs.get(0))
              : null;
      boolean add = norm != null && norm.op instanceof BatchNormReluBackwardAdd;
      var joined = new BatchNormReluConv2dBackward(op.epsilon(), op.channels(), add);
      if (norm == null || !norm.op.equals(joined.normGradient())) {
        continue;
      }
      List<Operand> inputs = new ArrayList<>(weight.inputs);
      inputs.add(BatchNormReluConv2dBackward.W, data.inputs.get(1));
      if (add) {
        inputs.add(norm.inputs.get(2));
      }
      Operand d = Operand.of(data.outputs.get(0));
      List<TensorSpec> specs = inputs.stream().map(Operand::spec).toList();
      if (norm.inputs.equals(joined.normOperands(inputs, d)) && backend.joins(joined, specs)) {
        int level = Math.max(weight.level, Math.max(data.level, norm.level));
        Step fused = new Step(joined, norm.layer, level, inputs, joined.infer(specs));
        Map<Value, Value> results = Fusion.sameOutputs(norm, fused);
        results.put(weight.outputs.get(0), fused.outputs.get(norm.outputs.size()));
        graph.replace(List.of(weight, data, norm), fused, results);
        return;
      }
    }
  }

  /** Leaves nothing of a norm but its statistics where only one convolution reads its result. */
  void split(Step norm) {
    BatchNormRelu of = (BatchNormRelu) norm.op;
    BatchNormStatistics alone = new BatchNormStatistics(of.epsilon());
    List<TensorSpec> specs = norm.inputs.stream().map(Operand::spec).toList();
    Step reader = onlyConvolution(norm);
    if (reader == null || !backend.supports(alone, specs).ok()) {
      return;
    }
    var op = new BatchNormReluConv2d(of.epsilon(), of.channels(), (ProductOp) reader.op);
    if (replace(op, reader, Rematerialization.againInputs(norm))) {
      Step statistics =
          new Step(alone, norm.layer, norm.level, List.copyOf(norm.inputs), alone.infer(specs));
      graph.replace(
          List.of(norm),
          statistics,
          Map.of(
              norm.outputs.get(1), statistics.outputs.get(0),
              norm.outputs.get(2), statistics.outputs.get(1)));
    }
  }

  /** The only step that reads a norm's result, if it is a convolution of it. */
  private Step onlyConvolution(Step norm) {
    Value y = norm.outputs.get(0);
    Step reader = graph.onlyReader(y);
    boolean is =
        reader != null
            && (reader.op instanceof Conv2d || reader.op instanceof Conv2dEpilogue)
            && reader.inputs.get(0).equals(Operand.of(y));
    return is ? reader : null;
  }

  /** Replaces a product by one whose operand 0 a norm makes; returns whether the backend has it. */
  private boolean replace(FusedOp op, Step product, List<Operand> normInputs) {
    List<Operand> inputs = new ArrayList<>(normInputs);
    inputs.addAll(product.inputs.subList(1, product.inputs.size()));
    List<TensorSpec> specs = inputs.stream().map(Operand::spec).toList();
    if (!backend.supports(op, specs).ok()) {
      return false;
    }
    Step fused = new Step(op, product.layer, product.level, inputs, op.infer(specs));
    graph.replace(List.of(product), fused, Map.of(product.outputs.get(0), fused.outputs.get(0)));
    return true;
  }
}
