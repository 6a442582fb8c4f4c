package io.earlybird.backend.cpu;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which of several kernels computes an op on given shapes. The first time it is measured; from then
 * on, or if a record of an earlier run says so, it stays, because another kernel may sum in another
 * order and give other bits.
 */
final class KernelChoices {
  private final Map<String, String> names;
  private final Map<String, String> remembered;

  /**
   * Choices.
   *
   * @param recorded those of a run that must be repeated
   * @param remembered those that were measured once and are taken again where they still exist
   */
  KernelChoices(Map<String, String> recorded, Map<String, String> remembered) {
    this.names = new TreeMap<>(recorded);
    this.remembered = Map.copyOf(remembered);
  }

  /** Names of the kernels chosen so far, and of the recorded ones, by op and shapes. */
  Map<String, String> names() {
    return Map.copyOf(names);
  }

  /**
   * What a choice is recorded under: op, operands, threads and, where it is not fp32, precision.
   */
  static String key(KernelRequest request, CpuBackend backend) {
    ProductTypes types = ProductTypes.of(request, backend);
    return request.op()
        + " "
        + request.inputs()
        + " threads="
        + backend.threads()
        + (types.isF32() ? "" : " " + types.operand() + " to " + types.result());
  }

  /**
   * Prepares the kernel of choice.
   *
   * @param candidates at least one, the likeliest first
   * @param measure whether to measure where nothing is recorded; otherwise the first is taken
   * @throws EarlybirdException if a recorded kernel is not among the candidates
   */
  Kernel choose(
      KernelRequest request, List<Candidate> candidates, boolean measure, CpuBackend backend) {
    String key = key(request, backend);
    String recorded = names.get(key);
    if (recorded != null) {
      return candidates.stream()
          .filter(c -> c.name().equals(recorded))
          .findFirst()
          .orElseThrow(() -> unknown(key, recorded, candidates))
          .kernel()
          .get();
    }
    Kernel kernel =
        measure && candidates.size() > 1
            ? measured(request, candidates, remembered.get(key), backend)
            : candidates.get(0).kernel().get();
    names.put(key, kernel.choice());
    return kernel;
  }

  private static Kernel measured(
      KernelRequest request, List<Candidate> candidates, String earlier, CpuBackend backend) {
    return candidates.stream()
        .filter(c -> c.name().equals(earlier))
        .findFirst()
        .map(c -> c.kernel().get())
        .orElseGet(() -> KernelTimer.fastest(request, candidates, backend));
  }

  private static EarlybirdException unknown(
      String key, String recorded, List<Candidate> candidates) {
    return new EarlybirdException(
        "the recorded kernel \""
            + recorded
            + "\" for "
            + key
            + " does not exist here; there are "
            + candidates.stream().map(Candidate::name).toList());
  }
}
