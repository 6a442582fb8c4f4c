package io.earlybird.backend.cpu;

import io.earlybird.backend.Backend;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Slice;
import io.earlybird.tensor.DType;
import java.util.ArrayList;
import java.util.List;

/** Batch norm and ReLU into scratch memory, then a product of what they made. */
final class ApartKernel implements Kernel {
  private static final String PREFIX = "apart ";

  private final Kernel norm;
  private final Kernel product;
  private final Form made;
  private final long madeBytes;

  private ApartKernel(Kernel norm, Kernel product) {
    this.norm = norm;
    this.product = product;
    this.made = product.inputForms().get(0);
    this.madeBytes = Backend.aligned(made.bytes());
  }

  /**
   * A way to compute a product as a way to compute it of what a norm makes.
   *
   * @param norm asks for the norm with its ReLU
   * @param element type of activations, F32 or BF16
   */
  static Candidate around(KernelRequest norm, DType element, Candidate product) {
    List<Form> forms = new ArrayList<>(norm.plainInputs(1, element));
    forms.addAll(product.forms().subList(1, product.forms().size()));
    return new Candidate(
        PREFIX + product.name(),
        PREFIX + product.implementation(),
        forms,
        () ->
            new ApartKernel(BatchNormKernels.inferenceRelu(norm, element), product.kernel().get()));
  }

  @Override
  public List<Form> inputForms() {
    List<Form> forms = new ArrayList<>(norm.inputForms());
    forms.addAll(product.inputForms().subList(1, product.inputForms().size()));
    return forms;
  }

  @Override
  public List<Form> outputForms() {
    return product.outputForms();
  }

  @Override
  public long scratchBytes() {
    return madeBytes + Math.max(norm.scratchBytes(), product.scratchBytes());
  }

  @Override
  public String choice() {
    return PREFIX + product.choice();
  }

  @Override
  public Launch bind(List<Slice> inputs, List<Slice> outputs, Slice scratch) {
    Slice between = new Slice(scratch.memory(), scratch.offset(), made.bytes());
    int own = norm.inputForms().size();
    List<Slice> operands = new ArrayList<>(List.of(between));
    operands.addAll(inputs.subList(own, inputs.size()));
    Launch first = norm.bind(inputs.subList(0, own), List.of(between), room(scratch, norm));
    Launch second = product.bind(operands, outputs, room(scratch, product));
    return () -> {
      first.run();
      second.run();
    };
  }

  private Slice room(Slice scratch, Kernel kernel) {
    long bytes = kernel.scratchBytes();
    return bytes == 0 ? null : new Slice(scratch.memory(), scratch.offset() + madeBytes, bytes);
  }

  @Override
  public void close() {
    norm.close();
    product.close();
  }
}
