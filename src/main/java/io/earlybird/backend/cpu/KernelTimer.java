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
import java.util.List;

/**
 * Measures kernels on buffers of zeros. A kernel's time is the smallest of a few runs, plus that of
 * the reorders which it needs.
 */
final class KernelTimer implements AutoCloseable {
  private static final int RUNS = 5;

  /** Runs of one kernel, two at least, stop after this long. */
  private static final long BUDGET_NANOS = 40_000_000;

  /** A kernel that is slower than the best by this factor is not run again. */
  private static final double HOPELESS = 1.5;

  private final CpuBackend backend;
  private final KernelRequest request;
  private final Memory buffers;

  private KernelTimer(CpuBackend backend, KernelRequest request, List<Candidate> candidates) {
    this.backend = backend;
    this.request = request;
    long bytes = candidates.stream().mapToLong(c -> size(c.forms())).max().orElseThrow();
    buffers = backend.allocate(bytes, "measuring " + request.op().name());
  }

  /** The candidate that takes the least time, prepared; the others are closed again. */
  static Kernel fastest(KernelRequest request, List<Candidate> candidates, CpuBackend backend) {
    try (KernelTimer timer = new KernelTimer(backend, request, candidates)) {
      Kernel best = null;
      double bestNanos = Double.POSITIVE_INFINITY;
      for (Candidate candidate : candidates) {
        Kernel kernel = candidate.kernel().get();
        double nanos = timer.reorders(kernel) + timer.nanos(kernel, bestNanos);
        Kernel slower = nanos < bestNanos ? best : kernel;
        if (nanos < bestNanos) {
          best = kernel;
          bestNanos = nanos;
        }
        if (slower != null) {
          slower.close();
        }
      }
      return best;
    }
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
          nanos += nanos(reorder, memory, Double.POSITIVE_INFINITY);
        }
      }
    }
    return nanos;
  }

  private double nanos(Kernel kernel, double bestSoFar) {
    return nanos(kernel, buffers, bestSoFar);
  }

  private double nanos(Kernel kernel, Memory memory, double bestSoFar) {
    List<Slice> inputs = new ArrayList<>();
    List<Slice> outputs = new ArrayList<>();
    long end = place(kernel.inputForms(), memory, 0, inputs);
    place(kernel.outputForms(), memory, end, outputs);
    long bytes = kernel.scratchBytes();
    if (bytes == 0) {
      return nanos(kernel.bind(inputs, outputs, null), bestSoFar);
    }
    try (Memory scratch = backend.allocate(bytes, "measuring " + request.op().name())) {
      return nanos(kernel.bind(inputs, outputs, new Slice(scratch, 0, bytes)), bestSoFar);
    }
  }

  private static long place(List<Form> forms, Memory memory, long offset, List<Slice> slices) {
    for (Form form : forms) {
      slices.add(new Slice(memory, offset, form.bytes()));
      offset += aligned(form.bytes());
    }
    return offset;
  }

  private static double nanos(Launch launch, double bestSoFar) {
    double best = Double.POSITIVE_INFINITY;
    long start = System.nanoTime();
    for (int i = 0; i < RUNS; i++) {
      long before = System.nanoTime();
      launch.run();
      long after = System.nanoTime();
      best = Math.min(best, after - before);
      if (best > HOPELESS * bestSoFar || (i > 0 && after - start > BUDGET_NANOS)) {
        break;
      }
    }
    return best;
  }

  private static long size(List<Form> forms) {
    return forms.stream().mapToLong(f -> aligned(f.bytes())).sum();
  }

  private static long aligned(long bytes) {
    return (bytes + Backend.ALIGNMENT - 1) / Backend.ALIGNMENT * Backend.ALIGNMENT;
  }

  @Override
  public void close() {
    buffers.close();
  }
}
