package io.earlybird.data.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.earlybird.data.picture.Resampler.Box;
import org.junit.jupiter.api.Test;

class TransformTest {
  private final Resampler resampler = new Resampler();

  private static Picture ramp(int width, int height) {
    Picture picture = new Picture();
    picture.resize(width, height);
    for (int i = 0; i < width * height; i++) {
      int x = i % width;
      int y = i / width;
      picture.pixels()[i] = x % 256 << 24 | y % 256 << 16 | (x + y) % 256 << 8;
    }
    return picture;
  }

  private byte[] resize(Picture p, Box region, int width, int height) {
    byte[] out = new byte[width * height * 3];
    resampler.resize(p, region, width, height, new Box(0, 0, width, height), false, out, 0);
    return out;
  }

  @Test
  void theSameSizeIsTheSamePicture() {
    Picture picture = ramp(50, 40);
    byte[] out = resize(picture, new Box(10, 5, 30, 20), 30, 20);
    for (int i = 0; i < 600; i++) {
      assertThat(out[3 * i] & 0xFF).isEqualTo(10 + i % 30);
      assertThat(out[3 * i + 1] & 0xFF).isEqualTo(5 + i / 30);
    }
  }

  @Test
  void aRampStaysARampInsideWhenReducedAndEnlarged() {
    for (int factor : new int[] {2, 3}) {
      byte[] small = resize(ramp(120, 120), new Box(0, 0, 120, 120), 120 / factor, 120 / factor);
      int row = 120 / factor * (60 / factor) * 3;
      for (int x = 5; x < 120 / factor - 5; x++) {
        double center = (x + 0.5) * factor - 0.5;
        assertThat((double) (small[row + 3 * x] & 0xFF)).isEqualTo(center, within(0.51));
      }
    }
    byte[] large = resize(ramp(30, 30), new Box(0, 0, 30, 30), 60, 60);
    for (int x = 2; x < 58; x++) {
      assertThat((double) (large[3 * x] & 0xFF)).isEqualTo((x + 0.5) / 2 - 0.5, within(0.51));
    }
  }

  @Test
  void aWindowIsAPartOfTheWhole() {
    Picture picture = ramp(97, 61);
    Box all = new Box(0, 0, 97, 61);
    byte[] whole = resize(picture, all, 40, 30);
    byte[] window = new byte[12 * 9 * 3];
    resampler.resize(picture, all, 40, 30, new Box(7, 11, 12, 9), false, window, 0);
    for (int i = 0; i < window.length; i++) {
      int y = 11 + i / 36;
      int x = 7 + i / 3 % 12;
      assertThat(window[i]).isEqualTo(whole[(y * 40 + x) * 3 + i % 3]);
    }
  }

  @Test
  void regionsAreInsideAndFollowTheRule() {
    int mirrored = 0;
    double areas = 0;
    int n = 2000;
    for (int i = 0; i < n; i++) {
      RandomResizedCrop crop = RandomResizedCrop.draw(5, 3, i, 500, 375);
      Box box = crop.region();
      assertThat(box.left()).isBetween(0, 500 - box.width());
      assertThat(box.top()).isBetween(0, 375 - box.height());
      double area = (double) box.width() * box.height() / (500 * 375);
      assertThat(area).isBetween(0.078, 1.0);
      assertThat((double) box.width() / box.height()).isBetween(0.74, 1.35);
      areas += area;
      mirrored += crop.mirror() ? 1 : 0;
    }
    // Large areas with a narrow ratio do not fit and are drawn again.
    assertThat(areas / n).isBetween(0.42, 0.45);
    assertThat(mirrored).isBetween(n * 45 / 100, n * 55 / 100);
  }

  @Test
  void aDrawDependsOnSeedEpochAndPictureAlone() {
    RandomResizedCrop draw = RandomResizedCrop.draw(1, 2, 3, 640, 480);
    assertThat(RandomResizedCrop.draw(1, 2, 3, 640, 480)).isEqualTo(draw);
    assertThat(RandomResizedCrop.draw(2, 2, 3, 640, 480)).isNotEqualTo(draw);
    assertThat(RandomResizedCrop.draw(1, 3, 3, 640, 480)).isNotEqualTo(draw);
    assertThat(RandomResizedCrop.draw(1, 2, 4, 640, 480)).isNotEqualTo(draw);
  }

  @Test
  void whatIsFarTooWideOrHighIsCutInTheMiddle() {
    assertThat(RandomResizedCrop.draw(1, 0, 0, 4000, 3).region()).isEqualTo(new Box(1998, 0, 4, 3));
    assertThat(RandomResizedCrop.draw(1, 0, 0, 3, 4000).region()).isEqualTo(new Box(0, 1998, 3, 4));
  }
}
