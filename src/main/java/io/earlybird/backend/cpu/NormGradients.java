package io.earlybird.backend.cpu;

import static io.earlybird.tensor.op.BatchNormReluConv2dBackward.DY;
import static io.earlybird.tensor.op.BatchNormReluConv2dBackward.OTHER;
import static io.earlybird.tensor.op.BatchNormReluConv2dBackward.W;

import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Support;
import io.earlybird.backend.cpu.NativeKernels.Conv2dShape;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.BatchNormReluConv2dBackward;
import io.earlybird.tensor.op.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.stream.Stream;

/**
 * All gradients of a 1x1 convolution of what batch norm and ReLU make: by own code in two passes
 * over x, or apart, by one kernel for each of three.
 */
final class NormGradients implements KernelFactory {
  /** Own code keeps so many weights' sums several times, which should fit into the caches. */
  private static final long MOST_WEIGHTS = 1 << 16;

  /**
   * Where convolutions have as many results as x has channels, own code computes too much twice.
   */
  @Override
  public Support supports(Op op, List<TensorSpec> inputs) {
    var joined = (BatchNormReluConv2dBackward) op;
    boolean floats = inputs.stream().allMatch(t -> t.dtype() == DType.F32 && t.size() > 0);
    long channels = inputs.get(1).size();
    long out = inputs.get(W).shape().dim(0);
    return floats && out < channels && out * channels <= MOST_WEIGHTS
        ? ChannelKernels.supports(joined.weightGradient().norm(), inputs)
        : Support.no(op + " on " + inputs + ": only f32, and fewer results than x has channels");
  }

  @Override
  public boolean joins(Op op, List<TensorSpec> inputs, CpuBackend backend) {
    DType element = backend.activations();
    List<Form> available = new ArrayList<>();
    inputs.forEach(
        in -> available.add(Form.plain(in, in.shape().rank() == 1 ? DType.F32 : element)));
    available.set(W, null);
    KernelRequest request = new KernelRequest(op, inputs, op.infer(inputs), available);
    KernelRequest product = ApartGradients.inputGradient(request, element);
    List<Candidate> candidates = new ArrayList<>();
    if (element == DType.F32
        || (CpuLibrary.hasBf16Products() && ProductKernels.isLarge(product, inputs.get(0)))) {
      candidates.add(own(request, element));
    }
    candidates.add(ApartGradients.of(request, backend));
    try (Kernel best =
        backend.choose(request, candidates, ProductKernels.isWorthMeasuring(product))) {
      return CpuBackend.isOwn(best.choice());
    }
  }

  @Override
  public Kernel prepare(KernelRequest request, CpuBackend backend) {
    DType element = backend.activations();
    boolean has = element == DType.F32 || CpuLibrary.hasBf16Products();
    Candidate way = has ? own(request, element) : ApartGradients.of(request, backend);
    return way.kernel().get();
  }

  /** By own code. */
  static Candidate own(KernelRequest request, DType element) {
    var op = (BatchNormReluConv2dBackward) request.op();
    TensorSpec w = request.inputs().get(W);
    List<Form> inputs = request.plainInputs(1, element);
    inputs.set(W, OwnConvolution.gradientForm(w));
    inputs.set(DY, Form.plain(request.inputs().get(DY), element));
    if (op.add()) {
      inputs.set(OTHER, Form.plain(request.inputs().get(OTHER), element));
    }
    List<Form> outputs = request.plainOutputs(element);
    outputs.set(outputs.size() - 1, OwnConvolution.gradientForm(w));
    boolean bf16 = element == DType.BF16;
    long channels = request.inputs().get(1).size();
    return new Candidate(
        OwnKernel.name(),
        OwnKernel.name(),
        Stream.concat(inputs.stream(), outputs.stream()).toList(),
        () -> {
          Conv2dShape shape = OwnConvolution.shape(made(request), w, 1, 0);
          long scratch =
              bf16
                  ? NativeKernels.eb_conv2d_norm_backward_bf16_scratch(shape, channels)
                  : NativeKernels.eb_conv2d_norm_backward_f32_scratch(shape, channels);
          return OwnKernel.of(
                  request,
                  inputs,
                  outputs,
                  b -> bf16 ? bf16(op, shape, request, b) : f32(op, shape, request, b))
              .withScratch(scratch)
              .owning(shape)
              .overwriting((output, input) -> output == 0 && (input == 0 || input == OTHER));
        });
  }

  /** What the convolution reads. */
  private static TensorSpec made(KernelRequest request) {
    var op = (BatchNormReluConv2dBackward) request.op();
    return op.weightGradient().norm().infer(request.inputs().subList(0, W)).get(0);
  }

  private static IntSupplier f32(
      BatchNormReluConv2dBackward op, Conv2dShape shape, KernelRequest request, Buffers b) {
    GivenNorm norm = GivenNorm.of(request, op.epsilon(), op.channels(), b);
    var x = b.in(0);
    var w = b.in(W);
    var dy = b.in(DY);
    var other = op.add() ? b.in(OTHER) : null;
    var dx = b.out(0);
    var dgamma = b.out(1);
    var dbeta = b.out(2);
    var dw = b.out(3);
    var room = b.room();
    return () ->
        NativeKernels.eb_conv2d_norm_backward_f32(
            shape, norm.struct(), x, w, dy, other, dx, dgamma, dbeta, dw, room);
  }

  private static IntSupplier bf16(
      BatchNormReluConv2dBackward op, Conv2dShape shape, KernelRequest request, Buffers b) {
    GivenNorm norm = GivenNorm.of(request, op.epsilon(), op.channels(), b);
    var x = b.shortsIn(0);
    var w = b.in(W);
    var dy = b.shortsIn(DY);
    var other = op.add() ? b.shortsIn(OTHER) : null;
    var dx = b.shortsOut(0);
    var dgamma = b.out(1);
    var dbeta = b.out(2);
    var dw = b.out(3);
    var room = b.room();
    return () ->
        NativeKernels.eb_conv2d_norm_backward_bf16(
            shape, norm.struct(), x, w, dy, other, dx, dgamma, dbeta, dw, room);
  }
}
