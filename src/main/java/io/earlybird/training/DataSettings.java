package io.earlybird.training;

import io.earlybird.EarlybirdException;
import io.earlybird.data.ValidationSplit;

/**
 * Which pictures; the names are those of the command line's options.
 *
 * @param dataset name of the data set
 * @param data folder or archive that holds it, or null for the usual place
 * @param trainImages train on the first so many pictures only; 0 for all
 * @param testImages test on the first so many pictures only; 0 for all
 * @param valSplit fraction or number of the training pictures that are held back, and take the
 *     place of the test pictures; null for none
 */
public record DataSettings(
    String dataset, String data, int trainImages, int testImages, String valSplit) {
  /**
   * Checks the numbers.
   *
   * @throws EarlybirdException if one is negative or the split is none
   */
  public DataSettings {
    if (trainImages < 0 || testImages < 0) {
      throw new EarlybirdException(
          "--train-images and --test-images must be at least 0, not "
              + Math.min(trainImages, testImages));
    }
    if (valSplit != null) {
      ValidationSplit.parse(valSplit);
    }
  }
}
