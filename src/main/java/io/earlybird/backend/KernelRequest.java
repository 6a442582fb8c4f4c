package io.earlybird.backend;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.format.NumberFormat;
import io.earlybird.tensor.op.Op;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What a plan asks a backend to prepare.
 *
 * @param op the op, never a leaf or a reshape
 * @param inputs logical operands
 * @param outputs logical results
 * @param available form in which each operand exists already, or {@code null} where the kernel may
 *     choose freely (a variable that has no storage yet)
 * @param formats number format to which each operand was rounded as it is, or {@code null} if that
 *     is not known
 * @param multiplied whether result 0 is nothing but an operand of convolutions and matrix products
 */
public record KernelRequest(
    Op op,
    List<TensorSpec> inputs,
    List<TensorSpec> outputs,
    List<Form> available,
    List<NumberFormat> formats,
    boolean multiplied) {
  /** A request for a result that anything may read, on operands of which only forms are known. */
  public KernelRequest(
      Op op, List<TensorSpec> inputs, List<TensorSpec> outputs, List<Form> available) {
    this(op, inputs, outputs, available, Collections.nCopies(inputs.size(), null), false);
  }

  private static final int DESCRIBED = 8;

  /**
   * The element type for the activations of a kernel: that in which they exist, fp32 if one does.
   *
   * @param count the first operands, which are activations
   * @param otherwise the type if none exists yet
   */
  public DType activations(int count, DType otherwise) {
    boolean any = false;
    for (Form form : available.subList(0, count)) {
      if (form != null && form.element() != DType.BF16) {
        return DType.F32;
      }
      any |= form != null;
    }
    return any ? DType.BF16 : otherwise;
  }

  /** Plain forms of the operands, of which the first ones are activations of an element type. */
  public List<Form> plainInputs(int activations, DType element) {
    List<Form> forms = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      TensorSpec spec = inputs.get(i);
      forms.add(i < activations ? Form.plain(spec, element) : Form.plain(spec));
    }
    return forms;
  }

  /** Plain forms of the results, of which the first one is of activations of an element type. */
  public List<Form> plainOutputs(DType element) {
    List<Form> forms = new ArrayList<>(outputs.stream().map(Form::plain).toList());
    forms.set(0, Form.plain(outputs.get(0), element));
    return forms;
  }

  /** The op and its first operands, for messages. */
  public String describe() {
    String operands =
        inputs.size() <= DESCRIBED
            ? inputs.toString()
            : inputs.subList(0, DESCRIBED) + " and " + (inputs.size() - DESCRIBED) + " more";
    return op + " on " + operands;
  }
}
