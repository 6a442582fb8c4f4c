package io.earlybird.cli;

import io.earlybird.data.ImageFilter;
import io.earlybird.training.DataSettings;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which pictures. */
final class DataOptions {
  @Option(
      names = "--dataset",
      paramLabel = "NAME",
      defaultValue = "cifar10",
      description =
          "Data set: cifar10, cifar100, imagenet (any folders train/CLASS and val/CLASS of JPEG or"
              + " PNG pictures), shapes (built in). Default: ${DEFAULT-VALUE}.")
  private String dataset;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Where CIFAR lies, packed or unpacked, or the folder with train and val. Default:"
              + " data.cifar10, data.cifar100, data.imagenet.")
  private Path data;

  @Option(
      names = "--train-images",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Train on N pictures only (the first; of folders evenly spread); 0 for all."
              + " Default: ${DEFAULT-VALUE}.")
  private int trainImages;

  @Option(
      names = "--test-images",
      paramLabel = "N",
      defaultValue = "0",
      description = "Test on N pictures only; 0 for all. Default: ${DEFAULT-VALUE}.")
  private int testImages;

  /** Read by {@link Downloads}. */
  @Option(
      names = Downloads.NOT,
      description = "Fail if CIFAR is not there, instead of downloading it from its authors.")
  private boolean noDownload;

  @Option(
      names = "--image-size",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Pixels a side that the pictures of folders are brought to; 0 for 224."
              + " Default: ${DEFAULT-VALUE}.")
  private int imageSize;

  @Option(
      names = {"--workers", "-j"},
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Threads that decode the pictures of folders; 0 for one per processor."
              + " Default: ${DEFAULT-VALUE}.")
  private int workers;

  @Option(
      names = "--skip-corrupt",
      negatable = true,
      description = "Name, count and pass over damaged pictures of folders instead of ending.")
  private boolean skipCorrupt;

  @Option(
      names = "--filter",
      paramLabel = "NAME",
      defaultValue = "none",
      description =
          "Filter the pictures first: none, lowpass, highpass. Default: ${DEFAULT-VALUE}.")
  private ImageFilter.Kind filter;

  @Option(
      names = "--sigma",
      paramLabel = "S",
      defaultValue = "1.0",
      description = "Width of the filter in pixels. Default: ${DEFAULT-VALUE}.")
  private double sigma;

  @Option(
      names = {"--sparsity_gt", "--sparsity-gt"},
      paramLabel = "T",
      defaultValue = "0.0",
      description =
          "Pixels not above T, on the scale from 0 to 1, become black; 0 changes nothing."
              + " Default: ${DEFAULT-VALUE}.")
  private double sparsityGt;

  /**
   * The choice.
   *
   * @param valSplit training pictures that are held back, or null
   */
  DataSettings settings(String valSplit) {
    return new DataSettings(
        dataset,
        data == null ? null : data.toString(),
        trainImages,
        testImages,
        valSplit,
        imageSize,
        workers,
        skipCorrupt,
        filter,
        sigma,
        sparsityGt);
  }
}
