package io.earlybird.data;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.data.ImageFilter.Kind;
import io.earlybird.golden.GoldenCase;
import io.earlybird.golden.GoldenRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The filters and the threshold against recorded pictures. */
class ImageFilterGoldenTest {
  private static final Pattern THRESHOLD =
      Pattern.compile("(.+?)(?:\\.|_)sparsify_gt([0-9.]+)\\.normalized\\.npy");

  @TestFactory
  Stream<DynamicTest> lowpass() {
    return GoldenRegistry.tests(getClass(), "data/cifar/lowpass", this::checkLowPass);
  }

  @TestFactory
  Stream<DynamicTest> highpass() {
    return GoldenRegistry.tests(getClass(), "data/cifar/highpass", this::checkHighPass);
  }

  @TestFactory
  Stream<DynamicTest> behaviour() {
    return GoldenRegistry.tests(getClass(), "data/behaviour", this::checkBehaviour);
  }

  private static String sigma(GoldenCase c) {
    double sigma = c.meta().required("sigma").asDouble();
    return sigma == Math.rint(sigma) ? Integer.toString((int) sigma) : Double.toString(sigma);
  }

  /** Bit for bit, after each axis and as a whole. */
  private void checkLowPass(GoldenCase c) throws Exception {
    String image = c.meta().required("image").asText();
    String name = image + ".lowpass_s" + sigma(c);
    double sigma = c.meta().required("sigma").asDouble();
    LowPass filter = new LowPass(sigma);
    JsonNode kernel = c.json("index.json").required("lowpass_kernels").required(sigma(c));
    double[] weights = filter.weights();
    assertThat(weights).hasSize(kernel.required("radius").asInt() + 1);
    for (int i = 0; i < weights.length; i++) {
      double recorded = kernel.required("weights").get(weights.length - 1 + i).asDouble();
      assertThat(weights[i]).isEqualTo(recorded);
    }
    int[] shape = c.npy(image + ".rgb_u8.npy").shape();
    byte[] picture = c.npy(image + ".rgb_u8.npy").bytes();
    byte[] rows = filter.along(picture, shape[0], shape[1] * 3);
    assertThat(rows).isEqualTo(c.npy(name + ".after_axis0.u8.npy").bytes());
    byte[] columns = filter.along(rows, shape[1], 3);
    assertThat(columns).isEqualTo(c.npy(name + ".after_axis1.u8.npy").bytes());
    assertThat(filter.along(columns, 3, 1)).isEqualTo(c.npy(name + ".after_axis2.u8.npy").bytes());

    ImageSet filtered = new ImageFilter(Kind.LOWPASS, sigma).apply(set(picture, shape));
    assertThat(filtered.pixels()).isEqualTo(c.npy(name + ".u8.npy").bytes());
    assertThat(normalized(filtered)).isEqualTo(c.floats(name + ".normalized.npy"));
    checkThresholds(c, name, filtered);
    checkThresholds(c, image, set(picture, shape));
  }

  /** The normalised values with each recorded threshold of this picture, bit for bit. */
  private static void checkThresholds(GoldenCase c, String name, ImageSet set) throws Exception {
    List<Path> files;
    try (Stream<Path> all = Files.list(c.dir())) {
      files = all.toList();
    }
    for (Path file : files) {
      Matcher matcher = THRESHOLD.matcher(file.getFileName().toString());
      if (matcher.matches() && matcher.group(1).equals(name)) {
        float threshold = (float) Double.parseDouble(matcher.group(2));
        Pictures sparse = set.normalizedBy(set.normalization().above(threshold));
        assertThat(normalized((ImageSet) sparse))
            .as(file.toString())
            .isEqualTo(c.floats(file.getFileName().toString()));
      }
    }
  }

  private void checkHighPass(GoldenCase c) {
    String image = c.meta().required("image").asText();
    String name = image + ".highpass_s" + sigma(c);
    int[] shape = c.npy(image + ".rgb_u8.npy").shape();
    byte[] picture = c.npy(image + ".rgb_u8.npy").bytes();
    byte[] recordedGrey = c.npy(image + ".gray_u8.npy").bytes();
    int[] grey = HighPass.grey(picture);
    for (int i = 0; i < grey.length; i++) {
      assertThat(grey[i]).isEqualTo(recordedGrey[i] & 0xFF);
    }
    double sigma = c.meta().required("sigma").asDouble();
    double[] filtered = new HighPass(sigma, shape[0], shape[1]).filter(grey);
    assertThat(filtered)
        .usingComparatorWithPrecision(1e-9)
        .containsExactly(c.npy(name + ".before_rescale_f64.npy").doubles());
    assertThat(HighPass.rescale(filtered))
        .usingComparatorWithPrecision(1e-9)
        .containsExactly(c.npy(name + ".rescaled_f64.npy").doubles());

    ImageSet set = new ImageFilter(Kind.HIGHPASS, sigma).apply(set(picture, shape));
    byte[] recorded = c.npy(name + ".u8.npy").bytes();
    int different = 0;
    for (int i = 0; i < recorded.length; i++) {
      int difference = Math.abs((set.pixels()[i] & 0xFF) - (recorded[i] & 0xFF));
      assertThat(difference).isLessThanOrEqualTo(1);
      different += difference;
    }
    // Only where a value lies on the edge between two bytes.
    assertThat(different).isLessThanOrEqualTo(recorded.length / 100);
  }

  private void checkBehaviour(GoldenCase c) {
    byte[] flat = new byte[16 * 16 * 3];
    java.util.Arrays.fill(flat, (byte) 119);
    assertThat(new ImageFilter(Kind.HIGHPASS, 1).apply(set(flat, 16, 16, 3)).pixels())
        .containsOnly(c.meta().required("constant_image_values").get(0).asInt());
    assertThat(c.meta().required("sigma0_lowpass").asText()).endsWith("identity: True");
    byte[] ramp = new byte[flat.length];
    for (int i = 0; i < ramp.length; i++) {
      ramp[i] = (byte) i;
    }
    assertThat(new ImageFilter(Kind.LOWPASS, 0).apply(set(ramp, 16, 16, 3)).pixels())
        .isEqualTo(ramp);
  }

  private static ImageSet set(byte[] picture, int... shape) {
    return new ImageSet(
        "one picture",
        shape[0],
        shape[1],
        3,
        picture,
        new int[1],
        List.of("class"),
        Normalization.CIFAR);
  }

  /** Normalised values [C,H,W]. */
  private static float[] normalized(ImageSet set) {
    float[][] table = set.normalization().table();
    byte[] bytes = set.pixels();
    float[] planes = new float[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      planes[i % 3 * (bytes.length / 3) + i / 3] = table[i % 3][bytes[i] & 0xFF];
    }
    return planes;
  }
}
