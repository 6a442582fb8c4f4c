package io.earlybird.backend.cuda;

import io.earlybird.EarlybirdException;
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
 * Which algorithm of cuDNN, in which tensor order, computes each convolution. The first time
 * cuDNN's own search measures its algorithms in both orders and the faster whole kernel is taken;
 * from then on, or if a record of an earlier run says so, it stays, because another algorithm may
 * sum in another order and give other bits.
 */
final class ConvolutionChoices {
  /** Workspace that the search may use. */
  private static final long MOST_WORKSPACE = 1L << 30;

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
    String key =
        request.op() + " " + request.inputs() + " precision=" + backend.options().precision();
    String recorded = names.get(key);
    if (recorded != null) {
      return named(extents, recorded, key);
    }
    Kernel kernel = measure(extents);
    names.put(key, kernel.choice());
    return kernel;
  }

  private Kernel named(ConvolutionExtents extents, String name, String key) {
    String[] words = name.split(" ");
    if (words.length != 3
        || !words[0].equals("cudnn")
        || !words[1].matches("nhwc|nchw")
        || !words[2].matches("\\d{1,3}")) {
      throw new EarlybirdException(
          "cuda: the recorded kernel \"" + name + "\" for " + key + " does not exist here");
    }
    boolean channelsLast = words[1].equals("nhwc");
    CudnnConvolution convolution = new CudnnConvolution(extents, channelsLast, backend);
    return new ConvolutionKernel(
        extents, channelsLast, Integer.parseInt(words[2]), backend, convolution);
  }

  /** The fastest kernel of both orders. */
  private Kernel measure(ConvolutionExtents extents) {
    Kernel best = null;
    double bestMillis = Double.POSITIVE_INFINITY;
    for (boolean channelsLast : new boolean[] {true, false}) {
      Optional<Kernel> kernel = search(extents, channelsLast);
      if (kernel.isEmpty()) {
        continue;
      }
      double millis = millis(kernel.get());
      Kernel slower = kernel.get();
      if (millis < bestMillis) {
        slower = best;
        best = kernel.get();
        bestMillis = millis;
      }
      if (slower != null) {
        slower.close();
      }
    }
    if (best == null) {
      throw new EarlybirdException(
          "cuda: cuDNN has no "
              + (backend.options().nondeterministic() ? "" : "deterministic ")
              + "algorithm for "
              + extents);
    }
    return best;
  }

  private Optional<Kernel> search(ConvolutionExtents extents, boolean channelsLast) {
    CudnnConvolution convolution = new CudnnConvolution(extents, channelsLast, backend);
    for (Algorithm a : algorithms(extents, convolution)) {
      if (a.deterministic() || backend.options().nondeterministic()) {
        return Optional.of(
            new ConvolutionKernel(extents, channelsLast, a.number(), backend, convolution));
      }
    }
    convolution.close();
    return Optional.empty();
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
        bytes = aligned(bytes) + form.bytes();
      }
      memory = backend.allocate(aligned(bytes) + scratchBytes, "choosing a convolution algorithm");
      long offset = 0;
      for (Form form : forms) {
        slices.add(new Slice(memory, offset, form.bytes()));
        offset = aligned(offset + form.bytes());
      }
      scratch = new Slice(memory, offset, scratchBytes);
      for (int i = 0; i < forms.size(); i++) {
        backend.randomize(slices.get(i), forms.get(i).element());
      }
    }

    private static long aligned(long bytes) {
      return (bytes + CudaBackend.ALIGNMENT - 1) / CudaBackend.ALIGNMENT * CudaBackend.ALIGNMENT;
    }

    @Override
    public void close() {
      memory.close();
    }
  }
}
