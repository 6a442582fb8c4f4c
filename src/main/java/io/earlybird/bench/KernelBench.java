package io.earlybird.bench;

import io.earlybird.backend.Backend;
import io.earlybird.backend.Backends;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Program;
import io.earlybird.backend.Slice;
import io.earlybird.backend.cpu.MemoryPasses;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Conv2dBackwardWeight;
import io.earlybird.tensor.op.LinearBackwardWeight;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.DoubleStream;

/**
 * Measures single kernels against what the same machine can do at best, measured in the same run:
 * products against the multiply-add peak, all others against the backend's own copy, which moves as
 * many bytes as the kernel must, or against Philox where it takes longer to make the kernel's
 * random numbers. Kernel and copy start with cold caches: they go round over sets of buffers that
 * together are several times larger than the last-level cache. Their runs alternate, and the median
 * of each counts: the memory of a shared machine is fast for moments that not every side meets.
 */
public final class KernelBench {
  private static final int MOST_SETS = 512;

  /** Below this, time is mostly that of a call and says nothing about a rate. */
  private static final long WORTH_A_RATE = 1L << 20;

  private final Backend backend;
  private final Options options;
  private final Rival rival;

  /**
   * How long and how cold.
   *
   * @param seconds per case, at least
   * @param cacheBytes size of the last-level cache; the buffers take four times as much
   */
  public record Options(double seconds, long cacheBytes) {
    /** For caches of up to 64 MiB. */
    public static Options of(double seconds) {
      return new Options(seconds, 64L << 20);
    }
  }

  /** Kernels that take turns with the backend's own, such as a user's. */
  public interface Rival {
    /** Puts them in the place of the backend's own; calls that are already bound use them too. */
    void enter();

    /** Puts the backend's own back. */
    void leave();
  }

  /**
   * What was measured.
   *
   * @param choice which implementation the backend took
   * @param seconds median of the runs
   * @param rivalSeconds median of the rival's runs; NaN without a rival
   * @param copySeconds median of copies of as many bytes (read and written ones together)
   * @param readSeconds median in which memory alone gives the operands, each once; NaN where memory
   *     is not the processor's
   * @param writeSeconds median in which it takes the results
   * @param runs how many there were
   * @param spread distance of the quartiles of the runs, relative to their median
   * @param ceilings what the machine can do, measured before
   */
  public record Result(
      KernelCase kernel,
      String choice,
      double seconds,
      double rivalSeconds,
      double copySeconds,
      double readSeconds,
      double writeSeconds,
      int runs,
      double spread,
      Ceilings ceilings) {
    /** 10^9 bytes per second. */
    public double gigabytesPerSecond() {
      return kernel.bytes() / seconds * 1e-9;
    }

    /** Nominal GFLOP/s; 0 for what is no product. */
    public double gflopPerSecond() {
      return kernel.flops() / seconds * 1e-9;
    }

    /** Rate of the copy, in 10^9 bytes per second. */
    public double copyRate() {
      return kernel.bytes() / copySeconds * 1e-9;
    }

    /** Multiply-add peak in GFLOP/s. */
    public double fmaPeak() {
      return ceilings.fmaPeak();
    }

    /** Seconds that the kernel's random numbers take at best; 0 if it takes none. */
    public double drawSeconds() {
      long words = kernel.randomWords();
      return words == 0 ? 0 : words / ceilings.philox() * 1e-9;
    }

    /** Bytes moved while the random numbers are made, in 10^9 per second; NaN without any. */
    public double drawRate() {
      return drawSeconds() > 0 ? kernel.bytes() / drawSeconds() * 1e-9 : Double.NaN;
    }

    /** Share of the ceiling, or NaN where there is too little to do. */
    public double share() {
      if (kernel.isProduct()) {
        return kernel.flops() < WORTH_A_RATE ? Double.NaN : gflopPerSecond() / fmaPeak();
      }
      return kernel.bytes() < WORTH_A_RATE
          ? Double.NaN
          : Math.max(copySeconds, drawSeconds()) / seconds;
    }

    /**
     * The largest share of a copy that is possible: a copy reads and writes at the same time, while
     * a kernel that moves more in one direction must wait for that. At most 1; NaN for products and
     * where memory was not measured.
     */
    public double possibleShare() {
      return kernel.isProduct()
          ? Double.NaN
          : Math.min(1, copySeconds / Math.max(readSeconds, writeSeconds));
    }
  }

