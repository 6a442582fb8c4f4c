package io.earlybird.data;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The ten classes of {@link ShapesSource}, as sets of points around the origin, radius about 1. */
enum ShapeKind {
  CIRCLE {
    @Override
    boolean contains(double u, double v) {
      return u * u + v * v <= 0.72;
    }
  },
  RING {
    @Override
    boolean contains(double u, double v) {
      double square = u * u + v * v;
      return square <= 0.9 && square >= 0.32;
    }
  },
  SQUARE {
    @Override
    boolean contains(double u, double v) {
      return Math.abs(u) <= 0.74 && Math.abs(v) <= 0.74;
    }
  },
  TRIANGLE {
    @Override
    boolean contains(double u, double v) {
      return v >= -0.55 && 1.7320508075688772 * Math.abs(u) + v <= 1.1;
    }
  },
  CROSS {
    @Override
    boolean contains(double u, double v) {
      double low = Math.min(Math.abs(u), Math.abs(v));
      double high = Math.max(Math.abs(u), Math.abs(v));
      return low <= 0.27 && high <= 0.95;
    }
  },
  /** A pentagram: the points on the inner side of at least four of its five lines. */
  STAR {
    @Override
    boolean contains(double u, double v) {
      int inner = 0;
      for (int k = 0; k < 5; k++) {
        if (PENTAGON_X[k] * u + PENTAGON_Y[k] * v <= 0.36) {
          inner++;
        }
      }
      return inner >= 4;
    }
  },
  STRIPES {
    @Override
    boolean contains(double u, double v) {
      return Math.abs(u) <= 0.8 && Math.abs(v) <= 0.8 && ((int) ((v + 0.8) / 0.32) & 1) == 0;
    }
  },
  CHECKER {
    @Override
    boolean contains(double u, double v) {
      if (Math.abs(u) > 0.82 || Math.abs(v) > 0.82) {
        return false;
      }
      return ((int) ((u + 0.82) / 0.41) + (int) ((v + 0.82) / 0.41) & 1) == 0;
    }
  },
  CRESCENT {
    @Override
    boolean contains(double u, double v) {
      double bite = (u - 0.42) * (u - 0.42) + v * v;
      return u * u + v * v <= 0.85 && bite >= 0.5;
    }
  },
  ARROW {
    @Override
    boolean contains(double u, double v) {
      double height = Math.abs(v);
      return u <= 0.05 ? u >= -0.95 && height <= 0.2 : height <= (0.95 - u) * 0.8;
    }
  };

  private static final double[] PENTAGON_X = new double[5];
  private static final double[] PENTAGON_Y = new double[5];

  static {
    for (int k = 0; k < 5; k++) {
      PENTAGON_X[k] = StrictMath.cos(2 * Math.PI * k / 5);
      PENTAGON_Y[k] = StrictMath.sin(2 * Math.PI * k / 5);
    }
  }

  /** Whether a point of the shape's own plane belongs to it; |u|, |v| are at most 1.25 inside. */
  abstract boolean contains(double u, double v);

  static List<String> names() {
    return Arrays.stream(values()).map(kind -> kind.name().toLowerCase(Locale.ROOT)).toList();
  }
}
