package io.earlybird.backend.cpu;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.ConvolutionExtents;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Support;
import io.earlybird.backend.cpu.OwnNormProducts.Way;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.BatchNormReluConv2d;
import io.earlybird.tensor.op.BatchNormReluConv2dBackward;
import io.earlybird.tensor.op.BatchNormReluConv2dBackwardWeight;
import io.earlybird.tensor.op.NormProductOp;
import io.earlybird.tensor.op.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

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
  static TensorSpec made(KernelRequest request) {
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
    boolean direct = pointwise || element == DType.BF16 && CpuLibrary.hasAmx();
    List<Candidate> all = new ArrayList<>();
    if (has && (direct || Winograd.isOn()) && (asExact || isLarge(request, product, pointwise))) {
      all.add(OwnNormProducts.candidate(request, Way.of(element)));
      if (element == DType.F32 && Winograd.fits4x4(ConvolutionExtents.of(product))) {
        all.add(OwnNormProducts.candidate(request, Way.F32_4X4));
      }
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

  /**
   * Whether own code may round more; sums of 1x1 kernels round no more than those of single ops.
   */
  private static boolean isLarge(KernelRequest request, KernelRequest product, boolean pointwise) {
    return pointwise
        ? ProductKernels.isLarge(product, request.inputs().get(0))
        : ProductKernels.isLarge(product);
  }

  /** Whether own code selects channels: only with AVX-512, whose blocks are the largest. */
  static boolean selects() {
    return NativeKernels.eb_conv2d_block() == SELECTING_BLOCK;
  }
}