  /** A benchmark on a backend, which the caller keeps. */
  public KernelBench(Backend backend, Options options) {
    this(backend, options, null);
  }

  /**
   * A benchmark of a rival beside a backend's own kernels.
   *
   * @param rival {@code null} for none; outside of this object's methods it is not in place
   */
  public KernelBench(Backend backend, Options options, Rival rival) {
    this.backend = backend;
    this.options = options;
    this.rival = rival;
  }

  /** Measures the cases that the backend supports, in order. */
  public List<Result> run(List<KernelCase> cases, Consumer<Result> progress) {
    Ceilings ceilings = Ceilings.of(backend);
    List<Result> results = new ArrayList<>();
    int threads = Backends.processorThreads(backend);
    try (MemoryPasses passes =
        threads > 0 ? new MemoryPasses(threads, 4 * options.cacheBytes()) : null) {
      for (KernelCase kernelCase : cases) {
        if (backend.supports(kernelCase.op(), kernelCase.inputs()).ok()) {
          Result result = measure(kernelCase, ceilings, passes);
          progress.accept(result);
          results.add(result);
        }
      }
    }
    return results;
  }

  private Result measure(KernelCase wanted, Ceilings ceilings, MemoryPasses passes) {
    List<TensorSpec> outputs = wanted.op().infer(wanted.inputs());
    KernelRequest request =
        new KernelRequest(wanted.op(), wanted.inputs(), outputs, available(wanted));
    try (Kernel kernel = backend.prepare(request)) {
      return measure(wanted.by(kernel), kernel, ceilings, passes);
    }
  }

  private Result measure(
      KernelCase kernelCase, Kernel kernel, Ceilings ceilings, MemoryPasses passes) {
    long bytes = kernelCase.bytes();
    // A copy reads and writes: half as many bytes make the same traffic.
    TensorSpec half = TensorSpec.f32(Math.toIntExact(Math.max(1, bytes / 8)));
    Form plain = backend.defaultForm(half);
    try (Kernel copy = backend.prepareReorder(half, plain, plain);
        BufferSets sets = new BufferSets(kernel, kernelCase.inputs(), bytes, kernelCase.inPlace());
        BufferSets copies = new BufferSets(copy, List.of(half), bytes, false)) {
      DoubleStream.Builder own = DoubleStream.builder();
      DoubleStream.Builder theirs = DoubleStream.builder();
      DoubleStream.Builder copied = DoubleStream.builder();
      DoubleStream.Builder read = DoubleStream.builder();
      DoubleStream.Builder written = DoubleStream.builder();
      boolean directions = passes != null && !kernelCase.isProduct();
      long end = System.nanoTime() + (long) (options.seconds() * 1e9);
      do {
        int round = Math.max(sets.size(), copies.size());
        for (int i = 0; i < round; i++) {
          own.add(sets.time(i));
          copied.add(copies.time(i));
        }
        // Not between the two: threads that still spin after a pass would slow the same side
        // always.
        for (int i = 0; i < round; i++) {
          read.add(directions ? passes.readSeconds(kernelCase.bytesRead()) : Double.NaN);
          written.add(directions ? passes.writeSeconds(kernelCase.bytesWritten()) : Double.NaN);
        }
        if (rival != null) {
          rivalSeconds(sets, theirs);
        }
      } while (System.nanoTime() < end);
      double[] times = own.build().toArray();
      return new Result(
          kernelCase,
          kernel.choice(),
          Median.of(times),
          rival == null ? Double.NaN : Median.of(theirs.build().toArray()),
          Median.of(copied.build().toArray()),
          Median.of(read.build().toArray()),
          Median.of(written.build().toArray()),
          times.length,
          Median.spread(times),
          ceilings);
    }
  }

  private void rivalSeconds(BufferSets sets, DoubleStream.Builder times) {
    rival.enter();
    try {
      for (int i = 0; i < sets.size(); i++) {
        times.add(sets.time(i));
      }
    } finally {
      rival.leave();
    }
  }

  /** Weights of products may take any form, as they may in a plan; all else is plain. */
  private List<Form> available(KernelCase kernelCase) {
    List<Form> forms = new ArrayList<>();
    for (int i = 0; i < kernelCase.inputs().size(); i++) {
      boolean weight =
          i == 1
              && kernelCase.isProduct()
              && !(kernelCase.op() instanceof Conv2dBackwardWeight
                  || kernelCase.op() instanceof LinearBackwardWeight);
      forms.add(weight ? null : backend.defaultForm(kernelCase.inputs().get(i)));
    }
    return forms;
  }

