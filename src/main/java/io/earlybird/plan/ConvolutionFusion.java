package io.earlybird.plan;

import io.earlybird.backend.Backend;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Add;
import io.earlybird.tensor.op.BatchNormInference;
import io.earlybird.tensor.op.BatchNormInferenceRelu;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dEpilogue;
import io.earlybird.tensor.op.Op;
import io.earlybird.tensor.op.Relu;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Joins convolutions with what alone reads their results: batch norm with given statistics, the
 * addition of a residual, ReLU. Evaluation then passes over no activation but those that the
 * convolutions themselves read and write; in training, whose batch norms must see the whole batch
 * first, the addition remains.
 */
final class ConvolutionFusion {
  private final StepGraph graph;
  private final Backend backend;

  ConvolutionFusion(StepGraph graph, Backend backend) {
    this.graph = graph;
    this.backend = backend;
  }

  void run() {
    for (Step step : List.copyOf(graph.steps)) {
      if (step.op instanceof Conv2d) {
        new Chain(step).fuse();
      }
    }
  }

  /** A convolution and the steps that follow it. */
  private final class Chain {
    private final Step conv;
    private final List<Step> steps = new ArrayList<>();
    private Step norm;
    private Operand residual;
    private boolean relu;

    Chain(Step conv) {
      this.conv = conv;
      steps.add(conv);
    }

    void fuse() {
      takeNorm();
      takeResidual();
      takeRelu();
      // The longest chain that the backend has; a norm with its own ReLU is one step.
      if (steps.size() > 1) {
        replace();
      }
    }

    /** The only step that reads the last result, if nothing else wants it and it is read whole. */
    private Step next() {
      Value y = steps.get(steps.size() - 1).outputs.get(0);
      Step reader = graph.onlyReader(y);
      return reader != null && reader.inputs.contains(Operand.of(y)) ? reader : null;
    }

    private void takeNorm() {
      Step next = next();
      if (next == null || next.inputs.get(0).value() != conv.outputs.get(0)) {
        return;
      }
      boolean whole = next.op instanceof BatchNormInferenceRelu r && r.channels() == null;
      if (whole || next.op instanceof BatchNormInference) {
        norm = next;
        relu = whole;
        steps.add(next);
      }
    }

    private void takeResidual() {
      Step next = next();
      if (!relu && next != null && next.op instanceof Add) {
        Value y = steps.get(steps.size() - 1).outputs.get(0);
        residual = next.inputs.get(next.inputs.get(0).value() == y ? 1 : 0);
        steps.add(next);
      }
    }

    private void takeRelu() {
      Step next = next();
      if (!relu && steps.size() > 1 && next != null && next.op instanceof Relu) {
        relu = true;
        steps.add(next);
      }
    }

    private void replace() {
      List<Operand> inputs = new ArrayList<>(conv.inputs);
      if (norm != null) {
        inputs.addAll(norm.inputs.subList(1, norm.inputs.size()));
      }
      if (residual != null) {
        inputs.add(residual);
      }
      Conv2d c = (Conv2d) conv.op;
      Conv2dEpilogue op =
          new Conv2dEpilogue(
              c.stride(),
              c.padding(),
              norm != null,
              norm == null ? 0 : epsilon(norm.op),
              residual != null,
              relu);
      List<TensorSpec> specs = inputs.stream().map(Operand::spec).toList();
      if (!backend.supports(op, specs).ok()) {
        return;
      }
      int level = steps.stream().mapToInt(s -> s.level).max().orElseThrow();
      Step fused = new Step(op, conv.layer, level, inputs, op.infer(specs));
      Value last = steps.get(steps.size() - 1).outputs.get(0);
      graph.replace(steps, fused, Map.of(last, fused.outputs.get(0)));
    }
  }

  private static float epsilon(Op norm) {
    return norm instanceof BatchNormInferenceRelu r
        ? r.epsilon()
        : ((BatchNormInference) norm).epsilon();
  }
}
