package io.earlybird.backend.cpu;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Support;
import io.earlybird.backend.cpu.NativeKernels.Conv2dShape;
import io.earlybird.backend.cpu.NativeKernels.InputNorm;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.BatchNormReluConv2d;
import io.earlybird.tensor.op.BatchNormReluConv2dBackward;
import io.earlybird.tensor.op.BatchNormReluConv2dBackwardWeight;
import io.earlybird.tensor.op.Conv2dEpilogue;
import io.earlybird.tensor.op.NormProductOp;
import io.earlybird.tensor.op.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;
import java.util.stream.Stream;

/**
 * Products of what batch norm and ReLU make: by own code, where they do while it packs operands, or
 * apart, by one kernel after the other.
 */
final class NormProducts {
  private static final int FIRST = NormProductOp.NORM_OPERANDS;

  private static final int SELECTING_BLOCK = 32;

  private NormProducts() {}

  /** Adds the factories. */
  static void register(Map<Class<? extends Op>, KernelFactory> factories) {
    factories.put(BatchNormReluConv2d.class, new Factory());
    factories.put(BatchNormReluConv2dBackwardWeight.class, new Factory());
    factories.put(BatchNormReluConv2dBackward.class, new NormGradients());
  }

  /** For the kernel sizes, strides and paddings that own code has. */
  private record Factory() implements KernelFactory {
    @Override
    public Support supports(Op op, List<TensorSpec> inputs) {
      boolean floats = inputs.stream().allMatch(t -> t.dtype() == DType.F32 && t.size() > 0);
      Window window = Window.of(op, inputs);
      boolean all = ((NormProductOp) op).channels() == null;
      return floats && (window.isPointwise() || (all && window.is3x3()))
          ? ChannelKernels.supports(((NormProductOp) op).norm(), inputs)
          : Support.no(op + " on " + inputs + ": only f32 and 1x1 or 3x3 of stride 1");
    }

    @Override
    public Kernel prepare(KernelRequest request, CpuBackend backend) {
      List<Candidate> candidates = candidates(request, backend);
      return backend.choose(
          request, candidates, ProductKernels.isWorthMeasuring(product(request, backend)));
    }
  }

  /** How a convolution's kernel moves. */
  private record Window(int height, int width, int stride, int padding) {
    static Window of(Op op, List<TensorSpec> inputs) {
      if (op instanceof BatchNormReluConv2d c) {
        var w = inputs.get(FIRST).shape();
        return new Window(w.dim(2), w.dim(3), c.stride(), c.padding());
      }
      var c = (BatchNormReluConv2dBackwardWeight) op;
      return new Window(c.kernelHeight(), c.kernelWidth(), c.stride(), c.padding());
    }

    boolean isPointwise() {
      return height == 1 && width == 1 && stride == 1 && padding == 0;
    }

    boolean is3x3() {
      return height == 3 && width == 3 && stride == 1 && padding == 1;
    }
  }

  private static KernelRequest norm(KernelRequest request) {
    return new KernelRequest(
        ((NormProductOp) request.op()).norm(),
        request.inputs().subList(0, FIRST),
        List.of(made(request)),
        request.available().subList(0, FIRST));
  }

  /** What the norm makes. */
  private static TensorSpec made(KernelRequest request) {
    return ((NormProductOp) request.op()).norm().infer(request.inputs().subList(0, FIRST)).get(0);
  }

  private static KernelRequest product(KernelRequest request, CpuBackend backend) {
    int end = request.inputs().size();
    TensorSpec made = made(request);
    List<TensorSpec> inputs = new ArrayList<>(request.inputs().subList(FIRST, end));
    List<Form> available = new ArrayList<>(request.available().subList(FIRST, end));
    inputs.add(0, made);
    available.add(0, Form.plain(made, backend.activations()));
    return new KernelRequest(
        ((NormProductOp) request.op()).product(), inputs, request.outputs(), available);
  }

  /**
   * The ways to compute it: by own code, which rounds more than single ops do if it multiplies
   * less, or if it rounds weights to bf16 by itself, and apart.
   */
  static List<Candidate> candidates(KernelRequest request, CpuBackend backend) {
    DType element = backend.activations();
    KernelRequest product = product(request, backend);
    boolean pointwise = Window.of(request.op(), request.inputs()).isPointwise();
    boolean has =
        (element == DType.F32 || CpuLibrary.hasBf16Products())
            && (((NormProductOp) request.op()).channels() == null || selects());
    boolean asExact = element == DType.F32 && pointwise;
    List<Candidate> all = new ArrayList<>();
    if (has
        && (pointwise || OwnConvolution.mayUseWinograd())
        && (asExact || ProductKernels.isLarge(product))) {
      all.add(own(request, element));
    }
    KernelRequest norm = norm(request);
    for (Candidate candidate : ProductKernels.candidates(product, backend)) {
      // Plain, but perhaps of fp32 numbers where nothing multiplies bf16 ones.
      Form read = candidate.forms().get(0);
      if (read.isPlain()) {
        all.add(ApartKernel.around(norm, read.element(), candidate));
      }
    }
    if (all.isEmpty()) {
      throw new EarlybirdException("no kernel for " + request.op() + " on " + request.inputs());
    }
    return all;
  }

  /** Whether own code selects channels: only with AVX-512, whose blocks are the largest. */
  static boolean selects() {
    return NativeKernels.eb_conv2d_block() == SELECTING_BLOCK;
  }

