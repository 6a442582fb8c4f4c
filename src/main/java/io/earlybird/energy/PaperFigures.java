package io.earlybird.energy;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The figures in print: VGG-16 on CIFAR-10 and CIFAR-100, tables 2 and 3 of You et al., ICLR 2020,
 * and how its column of training FLOPs comes about. One unit is 5e13 FLOPs; a step counts as three
 * forward passes; the forward pass is rounded to 0.01 GFLOP before it is used; 50,000 pictures, 160
 * epochs.
 */
public final class PaperFigures {
  /** Epochs of a whole training. */
  public static final int EPOCHS = 160;

  /** To what the paper rounds the FLOPs of a forward pass. */
  static final double ROUNDING = 1e7;

  private static final double UNIT = 5e13;
  private static final int PICTURES = 50_000;
  private static final int FORWARDS_PER_STEP = 3;

  /**
   * One cell of the paper's tables.
   *
   * @param dataset {@code cifar10} or {@code cifar100}
   * @param method see {@link Methods}
   * @param ratio fraction of channels pruned
   * @param accuracy percent
   * @param kilojoules on the authors' device
   * @param flopUnits training FLOPs in units of 5e13
   */
  public record Cell(
      String dataset,
      String method,
      double ratio,
      double accuracy,
      double kilojoules,
      double flopUnits) {}

  /** Every cell. */
  public static final List<Cell> CELLS = cells();

  private PaperFigures() {}

  private static List<Cell> cells() {
    List<Cell> out = new ArrayList<>();
    double[] ten = {0.3, 0.5, 0.7};
    row(
        out,
        "cifar10",
        Methods.LOTTERY,
        ten,
        93.18,
        746.2,
        605,
        93.25,
        746.2,
        605,
        93.28,
        746.2,
        605);
    row(out, "cifar10", Methods.SNIP, ten, 93.20, 373.1, 302, 92.71, 373.1, 302, 92.30, 373.1, 302);
    row(
        out,
        "cifar10",
        Methods.SLIMMING,
        ten,
        93.05,
        617.1,
        547,
        92.96,
        590.7,
        514,
        92.70,
        553.8,
        475);
    row(
        out,
        "cifar10",
        Methods.THINET,
        ten,
        92.82,
        298.0,
        451,
        91.92,
        383.9,
        379,
        90.40,
        380.1,
        331);
    row(
        out,
        "cifar10",
        Methods.REINIT,
        ten,
        93.11,
        290.4,
        288,
        93.23,
        237.3,
        240,
        92.71,
        200.5,
        189);
    row(out, "cifar10", Methods.EB, ten, 93.39, 256.4, 253, 93.26, 213.4, 215, 92.71, 184.2, 197);
    row(out, "cifar10", Methods.LF, ten, 93.20, 250.1, 261, 93.19, 199.4, 214, 92.91, 170.3, 164);
    row(out, "cifar10", Methods.LL, ten, 93.25, 56.1, 261, 93.13, 43.1, 214, 92.60, 36.5, 164);
    double[] hundred = {0.1, 0.3, 0.5};
    row(
        out,
        "cifar100",
        Methods.LOTTERY,
        hundred,
        72.62,
        741.2,
        605,
        71.31,
        741.2,
        605,
        70.96,
        741.2,
        605);
    row(
        out,
        "cifar100",
        Methods.SNIP,
        hundred,
        71.55,
        370.6,
        302,
        70.83,
        370.6,
        302,
        70.35,
        370.6,
        302);
    row(
        out,
        "cifar100",
        Methods.SLIMMING,
        hundred,
        71.24,
        636.5,
        586,
        71.28,
        592.3,
        542,
        69.74,
        567.8,
        480);
    row(
        out,
        "cifar100",
        Methods.THINET,
        hundred,
        70.83,
        632.2,
        547,
        69.57,
        568.5,
        451,
        67.22,
        381.4,
        379);
    row(
        out,
        "cifar100",
        Methods.REINIT,
        hundred,
        71.65,
        345.3,
        326,
        71.48,
        300.0,
        273,
        69.66,
        246.8,
        212);
    row(
        out,
        "cifar100",
        Methods.EB,
        hundred,
        71.81,
        287.7,
        282,
        72.17,
        262.2,
        243,
        71.28,
        221.7,
        197);
    row(
        out,
        "cifar100",
        Methods.LF,
        hundred,
        71.60,
        270.5,
        277,
        71.50,
        262.7,
        252,
        70.27,
        208.7,
        194);
    row(out, "cifar100", Methods.LL, hundred, 71.34, 54.6, 277, 70.53, 64.4, 252, 69.91, 44.4, 194);
    return List.copyOf(out);
  }

