package io.earlybird.backend.cpu;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Slice;
import io.earlybird.tensor.op.Conv2dEpilogue;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;

/**
 * A convolution with an epilogue: computes the norm's scales anew in scratch memory, since gamma
 * and variance may have changed, and runs a product on x, w, mean, scale, beta, the residual and
 * the zero of the ReLU, as far as there are any.
 */
final class EpilogueKernel implements Kernel {
  private static final int GAMMA = 2;
  private static final int BETA = 3;
  private static final int MEAN = 4;
  private static final int VARIANCE = 5;

  /** Which operand of the product the residual is, after mean, scale and beta. */
  private static final int AFTER_VECTORS = 5;

  private final KernelRequest request;
  private final Conv2dEpilogue op;
  private final Kernel product;
  private final boolean slope;
  private final long channels;
  private final long own;

  /**
   * Wraps a product.
   *
   * @param slope whether the product reads the ReLU's zero as its last operand
   */
  private EpilogueKernel(KernelRequest request, Kernel product, boolean slope) {
    this.request = request;
    this.op = (Conv2dEpilogue) request.op();
    this.product = product;
    this.slope = slope;
    this.channels = request.inputs().get(1).shape().dim(0);
    this.own =
        (op.norm() ? Backend.aligned(channels * Float.BYTES) : 0) + (slope ? Backend.ALIGNMENT : 0);
  }

  /** A way to compute the product as a way to compute the whole op. */
  static Candidate around(KernelRequest request, Candidate product, boolean slope) {
    List<Form> forms = new ArrayList<>(inputForms(request, product.forms()));
    forms.add(product.forms().get(product.forms().size() - 1));
    return new Candidate(
        product.name(),
        product.implementation(),
        forms,
        () -> new EpilogueKernel(request, product.kernel().get(), slope));
  }

  /** The op's operands: those of the norm are plain, the others as the product wants them. */
  private static List<Form> inputForms(KernelRequest request, List<Form> product) {
    Conv2dEpilogue op = (Conv2dEpilogue) request.op();
    List<Form> forms = new ArrayList<>(product.subList(0, GAMMA));
    if (op.norm()) {
      request.inputs().subList(GAMMA, VARIANCE + 1).forEach(spec -> forms.add(Form.plain(spec)));
    }
    if (op.add()) {
      forms.add(product.get(op.norm() ? AFTER_VECTORS : GAMMA));
    }
    return forms;
  }

  @Override
  public List<Form> inputForms() {
    return inputForms(request, product.inputForms());
  }

  @Override
  public List<Form> outputForms() {
    return product.outputForms();
  }

  @Override
  public long scratchBytes() {
    return own + product.scratchBytes();
  }

  @Override
  public String choice() {
    return product.choice();
  }

  @Override
  public Launch bind(List<Slice> inputs, List<Slice> outputs, Slice scratch) {
    List<Slice> operands = new ArrayList<>(inputs.subList(0, GAMMA));
    Launch prepare = () -> {};
    if (op.norm()) {
      Slice scale = new Slice(scratch.memory(), scratch.offset(), channels * Float.BYTES);
      operands.addAll(List.of(inputs.get(MEAN), scale, inputs.get(BETA)));
      prepare = scales(inputs, CpuMemory.floats(scale));
    }
    if (op.add()) {
      operands.add(inputs.get(op.residual()));
    }
    if (slope) {
      long at = scratch.offset() + own - Backend.ALIGNMENT;
      Slice zero = new Slice(scratch.memory(), at, Float.BYTES);
      operands.add(zero);
      FloatPointer number = CpuMemory.floats(zero);
      Launch scales = prepare;
      prepare =
          () -> {
            scales.run();
            number.put(0f);
          };
    }
    long rest = product.scratchBytes();
    Launch run =
        product.bind(
            operands,
            outputs,
            rest == 0 ? null : new Slice(scratch.memory(), scratch.offset() + own, rest));
    Launch before = prepare;
    return () -> {
      before.run();
      run.run();
    };
  }

  private Launch scales(List<Slice> inputs, FloatPointer scale) {
    FloatPointer gamma = CpuMemory.floats(inputs.get(GAMMA));
    FloatPointer variance = CpuMemory.floats(inputs.get(VARIANCE));
    float epsilon = op.epsilon();
    return () -> {
      int status = NativeKernels.eb_batch_norm_scale_f32(gamma, variance, channels, epsilon, scale);
      if (status != NativeKernels.EB_OK) {
        throw new EarlybirdException(request.describe() + ": " + OwnKernel.explain(status));
      }
    };
  }

  @Override
  public void close() {
    product.close();
  }
}
