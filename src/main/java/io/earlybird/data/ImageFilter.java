package io.earlybird.data;

import com.fasterxml.jackson.annotation.JsonValue;
import io.earlybird.EarlybirdException;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * What the original's search can do to its pictures first: blur them, or keep their edges only. The
 * values are those of its programs, quirks included.
 *
 * @param kind which filter
 * @param sigma width of the low-pass filter in pixels, 0 or more; for the high-pass filter the
 *     reciprocal of what is taken away, positive
 */
public record ImageFilter(Kind kind, double sigma) {
  /** The width when none is given. */
  public static final double USUAL_SIGMA = 1;

  /** The filters. */
  public enum Kind {
    /** The pictures as they are. */
    NONE,
    /** A Gaussian blur along rows, columns and, as in the original, colour channels. */
    LOWPASS,
    /** The grey picture less its blur, stretched to the whole range. */
    HIGHPASS;

    /** The name on the command line. */
    @JsonValue
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final int CHANNELS = 3;
  private static final double WIDEST = 64;

  /**
   * Checks the width.
   *
   * @throws EarlybirdException if it is out of range
   */
  public ImageFilter {
    boolean fits = sigma >= 0 && sigma <= WIDEST && (kind != Kind.HIGHPASS || sigma > 0);
    if (!fits) {
      throw new EarlybirdException(
          "--sigma must be from 0 to %.0f, above 0 for highpass, not %s".formatted(WIDEST, sigma));
    }
  }

  /** The filtered set; the set itself if there is nothing to do. */
  public ImageSet apply(ImageSet set) {
    if (kind == Kind.NONE) {
      return set;
    }
    byte[] out = new byte[set.pixels().length];
    int bytes = set.imageBytes();
    LowPass low = new LowPass(sigma);
    HighPass high = kind == Kind.HIGHPASS ? new HighPass(sigma, set.height(), set.width()) : null;
    IntStream.range(0, set.size())
        .parallel()
        .forEach(
            i -> {
              byte[] picture = new byte[bytes];
              System.arraycopy(set.pixels(), i * bytes, picture, 0, bytes);
              byte[] filtered =
                  kind == Kind.LOWPASS
                      ? low.apply(picture, set.height(), set.width(), CHANNELS)
                      : high.apply(picture);
              System.arraycopy(filtered, 0, out, i * bytes, bytes);
            });
    return set.withPixels(out);
  }
}
