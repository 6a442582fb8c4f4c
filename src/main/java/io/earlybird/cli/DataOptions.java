package io.earlybird.cli;

import io.earlybird.training.DataSettings;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which pictures. */
final class DataOptions {
  @Option(
      names = "--dataset",
      paramLabel = "NAME",
      defaultValue = "cifar10",
      description = "Data set: cifar10, cifar100, shapes (built in). Default: ${DEFAULT-VALUE}.")
  private String dataset;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Where CIFAR lies, packed or unpacked. Default: data.cifar10, data.cifar100.")
  private Path data;

  @Option(
      names = "--train-images",
      paramLabel = "N",
      defaultValue = "0",
      description = "Train on the first N pictures only; 0 for all. Default: ${DEFAULT-VALUE}.")
  private int trainImages;

  @Option(
      names = "--test-images",
      paramLabel = "N",
      defaultValue = "0",
      description = "Test on the first N pictures only; 0 for all. Default: ${DEFAULT-VALUE}.")
  private int testImages;

  /** Read by {@link Downloads}. */
  @Option(
      names = Downloads.NOT,
      description = "Fail if CIFAR is not there, instead of downloading it from its authors.")
  private boolean noDownload;

  /**
   * The choice.
   *
   * @param valSplit training pictures that are held back, or null
   */
  DataSettings settings(String valSplit) {
    return new DataSettings(
        dataset, data == null ? null : data.toString(), trainImages, testImages, valSplit);
  }
}
