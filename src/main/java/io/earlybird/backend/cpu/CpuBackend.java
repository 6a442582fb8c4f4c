package io.earlybird.backend.cpu;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Memory;
import io.earlybird.backend.MemoryException;
import io.earlybird.backend.Precision;
import io.earlybird.backend.Program;
import io.earlybird.backend.Slice;
import io.earlybird.backend.Support;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.FusedOp;
import io.earlybird.tensor.op.Op;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The processor: oneDNN for convolutions and matrix products, own C++ kernels for everything else.
 * Activations are plain NHWC; convolution weights live in whatever layout the chosen kernel reads
 * fastest. Every thread that prepares or runs on a backend uses its number of OpenMP threads.
 */
public final class CpuBackend implements Backend {
  /** What is left to the rest of the system when memory is handed out. */
  private static final long MEMORY_MARGIN = 256L << 20;

  /** Why a processor does not compute in bf16. */
  public static final String NO_BF16 =
      "this processor has neither avx512_bf16 nor amx_bf16, which --precision bf16 needs";

  /** Smaller pieces are handed out without asking how much is free. */
  private static final long SMALL = 1L << 20;

  private final int threads;
  private final Precision precision;
  private final Map<Class<? extends Op>, KernelFactory> factories;
  private final KernelChoices choices;
  private final OneDnn oneDnn;
  private final Set<CpuMemory> memories = ConcurrentHashMap.newKeySet();

  /** A backend that uses every processor the process may run on. */
  public CpuBackend() {
    this(Runtime.getRuntime().availableProcessors());
  }

  /**
   * A backend with its own number of threads that measures which kernels are fastest.
   *
   * @param threads OpenMP threads of oneDNN and the own kernels, 1..1024
   * @throws EarlybirdException if the native libraries cannot be loaded
   */
  public CpuBackend(int threads) {
    this(threads, Map.of());
  }

  /**
   * A backend that uses the kernels of an earlier run, so that it gives the same bits.
   *
   * @param threads OpenMP threads of oneDNN and the own kernels, 1..1024
   * @param recorded {@link #choices()} of the earlier run; what it lacks is measured
   * @throws EarlybirdException if the native libraries cannot be loaded
   */
  public CpuBackend(int threads, Map<String, String> recorded) {
    this(threads, recorded, Map.of());
  }

  /**
   * As {@link #CpuBackend(int, Map)}, but what was measured before is not measured again.
   *
   * @param remembered choices that spare measuring where they still exist
   */
  public CpuBackend(int threads, Map<String, String> recorded, Map<String, String> remembered) {
    this(threads, Precision.FP32, recorded, remembered);
  }

  /**
   * As {@link #CpuBackend(int, Map, Map)}, in a precision.
   *
   * @param precision FP32, or BF16 where {@link CpuLibrary#processorHasBf16}
   * @throws EarlybirdException if this processor cannot compute in it
   */
  public CpuBackend(
      int threads,
      Precision precision,
      Map<String, String> recorded,
      Map<String, String> remembered) {
    checkPrecision(precision);
    CpuLibrary.setThreads(threads);
    this.threads = threads;
    this.precision = precision;
    this.factories = CpuKernels.all();
    this.choices = new KernelChoices(recorded, remembered);
    this.oneDnn = new OneDnn();
  }

  private static void checkPrecision(Precision precision) {
    if (precision == Precision.TF32) {
      throw new EarlybirdException("--precision tf32 needs a GPU's tensor cores (--backend cuda)");
    }
    if (precision == Precision.BF16 && !CpuLibrary.processorHasBf16()) {
      throw new EarlybirdException(NO_BF16);
    }
  }

  /** How it computes. */
  public Precision precision() {
    return precision;
  }

  /** Element type of stored activations and of the operands of products. */
  DType activations() {
    return precision.activations();
  }

  /**
   * Names of the kernels chosen by measurement or from a record, by op, shapes and threads. With
   * them, the same seed, threads and processor type a run gives the same bits.
   */
  public Map<String, String> choices() {
    return choices.names();
  }

  /** Whether a kernel named in {@link #choices} is one of ours, not oneDNN's. */
  public static boolean isOwn(String kernel) {
    return kernel.startsWith(OwnKernel.OWN);
  }

  /**
   * Prepares the kernel of choice: the recorded one, or the fastest, or the first where the op is
   * too small to be worth measuring.
   */
  Kernel choose(KernelRequest request, List<Candidate> candidates, boolean measure) {
    return choices.choose(request, candidates, measure, this);
  }