  private static void row(
      List<Cell> out, String dataset, String method, double[] ratios, double... figures) {
    for (int i = 0; i < ratios.length; i++) {
      out.add(
          new Cell(
              dataset, method, ratios[i], figures[3 * i], figures[3 * i + 1], figures[3 * i + 2]));
    }
  }

  /** The cell of a method at a ratio; the paper has few. */
  public static Optional<Cell> find(String dataset, String method, double ratio) {
    return CELLS.stream()
        .filter(c -> c.dataset().equals(dataset) && c.method().equals(method))
        .filter(c -> Math.abs(c.ratio() - ratio) < 1e-9)
        .findFirst();
  }

  /** Training FLOPs in the paper's unit. */
  public static double units(double trainingFlops) {
    return trainingFlops / UNIT;
  }

  /**
   * Units of training a network, as the paper has them.
   *
   * @param forwardFlops of one picture
   */
  public static double trainingUnits(long forwardFlops, int epochs) {
    return units(rounded(forwardFlops) * FORWARDS_PER_STEP * PICTURES * epochs);
  }

  /** FLOPs of a forward pass as the paper rounds them. */
  static double rounded(double forwardFlops) {
    return Math.round(forwardFlops / ROUNDING) * ROUNDING;
  }

  /** Test accuracy of the unpruned network in print, percent; empty for other tasks. */
  public static OptionalDouble unpruned(MethodRun.Task task) {
    if (!isOurs(task)) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(task.dataset().equals("cifar10") ? 93.36 : 71.94);
  }

  private static boolean isOurs(MethodRun.Task task) {
    return task.network().equals("vgg16")
        && (task.dataset().equals("cifar10") || task.dataset().equals("cifar100"));
  }

  /** The cell of a method at a ratio for a task; empty unless the paper has that very task. */
  public static Optional<Cell> find(MethodRun.Task task, String method, double ratio) {
    return isOurs(task) ? find(task.dataset(), method, ratio) : Optional.empty();
  }

  /**
   * Units of EB Train with inherited weights, from those with fresh ones: the search is the same,
   * but the pruned network is trained for the epochs after the drawing only.
   *
   * @param dense units of a whole dense training
   * @param reinit units of EB Train re-init: the search and a whole training of the pruned network
   * @param epoch epochs of the search
   */
  public static double inherited(double dense, double reinit, int epoch) {
    double search = dense * epoch / EPOCHS;
    return search + (reinit - search) * (EPOCHS - epoch) / EPOCHS;
  }

  /**
   * Cells of the FLOP column that contradict others: whoever inherits weights trains the same
   * network for fewer epochs than whoever begins again.
   */
  public static List<String> inconsistencies() {
    List<String> out = new ArrayList<>();
    for (Cell eb : CELLS) {
      if (eb.method().equals(Methods.EB)) {
        Cell again = find(eb.dataset(), Methods.REINIT, eb.ratio()).orElseThrow();
        if (eb.flopUnits() > again.flopUnits()) {
          out.add(
              String.format(
                  Locale.ROOT,
                  "%s, %s, p = %.0f%%: %.0f units, above the %.0f of %s",
                  eb.dataset(),
                  eb.method(),
                  100 * eb.ratio(),
                  eb.flopUnits(),
                  again.flopUnits(),
                  again.method()));
        }
      }
    }
    return out;
  }
}
