package io.earlybird.plan;

import io.earlybird.backend.Form;
import io.earlybird.plan.Work.Part;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Augment;
import io.earlybird.tensor.op.Op;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Counts the work of each step of a plan: operations by the rule of its op, bytes from the forms of
 * its operands and results. What a step is there for follows from its op and its neighbours: an
 * addition of gradients and a change of form belong to what they serve, and forward ops that run
 * within the backward pass, for it alone, are recomputation.
 */
final class StepWork {
  private final List<Step> steps;
  private final Map<Step, Part> parts = new IdentityHashMap<>();

  private StepWork(List<Step> steps) {
    this.steps = steps;
  }

  /** The work of each step, in their order. */
  static List<Work> of(List<Step> steps) {
    StepWork counter = new StepWork(steps);
    counter.assignParts();
    return steps.stream().map(counter::work).toList();
  }

  private void assignParts() {
    Map<Value, List<Step>> readers = new IdentityHashMap<>();
    for (Step s : steps) {
      boolean gradient =
          s.inputs.stream().anyMatch(in -> parts.get(in.value().producer) == Part.BACKWARD);
      Part own = s.op == null ? Part.OTHER : OpWork.part(s.op);
      parts.put(s, gradient && (own == Part.FORWARD || s.op == null) ? Part.BACKWARD : own);
      s.inputs.forEach(in -> readers.computeIfAbsent(in.value(), v -> new ArrayList<>()).add(s));
    }
    int firstGradient = 0;
    while (firstGradient < steps.size() && parts.get(steps.get(firstGradient)) != Part.BACKWARD) {
      firstGradient++;
    }
    for (int i = steps.size() - 1; i >= 0; i--) {
      Step s = steps.get(i);
      List<Part> served =
          s.outputs.stream()
              .flatMap(v -> readers.getOrDefault(v, List.of()).stream())
              .map(parts::get)
              .toList();
      boolean again =
          i > firstGradient
              && parts.get(s) == Part.FORWARD
              && !served.isEmpty()
              && served.stream().allMatch(p -> p == Part.BACKWARD);
      if (again) {
        parts.put(s, Part.BACKWARD);
      } else if (s.op == null && parts.get(s) == Part.OTHER && !served.isEmpty()) {
        parts.put(s, served.get(0));
      }
    }
  }

  private Work work(Step s) {
    List<TensorSpec> in = s.inputSpecs();
    List<TensorSpec> out = s.outputSpecs();
    List<Form> read = s.inputs.stream().map(o -> o.value().form).toList();
    List<Form> written = s.outputs.stream().map(v -> v.form).toList();
    long operations = s.op == null ? 0 : OpWork.operations(s.op, in, out);
    // The format of the largest operand: that of most operations.
    DType format =
        read.stream()
            .max(Comparator.comparingLong(Form::bytes))
            .orElseGet(() -> written.get(0))
            .element();
    return Work.of(parts.get(s), format, operations, bytesRead(s.op, in, read), bytes(written));
  }

  private static long bytesRead(Op op, List<TensorSpec> in, List<Form> forms) {
    if (op instanceof Augment augment) {
      // Of the resident data set a step reads one batch: pixels, labels and their order.
      TensorSpec images = in.get(0);
      long perImage =
          images.size() / images.shape().dim(0)
              + in.get(1).dtype().bytes()
              + in.get(2).dtype().bytes();
      return augment.batch() * perImage + bytes(forms.subList(3, forms.size()));
    }
    return bytes(forms);
  }

  private static long bytes(List<Form> forms) {
    return forms.stream().mapToLong(Form::bytes).sum();
  }
}
