package io.earlybird.backend.cuda;

import static io.earlybird.backend.cuda.ConvolutionKernel.PREFIX;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.ConvolutionExtents;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Slice;
import io.earlybird.backend.cuda.CudnnConvolution.Algorithm;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * How cuDNN computes each convolution. The first time, the engines that its graph API proposes and
 * the algorithms of its older API, in both tensor orders, are measured and the fastest whole kernel
 * is taken; from then on, or if a record of an earlier run says so, it stays, because another
 * algorithm may sum in another order and give other bits.
 */
final class ConvolutionChoices {
  /** Workspace that the search may use. */
  private static final long MOST_WORKSPACE = 1L << 30;

  /** Engines of the graph API to measure; cuDNN proposes the likeliest first. */
  private static final int MOST_ENGINES = 5;

  private static final String NHWC = "nhwc";
  private static final String NCHW = "nchw";

  private final CudaBackend backend;
  private final Map<String, String> names;

  ConvolutionChoices(CudaBackend backend, Map<String, String> recorded) {
    this.backend = backend;
    this.names = new TreeMap<>(recorded);
  }

  Map<String, String> names() {
    return Map.copyOf(names);
  }

  void remember(Map<String, String> choices) {
    choices.forEach(names::putIfAbsent);
  }

  /** Prepares the kernel of choice. */
  Kernel choose(KernelRequest request) {
    ConvolutionExtents extents = ConvolutionExtents.of(request);
    ConvolutionTypes types = ConvolutionTypes.of(extents.product(), request, backend);
    String key =
        request.op()
            + " "
            + request.inputs()
            + " precision="
            + backend.options().precision()
            + (types.x() == types.y() && types.x() == backend.activations() ? "" : " " + types);
    String recorded = names.get(key);
    if (recorded != null) {
      return named(extents, types, recorded, key);
    }
    Kernel kernel = measure(extents, types);
    names.put(key, kernel.choice());
    return kernel;
  }

  private Kernel named(
      ConvolutionExtents extents, ConvolutionTypes types, String choice, String key) {
    String name = choice.startsWith(PREFIX) ? choice.substring(PREFIX.length()) : "";
    if (name.matches("(nhwc|nchw) \\d{1,3}")) {
      String[] words = name.split(" ");
      boolean channelsLast = words[0].equals(NHWC);
      return kernel(
          extents, channelsLast, Integer.parseInt(words[1]), older(extents, channelsLast));
    }
    Optional<Kernel> engine =
        CudnnGraph.isName(name) ? engine(extents, types, name) : Optional.empty();
    return engine.orElseThrow(
        () ->
            new EarlybirdException(
                "cuda: the recorded kernel \""
                    + choice
                    + "\" for "
                    + key
                    + " does not exist here"));
  }

  /**
   * The fastest kernel. The older API has one type for all tensors: where others are wanted, which
   * is how gradients of weights stay fp32, it only stands in.
   */
  private Kernel measure(ConvolutionExtents extents, ConvolutionTypes types) {
    List<Kernel> candidates = new ArrayList<>(engines(extents, types));
    boolean alike = types.equals(ConvolutionTypes.all(backend.activations()));
    if (alike || candidates.isEmpty()) {
      search(extents, true).ifPresent(candidates::add);
      search(extents, false).ifPresent(candidates::add);
    }
    if (candidates.isEmpty()) {
      throw new EarlybirdException(
          "cuda: cuDNN has no "
              + (backend.options().nondeterministic() ? "" : "deterministic ")
              + "algorithm for "
              + extents);
    }
    Kernel best = candidates.get(0);
    double bestMillis = Double.POSITIVE_INFINITY;
    for (Kernel candidate : candidates.size() == 1 ? List.<Kernel>of() : candidates) {
      double millis = millisOrNever(candidate);
      if (millis < bestMillis) {
        best = candidate;
        bestMillis = millis;
      }
    }
    Kernel taken = best;
    candidates.stream().filter(c -> c != taken).forEach(Kernel::close);
    return taken;
  }

