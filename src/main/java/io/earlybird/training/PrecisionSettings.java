package io.earlybird.training;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.EarlybirdException;
import io.earlybird.lowprecision.LowPrecision;
import io.earlybird.tensor.format.Rounding;

/**
 * In how many bits a network is trained, and whether its weights are averaged; the names are those
 * of the command line's options.
 *
 * @param lpFlow what is quantized: {@code original} or {@code full}, see {@link LowPrecision.Flow}
 * @param wlWeight bits of parameters; -1 for full precision, as for the others
 * @param wlGrad bits of their gradients
 * @param wlActivate bits of what comes out of a convolution
 * @param wlError bits of the gradients that go back into it
 * @param wlMomentum bits of momenta
 * @param rounding {@code nearest} or {@code stochastic}
 * @param swa whether weights are averaged
 * @param swaStart index of the first epoch after which they are
 * @param retrainPrecision how a pipeline trains tickets: {@code same} (LL) or {@code fp32} (LF)
 */
public record PrecisionSettings(
    String lpFlow,
    int wlWeight,
    int wlGrad,
    int wlActivate,
    int wlError,
    int wlMomentum,
    String rounding,
    boolean swa,
    int swaStart,
    String retrainPrecision) {
  /** The first averaged epoch of the original's scripts. */
  public static final int SWA_START = 140;

  /** Full precision, no averaging. */
  public static final PrecisionSettings FULL =
      new PrecisionSettings("original", -1, -1, -1, -1, -1, "stochastic", false, SWA_START, "same");

  /**
   * Checks the values.
   *
   * @throws EarlybirdException naming the option and what it expects
   */
  public PrecisionSettings {
    oneOf("--lp-flow", lpFlow, "original", "full");
    oneOf("--rounding", rounding, "nearest", "stochastic");
    oneOf("--retrain-precision", retrainPrecision, "same", "fp32");
    if (swaStart < 0) {
      throw new EarlybirdException("--swa_start must be at least 0, not " + swaStart);
    }
    of(wlWeight, wlGrad, wlActivate, wlError, wlMomentum, rounding, lpFlow);
  }

  private static void oneOf(String option, String value, String... known) {
    for (String k : known) {
      if (k.equals(value)) {
        return;
      }
    }
    throw new EarlybirdException(
        option + " must be " + String.join(" or ", known) + ", not '" + value + "'");
  }

  private static LowPrecision of(
      int weight, int grad, int activate, int error, int momentum, String rounding, String flow) {
    Rounding how = rounding.equals("nearest") ? Rounding.NEAREST : Rounding.STOCHASTIC;
    return new LowPrecision(weight, grad, activate, error, momentum, how)
        .in(flow.equals("full") ? LowPrecision.Flow.FULL : LowPrecision.Flow.ORIGINAL);
  }

  /**
   * Checks them against the length of training.
   *
   * @throws EarlybirdException if weights are to be averaged after the last epoch
   */
  void checkEpochs(int epochs) {
    if (swa && swaStart >= epochs) {
      throw new EarlybirdException(
          String.format(
              "--swa_start %d: there is no network to average, since training ends after %d epochs",
              swaStart, epochs));
    }
  }

  /**
   * The recipe of training.
   *
   * @param retraining whether a ticket is trained, not the dense network
   */
  @JsonIgnore
  public LowPrecision lowPrecision(boolean retraining) {
    return retraining && retrainPrecision.equals("fp32")
        ? LowPrecision.NONE
        : of(wlWeight, wlGrad, wlActivate, wlError, wlMomentum, rounding, lpFlow);
  }

  /** Whether an epoch's weights are averaged. */
  boolean averages(int epoch) {
    return swa && epoch >= swaStart;
  }

  /**
   * The recipe that a checkpoint's network was trained with: full precision where it does not say.
   *
   * @param configuration a checkpoint's configuration, or null
   */
  static LowPrecision recorded(JsonNode configuration) {
    JsonNode p = configuration == null ? null : configuration.get("precision");
    if (p == null || !p.has("wl-weight")) {
      return LowPrecision.NONE;
    }
    return of(
        p.path("wl-weight").asInt(-1),
        p.path("wl-grad").asInt(-1),
        p.path("wl-activate").asInt(-1),
        p.path("wl-error").asInt(-1),
        p.path("wl-momentum").asInt(-1),
        p.path("rounding").asText("stochastic"),
        p.path("lp-flow").asText("original"));
  }
}
