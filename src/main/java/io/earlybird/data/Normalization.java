package io.earlybird.data;

import java.util.List;

/**
 * Mean and deviation per colour channel, on the scale where a byte of 255 is 1.
 *
 * @param mean one value per channel
 * @param deviation one value per channel, positive
 * @param threshold what is not above it becomes 0 before it is normalised; 0 changes nothing
 */
public record Normalization(List<Float> mean, List<Float> deviation, float threshold) {
  /** What the original uses for CIFAR-10 and CIFAR-100 alike. */
  public static final Normalization CIFAR =
      new Normalization(List.of(.4914f, .4822f, .4465f), List.of(.2023f, .1994f, .2010f));

  /** What the original uses for ImageNet. */
  public static final Normalization IMAGENET =
      new Normalization(List.of(.485f, .456f, .406f), List.of(.229f, .224f, .225f));

  /** Without a threshold. */
  public Normalization(List<Float> mean, List<Float> deviation) {
    this(mean, deviation, 0);
  }

  /** The same with a threshold. */
  public Normalization above(float newThreshold) {
    return new Normalization(mean, deviation, newThreshold);
  }

  /** Checks the lengths. */
  public Normalization {
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
    if (mean.size() != deviation.size() || mean.isEmpty()) {
      throw new IllegalArgumentException("mean and deviation need one value per channel");
    }
  }

  /** Number of channels. */
  public int channels() {
    return mean.size();
  }

  /**
   * The normalised value of every byte, [channels][256]: {@code (v / 255 - mean) / deviation}, each
   * step rounded to float, which gives the bits of torchvision's ToTensor followed by Normalize.
   */
  public float[][] table() {
    float[][] table = new float[channels()][256];
    for (int c = 0; c < table.length; c++) {
      for (int v = 0; v < 256; v++) {
        float value = v / 255f > threshold ? v / 255f : 0;
        table[c][v] = (value - mean.get(c)) / deviation.get(c);
      }
    }
    return table;
  }
}
