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
 * Measures kernels on buffers of zeros. A kernel's time is the smallest of a few runs, after one to
 * warm up, plus that of the reorders which it needs.
 */
final class KernelTimer {
  private static final int RUNS = 5;

  /** Further runs of one kernel stop after this long. */
  private static final long BUDGET_NANOS = 20_000_000;

  /** A kernel that is slower than the best by this factor in its first run is not run again. */
  private static final double HOPELESS = 1.5;

  private KernelTimer() {}

  /** The candidate that takes the least time, prepared; the others are closed again. */
  static Kernel fastest(KernelRequest request, List<Candidate> candidates, CpuBackend backend) {
    Kernel best = null;
    double bestNanos = Double.POSITIVE_INFINITY;
    for (Candidate candidate : candidates) {
      Kernel kernel = candidate.kernel().get();
      double nanos =
          reorders(request, kernel, backend)
              + nanos(request.op().name(), kernel, backend, bestNanos);
      Kernel slower = kernel;
      if (nanos < bestNanos) {
        slower = best;
        best = kernel;
        bestNanos = nanos;
      }
      if (slower != null) {
        slower.close();
      }
    }
    return best;
  }

  private static double reorders(KernelRequest request, Kernel kernel, CpuBackend backend) {
    double nanos = 0;
    for (int i = 0; i < request.inputs().size(); i++) {
      TensorSpec spec = request.inputs().get(i);
      Form existing = request.available().get(i);
      Form wanted = kernel.inputForms().get(i);
      if (existing != null && !existing.equals(wanted)) {
        try (Kernel reorder = backend.prepareReorder(spec, existing, wanted)) {
          nanos += nanos("Reorder", reorder, backend, Double.POSITIVE_INFINITY);
        }
      }
    }
    return nanos;
  }

  /** Time of a kernel, in nanoseconds. */
  static double nanos(String op, Kernel kernel, CpuBackend backend, double bestSoFar) {
    List<Form> forms = new ArrayList<>(kernel.inputForms());
    forms.addAll(kernel.outputForms());
    long bytes = forms.stream().mapToLong(f -> aligned(f.bytes())).sum();
    long scratch = kernel.scratchBytes();
    try (Memory memory = backend.allocate(bytes + scratch, "measuring " + op)) {
      List<Slice> slices = new ArrayList<>();
      long offset = 0;
      for (Form form : forms) {
        slices.add(new Slice(memory, offset, form.bytes()));
        offset += aligned(form.bytes());
      }
      int inputs = kernel.inputForms().size();
      Launch launch =
          kernel.bind(
              slices.subList(0, inputs),
              slices.subList(inputs, slices.size()),
              scratch == 0 ? null : new Slice(memory, offset, scratch));
      return nanos(launch, bestSoFar);
    }
  }

  private static double nanos(Launch launch, double bestSoFar) {
    launch.run();
    double best = Double.POSITIVE_INFINITY;
    long start = System.nanoTime();
    for (int i = 0; i < RUNS; i++) {
      long before = System.nanoTime();
      launch.run();
      long after = System.nanoTime();
      best = Math.min(best, after - before);
      if (best > HOPELESS * bestSoFar || after - start > BUDGET_NANOS) {
        break;
      }
    }
    return best;
  }

  private static long aligned(long bytes) {
    return (bytes + Backend.ALIGNMENT - 1) / Backend.ALIGNMENT * Backend.ALIGNMENT;
  }
}
