package io.earlybird.plan;

import io.earlybird.backend.Kernel;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Op;
import java.util.ArrayList;
import java.util.List;

/** One kernel launch of a plan. {@code op} is null for reorders, which only plans know. */
final class Step {
  final Op op;
  final String layer;
  final int level;
  final List<Operand> inputs;
  final List<Value> outputs = new ArrayList<>();
  Kernel kernel;

  Step(Op op, String layer, int level, List<Operand> inputs, List<TensorSpec> results) {
    this.op = op;
    this.layer = layer;
    this.level = level;
    this.inputs = new ArrayList<>(inputs);
    for (TensorSpec spec : results) {
      outputs.add(new Value(spec, this, Value.Home.SCRATCH));
    }
    inputs.forEach(in -> in.value().readers.add(this));
  }

  boolean reads(Value value) {
    return inputs.stream().anyMatch(in -> in.value() == value);
  }

  List<TensorSpec> inputSpecs() {
    return inputs.stream().map(Operand::spec).toList();
  }

  List<TensorSpec> outputSpecs() {
    return outputs.stream().map(v -> v.spec).toList();
  }

  String name() {
    return op == null ? "Reorder" : op.name();
  }
}
