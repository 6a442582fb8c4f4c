package io.earlybird.data;

import io.earlybird.EarlybirdException;
import io.earlybird.random.Philox;
import java.util.Arrays;
import java.util.Locale;

/**
 * How many training pictures are held back to judge epochs by, so that the test pictures need not
 * be. Which ones is a pure function of the seed and the size of the set: those with the smallest
 * wide draws of the stream {@code split:validation} (step 0, element = index of the picture),
 * compared as unsigned numbers, equal draws by index.
 *
 * @param fraction share of the training pictures, in (0, 1); 0 if a number is given
 * @param count number of pictures, 1 or more; 0 if a fraction is given
 */
public record ValidationSplit(double fraction, int count) {
  private static final int DRAW = Philox.hash("split", "validation");

  /** Checks the numbers. */
  public ValidationSplit {
    boolean byFraction = count == 0 && fraction > 0 && fraction < 1;
    boolean byCount = fraction == 0 && count > 0;
    if (!byFraction && !byCount) {
      throw new EarlybirdException(
          "a validation split is a fraction between 0 and 1 or a number of pictures, not "
              + (count == 0 ? fraction : count));
    }
  }

  /**
   * Reads {@code 0.1} (a fraction) or {@code 5000} (a number).
   *
   * @throws EarlybirdException if the text is neither
   */
  public static ValidationSplit parse(String text) {
    if (text.matches("\\d{1,9}")) {
      return new ValidationSplit(0, Integer.parseInt(text));
    }
    if (text.matches("\\d*\\.\\d+")) {
      return new ValidationSplit(Double.parseDouble(text), 0);
    }
    throw new EarlybirdException(
        "a validation split is a fraction between 0 and 1 or a number of pictures, not '%s'"
            .formatted(text));
  }

  /** The text that {@link #parse} reads. */
  @Override
  public String toString() {
    return count > 0 ? Integer.toString(count) : Double.toString(fraction);
  }

  /**
   * The two parts of a training set, each in the order of the whole.
   *
   * @param training what is left to train on
   * @param validation what is held back
   */
  public record Parts(Pictures training, Pictures validation) {}

  /**
   * Splits a training set.
   *
   * @param seed seed of the run
   * @throws EarlybirdException if one of the parts would be empty
   */
  public Parts apply(Pictures whole, long seed) {
    int size = whole.size();
    int held = count > 0 ? count : (int) Math.round(fraction * size);
    if (held < 1 || held >= size) {
      throw new EarlybirdException(
          String.format(
              Locale.ROOT,
              "%s: a validation split of %s out of %d pictures leaves one part empty",
              whole.name(),
              this,
              size));
    }
    long[] keys = keys(size, seed);
    long[] sorted = keys.clone();
    Arrays.sort(sorted);
    long limit = sorted[held - 1];
    int[] training = new int[size - held];
    int[] validation = new int[held];
    int t = 0;
    int v = 0;
    for (int i = 0; i < size; i++) {
      if (keys[i] <= limit) {
        validation[v++] = i;
      } else {
        training[t++] = i;
      }
    }
    return new Parts(
        whole.select(whole.name(), training),
        whole.select(whole.name().replaceFirst("train$", "validation"), validation));
  }

  /** One key per picture, all different: its draw in the upper half, its index in the lower. */
  private static long[] keys(int size, long seed) {
    int[] draws = new int[size];
    Philox.words(seed, 0, 0, DRAW, draws, 0, size);
    long[] keys = new long[size];
    for (int i = 0; i < size; i++) {
      // The sign bit is flipped, so that signed order is the draws' unsigned order.
      keys[i] = ((long) (draws[i] ^ 0x80000000) << 32) | i;
    }
    return keys;
  }
}
