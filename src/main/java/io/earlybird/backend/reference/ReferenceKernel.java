package io.earlybird.backend.reference;

import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Slice;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Op;
import java.util.ArrayList;
import java.util.List;

/** A reference kernel prepared for one op on fixed shapes. */
final class ReferenceKernel implements Kernel {
  private final Op op;
  private final boolean single;
  private final List<TensorSpec> inputs;
  private final List<TensorSpec> outputs;
  private final List<Form> inputForms;
  private final List<Form> outputForms;

  ReferenceKernel(
      Op op, boolean single, List<TensorSpec> inputs, List<TensorSpec> outputs, Forms forms) {
    this.op = op;
    this.single = single;
    this.inputs = inputs;
    this.outputs = outputs;
    this.inputForms = inputs.stream().map(forms::of).toList();
    this.outputForms = outputs.stream().map(forms::of).toList();
  }

  /** How the backend stores tensors. */
  @FunctionalInterface
  interface Forms {
    Form of(TensorSpec spec);
  }

  @Override
  public List<Form> inputForms() {
    return inputForms;
  }

  @Override
  public List<Form> outputForms() {
    return outputForms;
  }

  @Override
  public boolean mayOverwrite(int output, int input) {
    return outputForms.get(output).equals(inputForms.get(input));
  }

  @Override
  public String choice() {
    return "reference";
  }

  @Override
  public Launch bind(List<Slice> in, List<Slice> out, Slice scratch) {
    Arguments arguments =
        new Arguments(
            operands(inputs, inputForms, in), operands(outputs, outputForms, out), single, false);
    OpKernel<Op> kernel = KernelTable.of(op);
    return () -> kernel.run(op, arguments);
  }

  private static List<Operand> operands(
      List<TensorSpec> specs, List<Form> forms, List<Slice> slices) {
    List<Operand> made = new ArrayList<>();
    for (int i = 0; i < specs.size(); i++) {
      made.add(
          new Operand(specs.get(i), forms.get(i).element(), ReferenceMemory.view(slices.get(i))));
    }
    return made;
  }
}