  OneDnn oneDnn() {
    return oneDnn;
  }

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public String describe() {
    return Processor.model()
        + ", "
        + threads
        + (threads == 1 ? " thread, " : " threads, ")
        + OneDnn.describe()
        + ", own kernels "
        + CpuLibrary.isaName()
        + (precision == Precision.FP32 ? "" : ", " + precision.label());
  }

  /** Number of OpenMP threads. */
  public int threads() {
    return threads;
  }

  @Override
  public Support supports(Op op, List<TensorSpec> inputs) {
    KernelFactory factory = factories.get(op.getClass());
    return factory == null
        ? Support.no("the cpu backend has no kernel for " + op.name())
        : factory.supports(op, inputs);
  }

  @Override
  public boolean joins(FusedOp op, List<TensorSpec> inputs) {
    CpuLibrary.setThreads(threads);
    return supports(op, inputs).ok() && factories.get(op.getClass()).joins(op, inputs, this);
  }

  @Override
  public Memory allocate(long bytes, String purpose) {
    if (bytes < 0) {
      throw new IllegalArgumentException("negative size " + bytes);
    }
    long free = bytes < SMALL ? Long.MAX_VALUE : FreeMemory.bytes() - MEMORY_MARGIN;
    CpuLibrary.setThreads(threads);
    CpuMemory memory = bytes > free ? null : CpuMemory.allocate(bytes, this);
    if (memory == null) {
      long left = Math.max(0, FreeMemory.bytes() - MEMORY_MARGIN);
      throw new MemoryException(
          String.format(
              Locale.ROOT,
              "needs %.2f GiB for %s, %.2f GiB free; try a smaller batch",
              gib(bytes),
              purpose,
              gib(left)),
          bytes,
          left);
    }
    memories.add(memory);
    return memory;
  }

  /** Notes that a memory was closed. */
  void freed(CpuMemory memory) {
    memories.remove(memory);
  }

  private static double gib(long bytes) {
    return bytes / (double) (1L << 30);
  }

  @Override
  public long liveBytes() {
    return memories.stream().mapToLong(CpuMemory::bytes).sum();
  }

  @Override
  public Kernel prepare(KernelRequest request) {
    Support support = supports(request.op(), request.inputs());
    if (!support.ok()) {
      throw new UnsupportedOperationException(support.reason());
    }
    CpuLibrary.setThreads(threads);
    return factories.get(request.op().getClass()).prepare(request, this);
  }

  /**
   * Weights are stored as fp32 in the order of our own gradients; what a product reads as bf16 is
   * made of them anew in each step.
   */
  @Override
  public Form storedForm(TensorSpec spec, Form wanted) {
    return wanted.element() == DType.BF16 ? OwnConvolution.gradientForm(spec) : wanted;
  }

  @Override
  public Kernel prepareReorder(TensorSpec spec, Form from, Form to) {
    CpuLibrary.setThreads(threads);
    if (from.equals(to)) {
      return new CopyKernel(from);
    }
    return ConvertKernel.fits(from, to)
        ? new ConvertKernel(from, to)
        : Reorders.prepare(oneDnn, spec, from, to);
  }

  @Override
  public Program program(List<Launch> launches) {
    Launch[] steps = launches.toArray(Launch[]::new);
    return () -> {
      // The setting belongs to the calling thread, which need not be the one that prepared.
      NativeKernels.eb_set_threads(threads);
      for (Launch step : steps) {
        step.run();
      }
    };
  }

  @Override
  public void write(Slice target, HostTensor value) {
    ByteBuffer data = value.buffer();
    checkSize(target, value.spec());
    CpuMemory.bytes(target).put(data.array(), data.arrayOffset(), data.capacity());
  }

  @Override
  public HostTensor read(Slice source, TensorSpec spec) {
    checkSize(source, spec);
    HostTensor value = HostTensor.zeros(spec);
    ByteBuffer data = value.buffer();
    CpuMemory.bytes(source).get(data.array(), data.arrayOffset(), data.capacity());
    return value;
  }

  private static void checkSize(Slice slice, TensorSpec spec) {
    long bytes = Form.plain(spec).bytes();
    if (slice.bytes() < bytes) {
      throw new IllegalArgumentException(
          spec + " needs " + bytes + " bytes, the slice has " + slice.bytes());
    }
  }

  @Override
  public void close() {
    List.copyOf(memories).forEach(CpuMemory::close);
    oneDnn.close();
  }
}
