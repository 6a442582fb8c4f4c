package io.earlybird.backend.cpu;

import io.earlybird.backend.Backend;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Slice;
import io.earlybird.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/**
 * Measures kernels on buffers of zeros. A kernel's time is the smallest of a few runs, plus that of
 * the reorders which it needs. Where operands and results take much of the cache, the fastest run
 * with empty caches too, and the sum decides: in a step, a part of them has left the cache by the
 * time that it is needed, and kernels differ in how well they wait for memory.
 */
final class KernelTimer implements AutoCloseable {
  private static final int RUNS = 5;

  /** Runs of one kernel, two at least, stop after this long. */
  private static final long BUDGET_NANOS = 40_000_000;

  /** A kernel that is slower than the best by this factor is not run again. */
  private static final double HOPELESS = 1.5;

  /**
   * Kernels that are slower than the best by less than this factor are run again; less would leave
   * out a kernel that was measured while the machine was busy.
   */
  private static final double NEAR = 2;

  private static final int FINALISTS = 3;
  private static final int ROUNDS = 2;

  /** With more bytes than this a kernel is also measured with empty caches. */
  private static final long CACHED = 4 << 20;

  /** Twice a large last-level cache. */
  private static final long CACHE_BYTES = 64 << 20;

  private final CpuBackend backend;
  private final KernelRequest request;
  private final Memory buffers;
  private final boolean large;

  private KernelTimer(CpuBackend backend, KernelRequest request, List<Candidate> candidates) {
    this.backend = backend;
    this.request = request;
    long bytes = candidates.stream().mapToLong(c -> size(c.forms())).max().orElseThrow();
    buffers = backend.allocate(bytes, "measuring " + request.op().name());
    large = bytes > CACHED;
  }

  /** A candidate's kernel, what its reorders take, and its own smallest time so far. */
  private static final class Timed {
    final Kernel kernel;
    final double reorders;
    double own;

    Timed(Kernel kernel, double reorders, double own) {
      this.kernel = kernel;
      this.reorders = reorders;
      this.own = own;
    }

    double nanos() {
      return reorders + own;
    }
  }

  /**
   * The candidate that takes the least time, prepared; the others are closed again. Those that come
   * close to it run again by turns, so that a moment in which the machine was busy does not decide.
   */
  static Kernel fastest(KernelRequest request, List<Candidate> candidates, CpuBackend backend) {
    try (KernelTimer timer = new KernelTimer(backend, request, candidates)) {
      List<Timed> all = new ArrayList<>();
      double best = Double.POSITIVE_INFINITY;
      for (Candidate candidate : candidates) {
        Kernel kernel = candidate.kernel().get();
        Timed timed = new Timed(kernel, timer.reorders(kernel), timer.nanos(kernel, best));
        best = Math.min(best, timed.nanos());
        double near = NEAR * best;
        all.add(timed);
        all.removeIf(t -> t.nanos() > near && close(t));
      }
      all.sort(Comparator.comparingDouble(Timed::nanos));
      List<Timed> finalists = all.subList(0, Math.min(FINALISTS, all.size()));
      for (int round = 0; round < ROUNDS && finalists.size() > 1; round++) {
        for (Timed t : finalists) {
          t.own = Math.min(t.own, timer.nanos(t.kernel, t.own / HOPELESS));
        }
      }
      if (timer.large && finalists.size() > 1) {
        try (MemoryPasses cold = new MemoryPasses(backend.threads(), CACHE_BYTES)) {
          finalists.forEach(t -> t.own += timer.nanos(t.kernel, cold));
        }
      }
      Timed fastest = Collections.min(finalists, Comparator.comparingDouble(Timed::nanos));
      all.stream().filter(t -> t != fastest).forEach(KernelTimer::close);
      return fastest.kernel;
    }
  }

  private static boolean close(Timed timed) {
    timed.kernel.close();
    return true;
  }

  private double reorders(Kernel kernel) {
    double nanos = 0;
    for (int i = 0; i < request.inputs().size(); i++) {
      Form existing = request.available().get(i);
      Form wanted = kernel.inputForms().get(i);
      if (existing != null && !existing.equals(wanted)) {
        TensorSpec spec = request.inputs().get(i);
        List<Form> forms = List.of(existing, wanted);
        try (Kernel reorder = backend.prepareReorder(spec, existing, wanted);
            Memory memory = backend.allocate(size(forms), "measuring a reorder")) {
          nanos += nanos(reorder, memory, Double.POSITIVE_INFINITY, null);
        }
      }
    }
    return nanos;
  }

  private double nanos(Kernel kernel, double bestSoFar) {
    return nanos(kernel, buffers, bestSoFar, null);
  }

  private double nanos(Kernel kernel, MemoryPasses cold) {
    return nanos(kernel, buffers, Double.POSITIVE_INFINITY, cold);
  }

  /** The smallest time; the caches are emptied before each run unless {@code cold} is null. */
  private double nanos(Kernel kernel, Memory memory, double bestSoFar, MemoryPasses cold) {
    List<Slice> inputs = new ArrayList<>();
    List<Slice> outputs = new ArrayList<>();
    long end = place(kernel.inputForms(), memory, 0, inputs);
    place(kernel.outputForms(), memory, end, outputs);
    long bytes = kernel.scratchBytes();
    if (bytes == 0) {
      return nanos(kernel.bind(inputs, outputs, null), bestSoFar, cold);
    }
    try (Memory scratch = backend.allocate(bytes, "measuring " + request.op().name())) {
      return nanos(kernel.bind(inputs, outputs, new Slice(scratch, 0, bytes)), bestSoFar, cold);
    }
  }

  private static long place(List<Form> forms, Memory memory, long offset, List<Slice> slices) {
    for (Form form : forms) {
      slices.add(new Slice(memory, offset, form.bytes()));
      offset += Backend.aligned(form.bytes());
    }
    return offset;
  }

  private static double nanos(Launch launch, double bestSoFar, MemoryPasses cold) {
    double best = Double.POSITIVE_INFINITY;
    long start = System.nanoTime();
    for (int i = 0; i < RUNS; i++) {
      if (cold != null) {
        cold.emptyCaches();
      }
      long before = System.nanoTime();
      launch.run();
      long after = System.nanoTime();
      best = Math.min(best, after - before);
      if (i > 0 && (best > HOPELESS * bestSoFar || after - start > BUDGET_NANOS)) {
        break;
      }
    }
    return best;
  }

  private static long size(List<Form> forms) {
    return forms.stream().mapToLong(f -> Backend.aligned(f.bytes())).sum();
  }

  @Override
  public void close() {
    buffers.close();
  }
}
