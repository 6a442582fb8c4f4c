package io.earlybird.plan;

import io.earlybird.backend.Backend;
import io.earlybird.backend.Support;
import io.earlybird.tensor.Assign;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.op.FusedOp;
import io.earlybird.tensor.op.Placeholder;
import io.earlybird.tensor.op.ReadVariable;
import io.earlybird.tensor.op.ViewOp;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The part of a lazy graph that a plan needs, as steps and stored values that rewrites may change.
 * View ops become views; fused ops that the backend lacks are taken apart.
 */
final class StepGraph {
  private final Backend backend;
  private final Map<Tensor, Operand> operands = new IdentityHashMap<>();
  final List<Step> steps = new ArrayList<>();
  final Map<Variable, Value> variables = new LinkedHashMap<>();
  final Map<Tensor, Value> placeholders = new LinkedHashMap<>();
  final Map<Tensor, Operand> outputs = new LinkedHashMap<>();
  final Map<Variable, Operand> assigns = new LinkedHashMap<>();

  StepGraph(Backend backend, List<Tensor> wanted, List<Assign> changes) {
    this.backend = backend;
    for (Tensor t : wanted) {
      Operand operand = operand(t);
      operand.value().output = true;
      outputs.put(t, operand);
    }
    for (Assign a : changes) {
      // A variable that is only written still belongs to the plan.
      variables.computeIfAbsent(a.variable(), StepGraph::variableValue);
      if (assigns.put(a.variable(), operand(a.value())) != null) {
        throw new IllegalArgumentException("variable " + a.variable() + " is assigned twice");
      }
    }
  }

  /** The stored value behind a tensor, adding whatever steps it needs. */
  private Operand operand(Tensor wanted) {
    Deque<Node> stack = new ArrayDeque<>();
    stack.push(wanted.node());
    while (!stack.isEmpty()) {
      Node node = stack.peek();
      if (operands.containsKey(node.output(0))) {
        stack.pop();
        continue;
      }
      boolean ready = true;
      for (Tensor in : node.inputs()) {
        if (!operands.containsKey(in)) {
          stack.push(in.node());
          ready = false;
        }
      }
      if (ready) {
        stack.pop();
        add(node);
      }
    }
    return operands.get(wanted);
  }

  private void add(Node node) {
    Tensor first = node.output(0);
    if (node.op() instanceof ReadVariable read) {
      Value v = variables.computeIfAbsent(read.variable(), StepGraph::variableValue);
      operands.put(first, Operand.of(v));
    } else if (node.op() instanceof Placeholder) {
      Value v = new Value(first.spec(), null, Value.Home.PLACEHOLDER);
      placeholders.put(first, v);
      operands.put(first, Operand.of(v));
    } else if (node.op() instanceof ViewOp view) {
      Operand in = operands.get(node.inputs().get(view.viewed()));
      operands.put(first, new Operand(in.value(), first.spec()));
    } else {
      addComputed(node);
    }
  }

  private void addComputed(Node node) {
    List<Operand> in = node.inputs().stream().map(operands::get).toList();
    Support support =
        backend.supports(node.op(), node.inputs().stream().map(Tensor::spec).toList());
    if (support.ok()) {
      Step step =
          new Step(
              node.op(),
              node.layer(),
              node.level(),
              in,
              node.outputs().stream().map(Tensor::spec).toList());
      steps.add(step);
      for (int i = 0; i < node.outputs().size(); i++) {
        operands.put(node.output(i), Operand.of(step.outputs.get(i)));
      }
    } else if (node.op() instanceof FusedOp fused) {
      List<Tensor> parts = fused.decompose(node.inputs());
      for (int i = 0; i < parts.size(); i++) {
        operands.put(node.output(i), operand(parts.get(i)));
      }
    } else {
      throw new UnsupportedOperationException(
          "backend "
              + backend.name()
              + " cannot run "
              + node.op()
              + " on "
              + node.inputs()
              + ": "
              + support.reason());
    }
  }

  private static Value variableValue(Variable v) {
    Value value = new Value(v.stored(), null, Value.Home.STATE);
    value.variable = v;
    return value;
  }

  /** The only step that reads the value, if nothing else wants it; else {@code null}. */
  Step onlyReader(Value value) {
    return value.readers.size() == 1 && !isWanted(value) ? value.readers.get(0) : null;
  }

  /** Whether the host or an assignment needs this value, besides the steps that read it. */
  boolean isWanted(Value value) {
    return value.output || assigns.values().stream().anyMatch(o -> o.value() == value);
  }

  /**
   * Puts {@code fused} in the place of the steps that it replaces. Results of the old steps that
   * are still needed become results of the new one.
   *
   * @param old the steps that vanish
   * @param fused the new step
   * @param replacements old value to new value
   */
  void replace(List<Step> old, Step fused, Map<Value, Value> replacements) {
    int at = steps.indexOf(old.get(old.size() - 1));
    steps.set(at, fused);
    steps.removeAll(old);
    for (Step s : old) {
      s.inputs.forEach(in -> in.value().readers.remove(s));
    }
    replacements.forEach(this::redirect);
  }

  private void redirect(Value from, Value to) {
    for (Step reader : List.copyOf(from.readers)) {
      reader.inputs.replaceAll(in -> in.value() == from ? new Operand(to, in.spec()) : in);
      to.readers.add(reader);
    }
    from.readers.clear();
    to.output |= from.output;
    outputs.replaceAll((t, o) -> o.value() == from ? new Operand(to, o.spec()) : o);
    assigns.replaceAll((v, o) -> o.value() == from ? new Operand(to, o.spec()) : o);
  }
}
