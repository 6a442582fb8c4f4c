package io.earlybird.training;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.earlybird.EarlybirdException;
import io.earlybird.data.ImageFilter;
import io.earlybird.data.ImageFolder;
import io.earlybird.data.ValidationSplit;

/**
 * Which pictures; the names are those of the command line's options.
 *
 * @param dataset name of the data set
 * @param data folder or archive that holds it, or null for the usual place
 * @param trainImages train on so many pictures only; 0 for all
 * @param testImages test on so many pictures only; 0 for all
 * @param valSplit fraction or number of the training pictures that are held back, and take the
 *     place of the test pictures; null for none
 * @param imageSize rows and columns that the pictures of folders are brought to; 0 for the usual
 * @param workers threads that decode pictures of folders; 0 for one per processor
 * @param skipCorrupt whether damaged pictures of folders are passed over
 * @param filter what is done to the pictures before training: none, lowpass or highpass
 * @param sigma width of the filter
 * @param sparsityGt pixels not above this, on the scale from 0 to 1, become 0
 */
public record DataSettings(
    String dataset,
    String data,
    int trainImages,
    int testImages,
    String valSplit,
    int imageSize,
    int workers,
    boolean skipCorrupt,
    ImageFilter.Kind filter,
    double sigma,
    @JsonProperty("sparsity_gt") double sparsityGt) {
  private static final String FOLDERS = "imagenet";

  /**
   * Checks the numbers.
   *
   * @throws EarlybirdException if one is out of range, or does not go with the data set
   */
  @JsonCreator
  public DataSettings {
    if (trainImages < 0 || testImages < 0) {
      throw new EarlybirdException(
          "--train-images and --test-images must be at least 0, not "
              + Math.min(trainImages, testImages));
    }
    if (valSplit != null) {
      ValidationSplit.parse(valSplit);
    }
    boolean folders = dataset.equals(FOLDERS);
    if (imageSize != 0 && !folders) {
      throw new EarlybirdException(
          "--image-size is for --dataset imagenet; the pictures of %s have their own"
              .formatted(dataset));
    }
    new Loading(workers, skipCorrupt);
    new ImageFilter(filter, sigma);
    if (filter != ImageFilter.Kind.NONE && folders) {
      throw new EarlybirdException(
          "--filter is for data sets in memory, not for --dataset imagenet");
    }
    if (!(sparsityGt >= 0 && sparsityGt < 1)) {
      throw new EarlybirdException("--sparsity_gt must be in [0, 1), not " + sparsityGt);
    }
  }

  /** Pictures as they are. */
  public DataSettings(
      String dataset, String data, int trainImages, int testImages, String valSplit) {
    this(
        dataset,
        data,
        trainImages,
        testImages,
        valSplit,
        0,
        0,
        false,
        ImageFilter.Kind.NONE,
        ImageFilter.USUAL_SIGMA,
        0);
  }

  /** How pictures are read that don't fit into memory. */
  public Loading loading() {
    return new Loading(workers, skipCorrupt);
  }

  /** Rows and columns of the pictures of folders. */
  public int folderSize() {
    return imageSize == 0 ? ImageFolder.USUAL_SIZE : imageSize;
  }
}
