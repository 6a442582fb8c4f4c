package io.earlybird.backend.cpu;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which of several kernels computes an op on given shapes. The first time it is measured; from then
 * on, or if a record of an earlier run says so, it stays, because another kernel may sum in another
 * order and give other bits.
 */
final class KernelChoices {
  /** Where the weight does not lie as the choice for the same op and shapes would have it. */
  private static final String ELSEWHERE = " with its weight in another layout";

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
    return request.op()
        + " "
        + request.inputs()
        + " threads="
        + backend.threads()
        + ProductTypes.of(request, backend).suffix();
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
    return choose(key(request, backend), request, candidates, measure, backend);
  }

  private Kernel choose(
      String key,
      KernelRequest request,
      List<Candidate> candidates,
      boolean measure,
      CpuBackend backend) {
    String recorded = names.get(key);
    if (recorded != null) {
      Optional<Candidate> same = named(recorded, candidates);
      if (same.isPresent()) {
        return same.get().kernel().get();
      }
      if (recorded.startsWith(WeightLayout.AS_IS) && !key.endsWith(ELSEWHERE)) {
        return elsewhere(key + ELSEWHERE, recorded, request, candidates, measure, backend);
      }
      throw unknown(key, recorded, candidates);
    }
    Kernel kernel =
        measure && candidates.size() > 1
            ? measured(request, candidates, remembered.get(key), backend)
            : candidates.get(0).kernel().get();
    names.put(key, kernel.choice());
    return kernel;
  }

  /** The same code over the weight in its own layout if there is that, else a choice by itself. */
  private Kernel elsewhere(
      String key,
      String recorded,
      KernelRequest request,
      List<Candidate> candidates,
      boolean measure,
      CpuBackend backend) {
    String code = recorded.substring(WeightLayout.AS_IS.length());
    if (!names.containsKey(key) && named(code, candidates).isPresent()) {
      names.put(key, code);
    }
    return choose(key, request, candidates, measure, backend);
  }

  private static Optional<Candidate> named(String name, List<Candidate> candidates) {
    return candidates.stream().filter(c -> c.name().equals(name)).findFirst();
  }

  private static Kernel measured(
      KernelRequest request, List<Candidate> candidates, String earlier, CpuBackend backend) {
    return named(earlier, candidates)
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
