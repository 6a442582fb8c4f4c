package io.earlybird.data.picture;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.data.Normalization;
import io.earlybird.data.picture.Resampler.Box;
import io.earlybird.golden.GoldenCase;
import io.earlybird.golden.GoldenRegistry;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Decoding, resizing, cutting and normalising against recorded pictures, bit for bit. */
class FolderImageGoldenTest {
  private final Resampler resampler = new Resampler();

  @TestFactory
  Stream<DynamicTest> imagenet() {
    return GoldenRegistry.tests(getClass(), "data/imagenet", this::check);
  }

  private void check(GoldenCase c) {
    assertThat(c.meta().required("images")).isNotEmpty();
    for (JsonNode image : c.meta().get("images")) {
      String name = image.required("image").asText();
      Picture picture = new Picture();
      try (PictureDecoder decoder = new PictureDecoder()) {
        decoder.decode(c.file(name + ".png"), picture);
      }
      assertThat(picture.width()).isEqualTo(image.required("width").asInt());
      assertThat(picture.height()).isEqualTo(image.required("height").asInt());

      byte[] crop = new byte[224 * 224 * 3];
      PictureTransform.evaluation(224).apply(picture, 0, 0, resampler, crop, 0);
      assertThat(crop).as(name).isEqualTo(c.npy(name + ".resize256_crop224.u8.npy").bytes());
      checkMiddle(crop, c.floats(name + ".normalized_center16.npy"));
      for (int k = 0; image.has("region" + k); k++) {
        checkRegion(c, name, k, image.get("region" + k), picture);
      }
    }
  }

  /** Rows and columns 104 to 119 of the normalised crop, [3,16,16]. */
  private static void checkMiddle(byte[] crop, float[] recorded) {
    float[][] table = Normalization.IMAGENET.table();
    for (int i = 0; i < recorded.length; i++) {
      int channel = i / 256;
      int row = 104 + i / 16 % 16;
      int column = 104 + i % 16;
      assertThat(table[channel][crop[(row * 224 + column) * 3 + channel] & 0xFF])
          .isEqualTo(recorded[i]);
    }
  }

  private void checkRegion(GoldenCase c, String name, int k, JsonNode region, Picture picture) {
    Box box =
        new Box(
            region.required("left").asInt(),
            region.required("top").asInt(),
            region.required("width").asInt(),
            region.required("height").asInt());
    int to = region.required("to").asInt();
    Box whole = new Box(0, 0, to, to);
    byte[] recorded = c.npy(name + ".region" + k + "_to" + to + ".u8.npy").bytes();
    byte[] out = new byte[to * to * 3];
    resampler.resize(picture, box, to, to, whole, false, out, 0);
    assertThat(out).as(name + " region " + k).isEqualTo(recorded);
    resampler.resize(picture, box, to, to, whole, true, out, 0);
    for (int i = 0; i < out.length; i++) {
      int mirrored = i / (to * 3) * to * 3 + (to - 1 - i / 3 % to) * 3 + i % 3;
      assertThat(out[i]).isEqualTo(recorded[mirrored]);
    }
  }
}
