package io.earlybird.plan;

import io.earlybird.backend.Backend;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.format.NumberFormat;
import io.earlybird.tensor.op.ProductOp;
import io.earlybird.tensor.op.Quantize;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Chooses a kernel per step, and with it the physical forms; inserts a reorder wherever a kernel
 * wants another form than the one that exists. A variable without storage takes the form that its
 * first reader wants, so that weights live in the layout of the forward product.
 */
final class KernelSelection {
  private record Converted(Value value, Form form, TensorSpec spec) {}

  private final Backend backend;
  private final StateRegion state;
  private final Map<Value, Variable> inPlace;
  private final Map<Converted, Value> converted = new HashMap<>();
  private final List<Step> result = new ArrayList<>();
  private final Map<Variable, Form> adopted = new IdentityHashMap<>();

  KernelSelection(Backend backend, StateRegion state, Map<Value, Variable> inPlace) {
    this.backend = backend;
    this.state = state;
    this.inPlace = inPlace;
  }

  /** The steps with their kernels, reorders included; variables get their storage. */
  List<Step> run(StepGraph graph, List<Step> order) {
    graph.placeholders.values().forEach(v -> v.form = backend.defaultForm(v.spec));
    graph.variables.forEach((variable, value) -> value.form = state.formOf(variable));
    order.forEach(step -> choose(graph, step));
    graph.variables.forEach(
        (variable, value) -> {
          if (value.form == null) {
            adopt(value, backend.defaultForm(value.spec));
          }
        });
    state.allocate(adopted);
    graph.outputs.replaceAll((t, operand) -> inDefaultForm(operand));
    graph.assigns.replaceAll((variable, operand) -> withoutStateRead(operand));
    graph.assigns.forEach((variable, operand) -> store(graph.variables.get(variable), operand));
    return result;
  }

  private void choose(StepGraph graph, Step step) {
    List<Form> available = new ArrayList<>();
    for (Operand in : step.inputs) {
      Form form = in.value().form;
      boolean view = !in.spec().equals(in.value().spec);
      if (form == null && (view || !isTrained(in.value().variable))) {
        form = backend.defaultForm(in.value().spec);
        adopt(in.value(), form);
      }
      available.add(form);
    }
    step.kernel =
        backend.prepare(
            new KernelRequest(
                step.op,
                step.inputSpecs(),
                step.outputSpecs(),
                available,
                formats(step),
                isMultiplied(graph, step)));
    for (int i = 0; i < step.inputs.size(); i++) {
      Operand in = step.inputs.get(i);
      Form wanted = step.kernel.inputForms().get(i);
      if (in.value().form == null) {
        adopt(in.value(), backend.storedForm(in.value().spec, wanted));
      }
      if (!in.value().form.equals(wanted)) {
        step.inputs.set(i, convert(in, wanted, step));
      }
    }
    for (int i = 0; i < step.outputs.size(); i++) {
      step.outputs.get(i).form = step.kernel.outputForms().get(i);
    }
    result.add(step);
  }

  /** The number formats of operands that quantizers made; null for others. */
  private static List<NumberFormat> formats(Step step) {
    List<NumberFormat> formats = new ArrayList<>();
    for (Operand in : step.inputs) {
      boolean view = !in.spec().equals(in.value().spec);
      boolean rounded = in.value().producer != null && in.value().producer.op instanceof Quantize;
      formats.add(rounded && !view ? ((Quantize) in.value().producer.op).format() : null);
    }
    return formats;
  }

  /** Whether the step's first result is read by products alone. */
  private static boolean isMultiplied(StepGraph graph, Step step) {
    Value result = step.outputs.get(0);
    return !graph.isWanted(result)
        && !result.readers.isEmpty()
        && result.readers.stream().allMatch(r -> r.op instanceof ProductOp);
  }

  private static boolean isTrained(Variable variable) {
    return variable.kind() == Variable.Kind.PARAMETER || variable.kind() == Variable.Kind.MOMENTUM;
  }

  private void adopt(Value value, Form form) {
    value.form = form;
    adopted.put(value.variable, form);
  }

  private Operand convert(Operand in, Form wanted, Step reader) {
    boolean view = !in.spec().equals(in.value().spec);
    if (view && !in.value().form.isPlain()) {
      Form plain = backend.defaultForm(in.value().spec);
      in = new Operand(convert(Operand.of(in.value()), plain, null).value(), in.spec());
      if (plain.equals(wanted)) {
        return in;
      }
    }
    Operand source = in;
    Value target =
        converted.computeIfAbsent(
            new Converted(in.value(), wanted, in.spec()), k -> reorder(source, wanted));
    if (reader != null) {
      target.readers.add(reader);
    }
    return Operand.of(target);
  }

  private Value reorder(Operand in, Form wanted) {
    int level = in.value().producer == null ? 0 : in.value().producer.level;
    Step step = new Step(null, null, level, List.of(in), List.of(in.spec()));
    step.kernel = backend.prepareReorder(in.spec(), in.value().form, wanted);
    step.outputs.get(0).form = wanted;
    result.add(step);
    return step.outputs.get(0);
  }

  private Operand inDefaultForm(Operand in) {
    Form plain = backend.defaultForm(in.value().spec);
    if (in.value().form.equals(plain)) {
      return in;
    }
    Operand out = new Operand(convert(Operand.of(in.value()), plain, null).value(), in.spec());
    out.value().output = true;
    return out;
  }

  /** A copy of an old value that is assigned to a variable, taken before any final copy. */
  private Operand withoutStateRead(Operand in) {
    return in.value().home == Value.Home.STATE
        ? new Operand(reorder(Operand.of(in.value()), in.value().form), in.spec())
        : in;
  }

  /** Sees to it that the variable holds the value at the end: in place, or by a final copy. */
  private void store(Value old, Operand assigned) {
    Value value = assigned.value();
    Variable variable = old.variable;
    if (inPlace.get(value) == variable && value.form.equals(old.form) && mayWriteOver(value, old)) {
      value.home = Value.Home.STATE;
      value.variable = variable;
      return;
    }
    Value copy = reorder(assigned, old.form);
    copy.home = Value.Home.STATE;
    copy.variable = variable;
  }

  private static boolean mayWriteOver(Value value, Value old) {
    Step producer = value.producer;
    Kernel kernel = producer.kernel;
    int result = producer.outputs.indexOf(value);
    for (int i = 0; i < producer.inputs.size(); i++) {
      if (producer.inputs.get(i).value() == old && !kernel.mayOverwrite(result, i)) {
        return false;
      }
    }
    return true;
  }
}
