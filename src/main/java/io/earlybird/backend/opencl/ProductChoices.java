package io.earlybird.backend.opencl;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which kernel computes each product. The first time the candidates are measured; from then on, or
 * if a record of an earlier run says so, the choice stays, because another kernel may sum in
 * another order and give other bits.
 */
final class ProductChoices {
  /** Products of fewer multiplications are not worth a search. */
  private static final long WORTH_A_SEARCH = 1L << 22;

  private final OpenClBackend backend;
  private final Map<String, String> recorded;
  private final Map<String, String> remembered = new TreeMap<>();

  ProductChoices(OpenClBackend backend, Map<String, String> recorded) {
    this.backend = backend;
    this.recorded = new TreeMap<>(recorded);
  }

  Map<String, String> names() {
    return Map.copyOf(recorded);
  }

  void remember(Map<String, String> choices) {
    remembered.putAll(choices);
  }

  /** Notes a choice that was made elsewhere. */
  void record(String what, String choice) {
    recorded.put(what, choice);
  }

  /**
   * Prepares the kernel of choice.
   *
   * @param candidates at least one that is offered, the likeliest first
   * @param multiplications how much there is to do
   * @throws EarlybirdException if a recorded kernel is not among the candidates
   */
  Kernel choose(KernelRequest request, List<ProductCandidate> candidates, long multiplications) {
    String key = request.op() + " " + request.inputs();
    String name = recorded.get(key);
    if (name != null) {
      return named(candidates, name, key);
    }
    List<ProductCandidate> offered = candidates.stream().filter(c -> c.offered()).toList();
    String earlier = remembered.get(key);
    ProductCandidate choice =
        offered.stream()
            .filter(c -> c.name().equals(earlier))
            .findFirst()
            .orElseGet(
                () ->
                    multiplications < WORTH_A_SEARCH || offered.size() == 1
                        ? offered.get(0)
                        : fastest(offered));
    recorded.put(key, choice.name());
    return choice.prepare();
  }

  private static Kernel named(List<ProductCandidate> candidates, String name, String key) {
    return candidates.stream()
        .filter(c -> c.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new EarlybirdException(
                    "opencl: the recorded kernel \""
                        + name
                        + "\" for "
                        + key
                        + " does not exist here; there are "
                        + candidates.stream().map(ProductCandidate::name).toList()))
        .prepare();
  }

  private ProductCandidate fastest(List<ProductCandidate> candidates) {
    ProductCandidate best = candidates.get(0);
    double least = Double.POSITIVE_INFINITY;
    for (ProductCandidate candidate : candidates) {
      try (Kernel kernel = candidate.prepare()) {
        double seconds = KernelTimer.seconds(backend, kernel, least);
        if (seconds < least) {
          best = candidate;
          least = seconds;
        }
      }
    }
    return best;
  }
}
