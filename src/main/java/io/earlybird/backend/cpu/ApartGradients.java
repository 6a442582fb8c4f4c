package io.earlybird.backend.cpu;

import static io.earlybird.tensor.op.BatchNormReluConv2dBackward.DY;
import static io.earlybird.tensor.op.BatchNormReluConv2dBackward.OTHER;
import static io.earlybird.tensor.op.BatchNormReluConv2dBackward.W;

import io.earlybird.backend.Backend;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Slice;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.BatchNormReluConv2dBackward;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The gradient of a weight, then that of a convolution's input, into scratch memory, then those of
 * the norm that made it. Each kernel is chosen, and recorded, as if it stood alone.
 */
final class ApartGradients implements Kernel {
  private static final String NAME = "apart";

  /** No layout of a weight has blocks of more channels. */
  private static final int BLOCK = 64;

  private final BatchNormReluConv2dBackward op;
  private final Kernel weight;
  private final Kernel data;
  private final Kernel norm;
  private final Form between;
  private final long betweenBytes;

  private ApartGradients(KernelRequest request, CpuBackend backend) {
    op = (BatchNormReluConv2dBackward) request.op();
    DType element = backend.activations();
    List<TensorSpec> specs = request.inputs();
    List<TensorSpec> results = request.outputs();
    List<Form> available = new ArrayList<>(request.available());
    for (int image : op.add() ? new int[] {0, DY, OTHER} : new int[] {0, DY}) {
      available.set(image, Form.plain(specs.get(image), element));
    }
    weight =
        backend.prepare(
            new KernelRequest(
                op.weightGradient(),
                BatchNormReluConv2dBackward.weightOperands(specs),
                results.subList(3, 4),
                BatchNormReluConv2dBackward.weightOperands(available)));
    KernelRequest input = inputGradient(request, element);
    data = backend.prepare(input);
    between = data.outputForms().get(0);
    betweenBytes = Backend.aligned(between.bytes());
    norm =
        backend.prepare(
            new KernelRequest(
                op.normGradient(),
                op.normOperands(specs, input.outputs().get(0)),
                results.subList(0, 3),
                op.normOperands(available, between)));
  }

  /** The way to compute it apart; its kernels are prepared when it is. */
  static Candidate of(KernelRequest request, CpuBackend backend) {
    DType element = backend.activations();
    List<Form> forms = new ArrayList<>(request.plainInputs(1, element));
    forms.addAll(request.plainOutputs(element));
    TensorSpec w = request.inputs().get(W);
    TensorSpec widest = TensorSpec.f32(whole(w.shape().dim(0)), whole(w.shape().dim(1)), 1, 1);
    forms.addAll(List.of(Form.plain(widest), Form.plain(widest)));
    return new Candidate(NAME, NAME, forms, () -> new ApartGradients(request, backend));
  }

  private static int whole(int channels) {
    return (channels + BLOCK - 1) / BLOCK * BLOCK;
  }

  /** Asks for the gradient of the convolution's input. */
  static KernelRequest inputGradient(KernelRequest request, DType element) {
    var op = (BatchNormReluConv2dBackward) request.op();
    var product = op.inputGradient(request.inputs().get(0));
    List<TensorSpec> inputs = List.of(request.inputs().get(DY), request.inputs().get(W));
    List<Form> available =
        Arrays.asList(Form.plain(inputs.get(0), element), request.available().get(W));
    return new KernelRequest(product, inputs, product.infer(inputs), available);
  }

  @Override
  public List<Form> inputForms() {
    List<Form> forms = new ArrayList<>(weight.inputForms());
    forms.add(W, data.inputForms().get(1));
    if (op.add()) {
      forms.add(norm.inputForms().get(2));
    }
    return forms;
  }

  @Override
  public List<Form> outputForms() {
    List<Form> forms = new ArrayList<>(norm.outputForms());
    forms.addAll(weight.outputForms());
    return forms;
  }

  @Override
  public long scratchBytes() {
    long most = Math.max(weight.scratchBytes(), data.scratchBytes());
    return betweenBytes + Math.max(most, norm.scratchBytes());
  }

  @Override
  public boolean mayOverwrite(int output, int input) {
    return output == 0
        && ((input == 0 && norm.mayOverwrite(0, 0)) || (input == OTHER && norm.mayOverwrite(0, 2)));
  }

  @Override
  public String choice() {
    return NAME;
  }

  @Override
  public Launch bind(List<Slice> inputs, List<Slice> outputs, Slice scratch) {
    Slice d = new Slice(scratch.memory(), scratch.offset(), between.bytes());
    List<Launch> all =
        List.of(
            weight.bind(
                BatchNormReluConv2dBackward.weightOperands(inputs),
                outputs.subList(3, 4),
                room(scratch, weight)),
            data.bind(List.of(inputs.get(DY), inputs.get(W)), List.of(d), room(scratch, data)),
            norm.bind(op.normOperands(inputs, d), outputs.subList(0, 3), room(scratch, norm)));
    return () -> all.forEach(Launch::run);
  }

  private Slice room(Slice scratch, Kernel kernel) {
    long bytes = kernel.scratchBytes();
    return bytes == 0 ? null : new Slice(scratch.memory(), scratch.offset() + betweenBytes, bytes);
  }

  @Override
  public void close() {
    weight.close();
    data.close();
    norm.close();
  }
}
