package io.earlybird.backend.opencl;

import io.earlybird.backend.Backend;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Slice;
import java.util.ArrayList;
import java.util.List;

/** Measures candidates of a search. */
final class KernelTimer {
  private static final int RUNS = 3;

  /** A kernel that is slower than the best by this factor is not run again. */
  private static final double HOPELESS = 1.3;

  private KernelTimer() {}

  /**
   * Smallest time of a few runs on zeros, after one that lets the driver finish compiling.
   *
   * @param bestSoFar seconds of the best kernel before this one
   */
  static double seconds(OpenClBackend backend, Kernel kernel, double bestSoFar) {
    List<Form> forms = new ArrayList<>(kernel.inputForms());
    forms.addAll(kernel.outputForms());
    long bytes = forms.stream().mapToLong(f -> Backend.aligned(f.bytes())).sum();
    long scratch = kernel.scratchBytes();
    try (Memory memory = backend.allocate(bytes, "choosing a kernel");
        Memory room = backend.allocate(scratch, "choosing a kernel")) {
      List<Slice> slices = new ArrayList<>();
      long offset = 0;
      for (Form form : forms) {
        slices.add(new Slice(memory, offset, form.bytes()));
        offset += Backend.aligned(form.bytes());
      }
      int inputs = kernel.inputForms().size();
      Launch launch =
          kernel.bind(
              slices.subList(0, inputs),
              slices.subList(inputs, forms.size()),
              new Slice(room, 0, scratch));
      once(backend, launch);
      double best = Double.POSITIVE_INFINITY;
      for (int i = 0; i < RUNS && best < HOPELESS * bestSoFar; i++) {
        best = Math.min(best, once(backend, launch));
      }
      return best;
    }
  }

  /** Seconds of one run. */
  static double once(OpenClBackend backend, Launch launch) {
    long start = System.nanoTime();
    launch.run();
    backend.synchronize();
    return (System.nanoTime() - start) * 1e-9;
  }
}