  /** Kernels of the graph API. */
  private List<Kernel> engines(ConvolutionExtents extents, ConvolutionTypes types) {
    List<String> proposed;
    try (CudnnGraph graph = CudnnGraph.of(extents, types, backend)) {
      proposed = graph.engines();
    } catch (EarlybirdException noSuchConvolution) {
      return List.of();
    }
    List<Kernel> found = new ArrayList<>();
    for (String name : proposed) {
      if (found.size() < MOST_ENGINES) {
        engine(extents, types, name).ifPresent(found::add);
      }
    }
    return found;
  }

  private Optional<Kernel> engine(ConvolutionExtents extents, ConvolutionTypes types, String name) {
    CudnnGraph graph = CudnnGraph.of(extents, types, backend);
    if (graph.take(name) && graph.workspace() <= MOST_WORKSPACE) {
      return Optional.of(new ConvolutionKernel(extents, types, true, backend, graph));
    }
    graph.close();
    return Optional.empty();
  }

  /** The fastest kernel of the older API in one order. */
  private Optional<Kernel> search(ConvolutionExtents extents, boolean channelsLast) {
    CudnnConvolution convolution = older(extents, channelsLast);
    for (Algorithm a : algorithms(extents, convolution)) {
      if (a.deterministic() || backend.options().nondeterministic()) {
        return Optional.of(kernel(extents, channelsLast, a.number(), convolution));
      }
    }
    convolution.close();
    return Optional.empty();
  }

  private CudnnConvolution older(ConvolutionExtents extents, boolean channelsLast) {
    return new CudnnConvolution(extents, channelsLast, backend.activations(), backend);
  }

  private Kernel kernel(
      ConvolutionExtents extents,
      boolean channelsLast,
      int algorithm,
      CudnnConvolution convolution) {
    return new ConvolutionKernel(
        extents,
        ConvolutionTypes.all(backend.activations()),
        channelsLast,
        backend,
        new CudnnConvolution.Plan(convolution, channelsLast ? NHWC : NCHW, algorithm));
  }

  private List<Algorithm> algorithms(ConvolutionExtents extents, CudnnConvolution convolution) {
    List<Form> forms =
        Stream.of(extents.x(), extents.w(), extents.y())
            .map(spec -> Form.plain(spec, backend.activations()))
            .toList();
    long room = Math.min(MOST_WORKSPACE, backend.freeBytes() / 4);
    try (Buffers buffers = new Buffers(forms, room)) {
      return convolution.find(
          CudaMemory.pointer(buffers.slices.get(0)),
          CudaMemory.pointer(buffers.slices.get(1)),
          CudaMemory.pointer(buffers.slices.get(2)),
          CudaMemory.pointer(buffers.scratch),
          room);
    }
  }

  /** The same, infinite if cuDNN refuses to run what it proposed. */
  private double millisOrNever(Kernel kernel) {
    try {
      return millis(kernel);
    } catch (EarlybirdException refused) {
      return Double.POSITIVE_INFINITY;
    }
  }

  /** Time of a kernel on random operands. */
  private double millis(Kernel kernel) {
    List<Form> forms = new ArrayList<>(kernel.inputForms());
    forms.addAll(kernel.outputForms());
    try (Buffers buffers = new Buffers(forms, Math.max(1, kernel.scratchBytes()))) {
      int inputs = kernel.inputForms().size();
      return backend.millis(
          kernel.bind(
              buffers.slices.subList(0, inputs),
              buffers.slices.subList(inputs, forms.size()),
              buffers.scratch));
    }
  }

  /** Buffers full of random numbers: on zeros tensor cores run faster than on real data. */
  private final class Buffers implements AutoCloseable {
    private final Memory memory;
    private final List<Slice> slices = new ArrayList<>();
    private final Slice scratch;

    Buffers(List<Form> forms, long scratchBytes) {
      long bytes = 0;
      for (Form form : forms) {
        bytes = Backend.aligned(bytes) + form.bytes();
      }
      memory =
          backend.allocate(
              Backend.aligned(bytes) + scratchBytes, "choosing a convolution algorithm");
      long offset = 0;
      for (Form form : forms) {
        slices.add(new Slice(memory, offset, form.bytes()));
        offset = Backend.aligned(offset + form.bytes());
      }
      scratch = new Slice(memory, offset, scratchBytes);
      for (int i = 0; i < forms.size(); i++) {
        backend.randomize(slices.get(i), forms.get(i).element());
      }
    }

    @Override
    public void close() {
      memory.close();
    }
  }
}