  /** A kernel bound to as many sets of buffers as keep the caches cold. */
  private final class BufferSets implements AutoCloseable {
    private final List<Program> programs = new ArrayList<>();
    private final List<Memory> memories = new ArrayList<>();

    BufferSets(Kernel kernel, List<TensorSpec> inputs, long bytes, boolean inPlace) {
      SplittableRandom random = new SplittableRandom(1);
      List<HostTensor> values = inputs.stream().map(spec -> values(spec, random)).toList();
      long sets = 4 * options.cacheBytes() / Math.max(1, bytes) + 2;
      for (int i = 0; i < Math.min(sets, MOST_SETS); i++) {
        programs.add(backend.program(List.of(bind(kernel, values, inPlace))));
      }
    }

    private Launch bind(Kernel kernel, List<HostTensor> values, boolean inPlace) {
      List<Slice> inputs = new ArrayList<>();
      for (int i = 0; i < values.size(); i++) {
        Form form = kernel.inputForms().get(i);
        Slice slice = allocate(form.bytes());
        if (form.isPlain()) {
          write(values.get(i), form, slice);
        }
        inputs.add(slice);
      }
      List<Slice> outputs = new ArrayList<>();
      for (int i = 0; i < kernel.outputForms().size(); i++) {
        int over = inPlace ? overwritten(kernel, i) : -1;
        outputs.add(over >= 0 ? inputs.get(over) : allocate(kernel.outputForms().get(i).bytes()));
      }
      long scratch = kernel.scratchBytes();
      return kernel.bind(inputs, outputs, scratch == 0 ? null : allocate(scratch));
    }

    private void write(HostTensor value, Form form, Slice to) {
      Form plain = backend.defaultForm(value.spec());
      if (form.equals(plain)) {
        backend.write(to, value);
        return;
      }
      try (Kernel convert = backend.prepareReorder(value.spec(), plain, form);
          Memory memory = backend.allocate(plain.bytes(), "measuring kernels");
          Memory room = backend.allocate(Math.max(1, convert.scratchBytes()), "converting")) {
        Slice from = new Slice(memory, 0, plain.bytes());
        backend.write(from, value);
        Slice scratch = new Slice(room, 0, convert.scratchBytes());
        Launch launch = convert.bind(List.of(from), List.of(to), scratch);
        try (Program program = backend.program(List.of(launch))) {
          program.run();
          backend.synchronize();
        }
      }
    }

    private int overwritten(Kernel kernel, int output) {
      for (int i = 0; i < kernel.inputForms().size(); i++) {
        if (kernel.mayOverwrite(output, i)) {
          return i;
        }
      }
      return -1;
    }

    private Slice allocate(long bytes) {
      Memory memory = backend.allocate(bytes, "measuring kernels");
      memories.add(memory);
      return new Slice(memory, 0, bytes);
    }

    int size() {
      return programs.size();
    }

    /** Seconds of one run on set {@code round}, counted round and round. */
    double time(int round) {
      Program program = programs.get(round % programs.size());
      long start = System.nanoTime();
      program.run();
      backend.synchronize();
      return (System.nanoTime() - start) * 1e-9;
    }

    @Override
    public void close() {
      programs.forEach(Program::close);
      memories.forEach(Memory::close);
    }
  }

  /** Uniform values: vectors in [0.5, 1.5), other floats in [-1, 1), bytes and numbers small. */
  private static HostTensor values(TensorSpec spec, SplittableRandom random) {
    HostTensor values = HostTensor.zeros(spec);
    ByteBuffer buffer = values.buffer();
    double low = spec.shape().rank() == 1 ? 0.5 : -1;
    double high = spec.shape().rank() == 1 ? 1.5 : 1;
    for (int i = 0; i < spec.size(); i++) {
      if (spec.dtype() == DType.F32) {
        buffer.putFloat(4 * i, (float) random.nextDouble(low, high));
      } else if (spec.dtype() == DType.U8) {
        buffer.put(i, (byte) random.nextInt(4));
      } else if (spec.dtype() == DType.I32) {
        buffer.putInt(4 * i, random.nextInt(10));
      }
    }
    return values;
  }
}
