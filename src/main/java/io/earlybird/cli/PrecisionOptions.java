package io.earlybird.cli;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.Backends;
import io.earlybird.backend.Precision;
import io.earlybird.lowprecision.LowPrecision;
import io.earlybird.training.PrecisionSettings;
import java.util.Arrays;
import java.util.Locale;
import picocli.CommandLine.Option;

/** In how many bits a network is trained, and whether its weights are averaged. */
final class PrecisionOptions {
  private static final int BFP8 = 8;
  private static final String BFP = "bfp8";

  @Option(
      names = "--precision",
      paramLabel = "NAME",
      defaultValue = "fp32",
      description =
          "fp32; bf16: activations and products in bf16, weights and sums in fp32; tf32, on GPUs;"
              + " bfp8: 8-bit block floating point wherever no --wl-* says otherwise."
              + " Default: ${DEFAULT-VALUE}.")
  private String precision;

  @Option(
      names = "--lp-flow",
      paramLabel = "NAME",
      defaultValue = "original",
      description =
          "What low precision quantizes beside the optimizer's tensors: original, what comes out of"
              + " convolutions and the gradients that go back into them; full, the operands of all"
              + " products, which are then multiplied as bf16 numbers. Default: ${DEFAULT-VALUE}.")
  private String flow;

  @Option(
      names = "--wl-weight",
      paramLabel = "BITS",
      description = "Word length of weights, 2 to 16; -1 for full precision.")
  private Integer weight;

  @Option(
      names = "--wl-grad",
      paramLabel = "BITS",
      description = "Word length of the weights' gradients.")
  private Integer grad;

  @Option(names = "--wl-activate", paramLabel = "BITS", description = "Word length of activations.")
  private Integer activate;

  @Option(
      names = "--wl-error",
      paramLabel = "BITS",
      description = "Word length of the activations' gradients.")
  private Integer error;

  @Option(names = "--wl-momentum", paramLabel = "BITS", description = "Word length of momenta.")
  private Integer momentum;

  @Option(
      names = "--rounding",
      paramLabel = "NAME",
      defaultValue = "stochastic",
      description = "nearest or stochastic. Default: ${DEFAULT-VALUE}.")
  private String rounding;

  /** How the backend computes. */
  Precision engine() {
    return precision.equals(BFP) ? Precision.FP32 : Precision.of(precision);
  }

  /** The recipe alone. */
  LowPrecision lowPrecision() {
    return settings(null).lowPrecision(false);
  }

  /** A name for reports: the precision of the backend, or the word lengths. */
  String label(Backend backend) {
    LowPrecision p = lowPrecision();
    if (p.isFull()) {
      return Backends.precision(backend).label();
    }
    String all =
        LowPrecision.of(p.weight() < 0 ? BFP8 : p.weight(), p.rounding()).in(p.flow()).equals(p)
            ? "bfp" + p.weight()
            : String.format(
                Locale.ROOT,
                "bfp w%d g%d a%d e%d m%d",
                p.weight(),
                p.grad(),
                p.activate(),
                p.error(),
                p.momentum());
    return all + " " + flow + " " + rounding;
  }

  /** Whether any of the word lengths was given, by itself or by a name. */
  boolean isGiven() {
    return !lowPrecision().isFull();
  }

  /**
   * The choice.
   *
   * @param averaging whether and how weights are averaged; null if they are not
   */
  PrecisionSettings settings(AveragingOptions averaging) {
    if (!precision.equals(BFP)
        && Arrays.stream(Precision.values()).noneMatch(p -> p.label().equals(precision))) {
      throw new EarlybirdException(
          "unknown precision '" + precision + "': expected fp32, tf32, bf16 or bfp8");
    }
    return new PrecisionSettings(
        flow,
        bits(weight),
        bits(grad),
        bits(activate),
        bits(error),
        bits(momentum),
        rounding,
        averaging != null && averaging.swa(),
        averaging == null ? PrecisionSettings.SWA_START : averaging.start(),
        averaging == null ? "same" : averaging.retrainPrecision());
  }

  private int bits(Integer given) {
    return given != null ? given : precision.equals(BFP) ? BFP8 : LowPrecision.FULL;
  }
}
