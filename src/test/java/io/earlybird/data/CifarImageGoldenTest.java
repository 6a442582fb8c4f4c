package io.earlybird.data;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.golden.GoldenCase;
import io.earlybird.golden.GoldenRegistry;
import io.earlybird.random.Augmentation;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Normalisation, crop and mirroring against recorded pictures, bit for bit. */
class CifarImageGoldenTest {
  private static final Pattern CROP = Pattern.compile(".*\\.aug_t(\\d+)_l(\\d+)_f([01])");

  @TestFactory
  Stream<DynamicTest> augmented() {
    return GoldenRegistry.tests(getClass(), "data/cifar/augmented", this::check);
  }

  private void check(GoldenCase c) {
    String image = c.meta().required("image").asText();
    int[] shape = c.npy(image + ".rgb_u8.npy").shape();
    byte[] bytes = c.npy(image + ".rgb_u8.npy").bytes();
    Normalization normalization =
        new Normalization(
            floats(c.json("index.json").required("mean")),
            floats(c.json("index.json").required("std")));
    assertThat(normalization).isEqualTo(Normalization.CIFAR);
    float[] scaled = planes(new float[][] {scale(), scale(), scale()}, bytes);
    assertThat(scaled).isEqualTo(c.floats(image + ".totensor.npy"));
    float[] plain = planes(normalization.table(), bytes);
    assertThat(plain).isEqualTo(c.floats(image + ".normalized.npy"));

    assertThat(c.meta().required("augmented")).isNotEmpty();
    for (JsonNode name : c.meta().get("augmented")) {
      Matcher crop = CROP.matcher(name.asText());
      assertThat(crop.matches()).as(name.asText()).isTrue();
      Augmentation augmentation =
          new Augmentation(
              Integer.parseInt(crop.group(1)),
              Integer.parseInt(crop.group(2)),
              crop.group(3).equals("1"));
      byte[] cropped = new byte[bytes.length];
      augmentation.crop(bytes, 0, shape[0], shape[1], 3, Augmentation.PAD, cropped, 0);
      assertThat(cropped).isEqualTo(c.npy(name.asText() + ".u8.npy").bytes());
      float[] values = new float[bytes.length];
      augmentation.apply(
          bytes, 0, shape[0], shape[1], Augmentation.PAD, normalization.table(), values, 0);
      assertThat(planar(values)).isEqualTo(c.floats(name.asText() + ".normalized.npy"));
    }
  }

  private static float[] scale() {
    float[] scale = new float[256];
    for (int v = 0; v < 256; v++) {
      scale[v] = v / 255f;
    }
    return scale;
  }

  /** Looks every byte [H,W,C] up and transposes to [C,H,W]. */
  private static float[] planes(float[][] table, byte[] bytes) {
    float[] values = new float[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      values[i] = table[i % 3][bytes[i] & 0xFF];
    }
    return planar(values);
  }

  private static float[] planar(float[] values) {
    float[] planes = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      planes[i % 3 * (values.length / 3) + i / 3] = values[i];
    }
    return planes;
  }

  private static List<Float> floats(JsonNode numbers) {
    List<Float> floats = new ArrayList<>();
    numbers.forEach(number -> floats.add((float) number.asDouble()));
    return floats;
  }
}