  /** By own code. */
  static Candidate own(KernelRequest request, DType element) {
    return request.op() instanceof BatchNormReluConv2d c
        ? forward(request, c, element)
        : backwardWeight(request, (BatchNormReluConv2dBackwardWeight) request.op(), element);
  }

  private static Candidate forward(KernelRequest request, BatchNormReluConv2d op, DType element) {
    TensorSpec w = request.inputs().get(FIRST);
    List<Form> inputs = request.plainInputs(1, element);
    inputs.set(FIRST, OwnConvolution.gradientForm(w));
    After after = After.of(op);
    if (after.add) {
      inputs.set(inputs.size() - 1, Form.plain(request.outputs().get(0), element));
    }
    List<Form> outputs = request.plainOutputs(element);
    boolean bf16 = element == DType.BF16;
    return candidate(
        request,
        inputs,
        outputs,
        OwnConvolution.shape(made(request), w, op.stride(), op.padding()),
        bf16
            ? NativeKernels::eb_conv2d_norm_bf16_scratch
            : NativeKernels::eb_conv2d_norm_f32_scratch,
        (s, norm, b) -> forward(bf16, s, norm, after, b));
  }

  private static Candidate backwardWeight(
      KernelRequest request, BatchNormReluConv2dBackwardWeight op, DType element) {
    TensorSpec w = request.outputs().get(0);
    List<Form> inputs = request.plainInputs(1, element);
    inputs.set(FIRST, Form.plain(request.inputs().get(FIRST), element));
    List<Form> outputs = List.of(OwnConvolution.gradientForm(w));
    boolean bf16 = element == DType.BF16;
    return candidate(
        request,
        inputs,
        outputs,
        OwnConvolution.shape(made(request), w, op.stride(), op.padding()),
        bf16
            ? NativeKernels::eb_conv2d_norm_backward_weight_bf16_scratch
            : NativeKernels::eb_conv2d_norm_backward_weight_f32_scratch,
        (s, norm, b) -> backwardWeight(bf16, s, norm, b));
  }

  /** Bytes of scratch for a shape and so many channels of x. */
  @FunctionalInterface
  private interface Room {
    long bytes(Conv2dShape shape, long channels);
  }

  /** Makes the call on a convolution's shape, what is known of the norm, and the buffers. */
  @FunctionalInterface
  private interface Call {
    IntSupplier bind(Conv2dShape shape, GivenNorm norm, Buffers buffers);
  }

  private static Candidate candidate(
      KernelRequest request,
      List<Form> inputs,
      List<Form> outputs,
      Conv2dShape shape,
      Room room,
      Call call) {
    long channels = request.inputs().get(1).size();
    return new Candidate(
        OwnKernel.name(),
        OwnKernel.name(),
        Stream.concat(inputs.stream(), outputs.stream()).toList(),
        () ->
            OwnKernel.of(request, inputs, outputs, b -> call.bind(shape, norm(request, b), b))
                .withScratch(room.bytes(shape, channels))
                .owning(shape));
  }

  private static GivenNorm norm(KernelRequest request, Buffers b) {
    NormProductOp op = (NormProductOp) request.op();
    return GivenNorm.of(request, op.epsilon(), op.channels(), b);
  }

  /** What follows a convolution. */
  private record After(boolean norm, float epsilon, boolean add, boolean relu) {
    static After of(BatchNormReluConv2d op) {
      return op.product() instanceof Conv2dEpilogue c
          ? new After(c.norm(), c.epsilon(), c.add(), c.relu())
          : new After(false, 0, false, false);
    }

    /** Its norm, whose operands come after the weight; null without one. */
    InputNorm struct(Buffers b) {
      return norm
          ? new InputNorm()
              .gamma(b.in(FIRST + 1))
              .beta(b.in(FIRST + 2))
              .mean(b.in(FIRST + 3))
              .variance(b.in(FIRST + 4))
              .selected(null)
              .channels(b.inputs().get(FIRST + 1).bytes() / Float.BYTES)
              .epsilon(epsilon)
          : null;
    }

    int reluFlag() {
      return relu ? 1 : 0;
    }
  }

  private static IntSupplier forward(
      boolean bf16, Conv2dShape shape, GivenNorm norm, After after, Buffers b) {
    var w = b.in(FIRST);
    var then = after.struct(b);
    int last = b.inputs().size() - 1;
    int relu = after.reluFlag();
    var room = b.room();
    if (bf16) {
      var x = b.shortsIn(0);
      var residual = after.add ? b.shortsIn(last) : null;
      var y = b.shortsOut(0);
      return () ->
          NativeKernels.eb_conv2d_norm_bf16(
              shape, norm.struct(), x, w, then, residual, relu, y, room);
    }
    var x = b.in(0);
    var residual = after.add ? b.in(last) : null;
    var y = b.out(0);
    return () ->
        NativeKernels.eb_conv2d_norm_f32(shape, norm.struct(), x, w, then, residual, relu, y, room);
  }

  private static IntSupplier backwardWeight(
      boolean bf16, Conv2dShape shape, GivenNorm norm, Buffers b) {
    var dw = b.out(0);
    var room = b.room();
    if (bf16) {
      var x = b.shortsIn(0);
      var dy = b.shortsIn(FIRST);
      return () ->
          NativeKernels.eb_conv2d_norm_backward_weight_bf16(shape, norm.struct(), x, dy, dw, room);
    }
    var x = b.in(0);
    var dy = b.in(FIRST);
    return () ->
        NativeKernels.eb_conv2d_norm_backward_weight_f32(shape, norm.struct(), x, dy, dw, room);
  }
}
