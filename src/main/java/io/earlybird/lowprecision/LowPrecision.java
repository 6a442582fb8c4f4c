package io.earlybird.lowprecision;

import io.earlybird.EarlybirdException;
import io.earlybird.nn.ForwardPass;
import io.earlybird.optim.Sgd;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.format.BlockFloat;
import io.earlybird.tensor.format.Rounding;
import io.earlybird.tensor.op.Quantize;

/**
 * Training in low precision as SWALP does it (Yang et al., ICML 2019): block floating point with
 * one shared exponent per index of dimension 0, that is per output channel of weights, per image of
 * activations and errors, per element of vectors. In the {@link Flow#ORIGINAL} flow a quantizer
 * stands behind every convolution and rounds what comes out of it (activations) and the gradient on
 * its way back into it (errors); in the {@link Flow#FULL} flow what goes into every product is
 * rounded. The optimizer rounds gradients, L1 term included, then takes an SGD step in full
 * precision, then rounds weights and momenta. A word length of -1 stands for full precision.
 *
 * <p>Random numbers of stochastic rounding depend on seed, step and a tensor's name alone; the
 * names are listed in docs/lowprecision.md.
 *
 * <pre>{@code
 * LowPrecision swalp = LowPrecision.of(8, Rounding.STOCHASTIC);
 * ForwardPass pass = ForwardPass.training(swalp.quantizers(seed, step.read()));
 * Tensor loss = network.forward(x, pass).softmaxCrossEntropy(labels).output(0);
 * Sgd sgd = new Sgd(parameters, scales, settings, swalp.optimizer(seed, step.read()));
 * List<Assign> update = sgd.step(loss).assigns();
 * }</pre>
 *
 * @param weight bits of parameters
 * @param grad bits of their gradients
 * @param activate bits of activations
 * @param error bits of their gradients
 * @param momentum bits of momenta
 * @param rounding how values in between are rounded
 * @param flow what is rounded
 */
public record LowPrecision(
    int weight, int grad, int activate, int error, int momentum, Rounding rounding, Flow flow) {
  /** What is rounded of activations, errors and weights. */
  public enum Flow {
    /**
     * The original's: activations where they come out of a convolution, errors where they go back
     * into one. Inputs of products are in full precision, and so are the first weights.
     */
    ORIGINAL,

    /**
     * Both operands of all products of convolutions: their input and that of the linear layer,
     * weights, the first ones included, and the errors that reach the output of convolutions.
     * Results of products are in full precision.
     */
    FULL
  }

  /** Stands for full precision in the place of a word length. */
  public static final int FULL = -1;

  /** Full precision everywhere. */
  public static final LowPrecision NONE =
      new LowPrecision(FULL, FULL, FULL, FULL, FULL, Rounding.NEAREST);

  private static final int BLOCK_DIMENSION = 0;

  /** In the original's flow. */
  public LowPrecision(
      int weight, int grad, int activate, int error, int momentum, Rounding rounding) {
    this(weight, grad, activate, error, momentum, rounding, Flow.ORIGINAL);
  }

  /**
   * Checks the word lengths.
   *
   * @throws EarlybirdException naming the option and what it expects
   */
  public LowPrecision {
    check("--wl-weight", weight);
    check("--wl-grad", grad);
    check("--wl-activate", activate);
    check("--wl-error", error);
    check("--wl-momentum", momentum);
  }

  private static void check(String option, int wordLength) {
    if (wordLength != FULL && (wordLength < 2 || wordLength > 16)) {
      throw new EarlybirdException(
          option + " must be 2 to 16 bits, or -1 for full precision, not " + wordLength);
    }
  }

  /** The same word length everywhere. */
  public static LowPrecision of(int wordLength, Rounding rounding) {
    return new LowPrecision(wordLength, wordLength, wordLength, wordLength, wordLength, rounding);
  }

  /** The same word lengths in another flow. */
  public LowPrecision in(Flow other) {
    return new LowPrecision(weight, grad, activate, error, momentum, rounding, other);
  }

  /** Whether nothing is rounded. */
  public boolean isFull() {
    return Math.max(Math.max(weight, grad), Math.max(Math.max(activate, error), momentum)) == FULL;
  }

  /**
   * The quantizers around products in training.
   *
   * @param seed key of random numbers
   * @param step number of the step, {@code [1]} of I64
   */
  public ForwardPass.Around quantizers(long seed, Tensor step) {
    return quantizers(seed, step, "");
  }

  /**
   * The quantizers around products in evaluation, whose random numbers are others than those of
   * training.
   *
   * @param seed key of random numbers
   * @param step tells batches apart, {@code [1]} of I64
   */
  public ForwardPass.Around evaluationQuantizers(long seed, Tensor step) {
    return quantizers(seed, step, "evaluation.");
  }

  private ForwardPass.Around quantizers(long seed, Tensor step, String prefix) {
    return flow == Flow.FULL
        ? new OperandQuantizers(this, seed, step, prefix)
        : new ResultQuantizers(this, seed, step, prefix);
  }

  /**
   * Where the optimizer rounds.
   *
   * @param seed key of random numbers
   * @param step number of the step, {@code [1]} of I64
   */
  public Sgd.Rounding optimizer(long seed, Tensor step) {
    return new Sgd.Rounding() {
      @Override
      public Tensor gradient(Variable p, Tensor g) {
        return rounded(g, grad, seed, step, "gradient." + p.name());
      }

      @Override
      public Tensor weight(Variable p, Tensor w) {
        return rounded(w, weight, seed, step, p.name());
      }

      @Override
      public Tensor momentum(Variable p, Tensor m) {
        return rounded(m, momentum, seed, step, "momentum." + p.name());
      }
    };
  }

  /** x in so many bits, by the recipe's rounding. */
  Tensor rounded(Tensor x, int wordLength, long seed, Tensor step, String name) {
    return wordLength == FULL ? x : quantize(wordLength, seed, name).apply(x, step);
  }

  /** How a tensor is rounded to so many bits. */
  Quantize quantize(int wordLength, long seed, String name) {
    BlockFloat format = format(wordLength);
    return rounding == Rounding.NEAREST
        ? Quantize.nearest(format)
        : new Quantize(format, rounding, seed, name);
  }

  static BlockFloat format(int wordLength) {
    return new BlockFloat(wordLength, BLOCK_DIMENSION);
  }
}
