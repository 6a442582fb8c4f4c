package io.earlybird.energy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.stream.Stream;

/**
 * Names of the methods that the energy table compares, and how a run's records name them. A run
 * lists its networks in {@code summary.json} as {@code dense} or {@code NAME P%}; {@code ticket} is
 * EB Train, in the way that the run's settings say.
 */
public final class Methods {
  /** The dense network, trained to the end. */
  public static final String DENSE = "dense";

  /** Lottery ticket, one shot: train, prune, train again from the first weights. */
  public static final String LOTTERY = "lottery ticket";

  /** SNIP; known from the paper alone. */
  public static final String SNIP = "SNIP";

  /** Network slimming: train, prune, train on. */
  public static final String SLIMMING = "network slimming";

  /** ThiNet. */
  public static final String THINET = "ThiNet";

  /** EB Train with fresh weights. */
  public static final String REINIT = "EB Train re-init";

  /** EB Train with inherited weights. */
  public static final String EB = "EB Train";

  /** EB Train, searched in low precision, trained in full. */
  public static final String LF = "EB Train LF";

  /** EB Train, all in low precision. */
  public static final String LL = "EB Train LL";

  /** Ending of the names of other methods where the search was in low precision. */
  private static final String LOW = "; low precision";

  /** The order of the rows; others come after these. */
  public static final List<String> ORDER =
      List.of(DENSE, LOTTERY, SNIP, SLIMMING, THINET, REINIT, EB, LF, LL);

  /** What others are compared with. */
  public static final List<String> BASELINES = List.of(DENSE, LOTTERY, SLIMMING);

  private Methods() {}

  /**
   * The method of a network.
   *
   * @param name as the summary has it, without the ratio
   * @param config the run's settings
   */
  static String of(String name, JsonNode config) {
    JsonNode bits = config.path("precision");
    boolean low =
        Stream.of("wl-weight", "wl-grad", "wl-activate", "wl-error", "wl-momentum")
            .anyMatch(option -> bits.path(option).asInt(-1) > 0);
    boolean full = bits.path("retrain-precision").asText().equals("fp32");
    boolean fresh = config.path("retraining").path("method").asText().equals("reinit");
    String trained = !low ? "" : full ? " LF" : " LL";
    return switch (name) {
      case "ticket" -> (fresh ? REINIT : EB) + trained;
      case "reinit" -> REINIT + trained;
      case "full-precision" -> LF;
      default -> name.replace('-', ' ') + (low ? LOW : "");
    };
  }
}
