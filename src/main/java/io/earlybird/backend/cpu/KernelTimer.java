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
 * Measures kernels on buffers of zeros. A kernel's time is the smallest of some runs, plus that of
 * the reorders which it needs. Candidates run by turns, so that a moment in which the machine was
 * busy decides about none of them. Where operands and results take much of the cache, the fastest
 * run with them in no cache too, and the sum decides: in a step, a part of them has left it by the
 * time that it is needed, and kernels differ in how well they wait for memory.
 */
final class KernelTimer implements AutoCloseable {
  /** Turns of all candidates, and runs in each of them. */
  private static final int TURNS = 2;

  private static final int RUNS = 3;

  /**
   * Runs of one kernel in a turn, two at least, stop after this long. One that takes longer has no
   * further turn before the final ones: short disturbances matter less to it.
   */
  private static final long BUDGET_NANOS = 20_000_000;

  /** A kernel that is slower than the best by this factor has no third run in a turn. */
  private static final double HOPELESS = 1.5;

  /** A kernel that is slower than the best by this factor after all turns is given up. */
  private static final double NEAR = 3;

  /** How many of the others go on, and for how many turns. */
  private static final int FINALISTS = 3;

  private static final int FINAL_TURNS = 5;

  /** Final turns, two at least, stop after this long. */
  private static final long FINAL_BUDGET_NANOS = 200_000_000;

  /** Runs in one of these, of which the first brings into the cache what another kernel has not. */
  private static final int FINAL_RUNS = 2;

  /** With more bytes than this a kernel is also measured with operands in no cache. */
  private static final long CACHED = 4 << 20;

  private final CpuBackend backend;
  private final KernelRequest request;
  private final Memory buffers;
  private final boolean large;

  private KernelTimer(CpuBackend backend, KernelRequest request, List<Candidate> candidates) {
    this.backend = backend;
    this.request = request;
    long bytes = candidates.stream().mapToLong(c -> size(c.forms())).max().orElseThrow();
    buffers = backend.allocate(bytes, purpose());
    large = bytes > CACHED;
  }

  /** A kernel with its buffers, what its reorders take, and its own smallest times so far. */
  private static final class Timed {
    final Kernel kernel;
    final Launch launch;
    final double reorders;
    double warm = Double.POSITIVE_INFINITY;
    double cold;

    Timed(Kernel kernel, Launch launch, double reorders) {
      this.kernel = kernel;
      this.launch = launch;
      this.reorders = reorders;
    }

    double nanos() {
      return reorders + warm + cold;
    }

    void runWarm(int runs, double best) {
      warm = Math.min(warm, KernelTimer.nanos(launch, runs, best));
    }

    /** With operands and results in no cache. */
    void runCold(Slice buffers) {
      NativeKernels.eb_evict(CpuMemory.pointer(buffers), buffers.bytes());
      cold = Math.min(cold, KernelTimer.nanos(launch, 1, Double.POSITIVE_INFINITY));
    }
  }

  /** The candidate that takes the least time, prepared; the others are closed again. */
  static Kernel fastest(KernelRequest request, List<Candidate> candidates, CpuBackend backend) {
    try (KernelTimer timer = new KernelTimer(backend, request, candidates)) {
      List<Kernel> kernels = candidates.stream().map(c -> c.kernel().get()).toList();
      Kernel fastest = timer.fastest(kernels);
      kernels.stream().filter(k -> k != fastest).forEach(Kernel::close);
      return fastest;
    }
  }

  private Kernel fastest(List<Kernel> kernels) {
    long scratchBytes = kernels.stream().mapToLong(Kernel::scratchBytes).max().orElseThrow();
    try (Memory scratch = backend.allocate(Math.max(scratchBytes, 1), purpose())) {
      List<Timed> all =
          kernels.stream().map(k -> new Timed(k, bind(k, buffers, scratch), reorders(k))).toList();
      for (int turn = 0; turn < TURNS; turn++) {
        all.stream()
            .filter(t -> Double.isInfinite(t.warm) || t.warm < BUDGET_NANOS)
            .forEach(t -> t.runWarm(RUNS, best(all).nanos()));
      }
      double near = NEAR * best(all).nanos();
      List<Timed> finalists =
          all.stream()
              .filter(t -> t.nanos() <= near)
              .sorted(Comparator.comparingDouble(Timed::nanos))
              .limit(FINALISTS)
              .toList();
      if (finalists.size() > 1) {
        decide(finalists);
      }
      return best(finalists).kernel;
    }
  }

  private void decide(List<Timed> finalists) {
    Slice all = new Slice(buffers, 0, buffers.bytes());
    if (large) {
      finalists.forEach(t -> t.cold = Double.POSITIVE_INFINITY);
    }
    long start = System.nanoTime();
    for (int turn = 0; turn < FINAL_TURNS; turn++) {
      if (turn >= 2 && System.nanoTime() - start > FINAL_BUDGET_NANOS) {
        break;
      }
      for (Timed t : finalists) {
        t.runWarm(FINAL_RUNS, Double.POSITIVE_INFINITY);
        if (large) {
          t.runCold(all);
        }
      }
    }
  }

  private static Timed best(List<Timed> all) {
    return Collections.min(all, Comparator.comparingDouble(Timed::nanos));
  }

  private double reorders(Kernel kernel) {
    double nanos = 0;
    for (int i = 0; i < request.inputs().size(); i++) {
      TensorSpec spec = request.inputs().get(i);
      Form wanted = kernel.inputForms().get(i);
      Form available = request.available().get(i);
      Form existing = available == null ? backend.storedForm(spec, wanted) : available;
      if (!existing.equals(wanted)) {
        List<Form> forms = List.of(existing, wanted);
        try (Kernel reorder = backend.prepareReorder(spec, existing, wanted);
            Memory memory = backend.allocate(size(forms), "measuring a reorder");
            Memory scratch = backend.allocate(Math.max(reorder.scratchBytes(), 1), purpose())) {
          nanos += nanos(bind(reorder, memory, scratch), RUNS, Double.POSITIVE_INFINITY);
        }
      }
    }
    return nanos;
  }

  private String purpose() {
    return "measuring " + request.op().name();
  }

  private static Launch bind(Kernel kernel, Memory memory, Memory scratch) {
    List<Slice> inputs = new ArrayList<>();
    List<Slice> outputs = new ArrayList<>();
    long end = place(kernel.inputForms(), memory, 0, inputs);
    place(kernel.outputForms(), memory, end, outputs);
    long bytes = kernel.scratchBytes();
    return kernel.bind(inputs, outputs, bytes == 0 ? null : new Slice(scratch, 0, bytes));
  }

  private static long place(List<Form> forms, Memory memory, long offset, List<Slice> slices) {
    for (Form form : forms) {
      slices.add(new Slice(memory, offset, form.bytes()));
      offset += Backend.aligned(form.bytes());
    }
    return offset;
  }

  /** The smallest time of some runs, fewer where it is hopeless beside the best or takes long. */
  private static double nanos(Launch launch, int runs, double bestSoFar) {
    double best = Double.POSITIVE_INFINITY;
    long start = System.nanoTime();
    for (int i = 0; i < runs; i++) {
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
