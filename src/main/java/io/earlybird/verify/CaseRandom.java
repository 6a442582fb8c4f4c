package io.earlybird.verify;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Channels;
import java.util.Random;
import java.util.stream.IntStream;

/** The seeded source of shapes and values for one case. */
final class CaseRandom {
  /** Channel counts around vector widths. */
  private static final int[] CHANNELS = {1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 48, 64, 65};

  private static final float[] FINITE_SPECIALS = {
    0f, -0f, Float.MIN_VALUE, -Float.MIN_VALUE, 0x1.8p-127f, Float.MIN_NORMAL
  };
  private static final float[] SPECIALS = {
    Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -0f, 0x1.8p-130f
  };

  private final Random random;
  private final boolean special;
  private final boolean large;

  /**
   * A source.
   *
   * @param special whether tensors made by {@link #wild} hold NaN, infinities, zeros of both signs
   *     and subnormal numbers
   * @param large whether shapes shall be big enough for several threads
   */
  CaseRandom(long seed, boolean special, boolean large) {
    this.random = new Random(seed);
    this.special = special;
    this.large = large;
  }

  /** One of the given numbers. */
  int pick(int... choices) {
    return choices[random.nextInt(choices.length)];
  }

  /** An integer in [low, high]. */
  int between(int low, int high) {
    return low + random.nextInt(high - low + 1);
  }

  boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  long nextLong() {
    return random.nextLong();
  }

  /** A value in [low, high). */
  float uniform(double low, double high) {
    return (float) (low + (high - low) * random.nextDouble());
  }

  int channels() {
    return pick(CHANNELS);
  }

  int batch() {
    return between(1, 5);
  }

  /** An image's height or width. */
  int extent() {
    return large ? between(14, 19) : between(1, 9);
  }

  /** A shape {@code [N,H,W,C]}. */
  Shape images() {
    return Shape.of(batch(), extent(), extent(), channels());
  }

  /** A shape {@code [...,C]} of rank 1 to 4. */
  Shape anyShape() {
    return switch (between(1, 4)) {
      case 1 -> Shape.of(large ? 70_001 : pick(1, 2, 3, 7, 16, 33, 64, 65, 257, 4098));
      case 2 -> Shape.of(between(1, 40), channels());
      case 3 -> Shape.of(batch(), extent(), channels());
      default -> images();
    };
  }

  /** A non-empty choice among {@code extent} channels. */
  Channels kept(int extent) {
    double share = uniform(0.1, 1.1);
    int[] kept = IntStream.range(0, extent).filter(i -> chance(share)).toArray();
    return Channels.of(kept.length == 0 ? new int[] {between(0, extent - 1)} : kept);
  }

  /** Normal deviates. */
  HostTensor normal(int... dims) {
    return normal(Shape.of(dims), 0, 1);
  }

  /** Normal deviates of the given mean and deviation. */
  HostTensor normal(Shape shape, double mean, double deviation) {
    float[] values = new float[Math.toIntExact(shape.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (mean + deviation * random.nextGaussian());
    }
    return HostTensor.of(values, shape.dims());
  }

  /** Values in [low, high). */
  HostTensor uniform(double low, double high, int... dims) {
    float[] values = new float[Math.toIntExact(Shape.of(dims).size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = uniform(low, high);
    }
    return HostTensor.of(values, dims);
  }

  /** Integers in [0, n). */
  HostTensor integers(int n, int count) {
    return HostTensor.of(random.ints(count, 0, n).toArray(), count);
  }

  /** Normal deviates, rounded to integers in some cases so that there are ties. */
  HostTensor withTies(Shape shape) {
    HostTensor t = wild(shape);
    if (chance(0.5)) {
      for (int i = 0; i < shape.size(); i++) {
        t.buffer().putFloat(4 * i, (float) Math.rint(t.get(i)));
      }
    }
    return t;
  }

  /** {@link #wild(Shape)}. */
  HostTensor wild(int... dims) {
    return wild(Shape.of(dims));
  }

  /** Normal deviates among which, in a special case, there are special numbers. */
  HostTensor wild(Shape shape) {
    HostTensor t = normal(shape, 0, 1);
    for (int i = 0; i < t.spec().size(); i++) {
      if (random.nextInt(16) == 0) {
        t.buffer().putFloat(4 * i, FINITE_SPECIALS[random.nextInt(FINITE_SPECIALS.length)]);
      }
    }
    if (special && t.spec().size() > 0) {
      int count = 1 + (int) (t.spec().size() / 64);
      for (int k = 0; k < count; k++) {
        int at = random.nextInt(Math.toIntExact(t.spec().size()));
        t.buffer().putFloat(4 * at, SPECIALS[random.nextInt(SPECIALS.length)]);
      }
    }
    return t;
  }

  /** Uniform random bytes. */
  HostTensor bytes(int... dims) {
    byte[] values = new byte[Math.toIntExact(Shape.of(dims).size())];
    random.nextBytes(values);
    return HostTensor.of(values, dims);
  }

  /** The numbers 0 to n - 1 in random order. */
  HostTensor permutation(int n) {
    int[] order = IntStream.range(0, n).toArray();
    for (int i = n - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
    return HostTensor.of(order, n);
  }

  /** Distinct doubles in random order, apart from each other and from zero by 4 / size. */
  HostTensor distinct(Shape shape) {
    int n = Math.toIntExact(shape.size());
    double[] order = permutation(n).doubles();
    for (int i = 0; i < n; i++) {
      order[i] = 4 * (order[i] + 0.25) / n - 2;
    }
    return HostTensor.ofDoubles(TensorSpec.of(DType.F64, shape.dims()), order);
  }
}
