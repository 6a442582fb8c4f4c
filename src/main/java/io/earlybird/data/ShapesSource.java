package io.earlybird.data;

import io.earlybird.random.Philox;
import java.util.List;
import java.util.stream.IntStream;

/**
 * {@code shapes}: a built-in set of 32x32 colour pictures in ten classes, drawn by a program, for a
 * first run without any download.
 *
 * <p>Every picture is a pure function of (seed, split, index), the same on every machine: picture i
 * shows class {@code i % 10}. Training and test pictures come from different random streams. It is
 * made hard enough to mean something: a linear classifier on the normalised pixels stays far below
 * 40%, a small convolutional network learns it to 85 to 97% in a minute.
 */
public final class ShapesSource implements DataSource {
  /** Seed of the set that {@code --dataset shapes} means. */
  public static final long SEED = 20200426;

  /** Training pictures of the set that {@code --dataset shapes} means. */
  public static final int TRAIN_SIZE = 8000;

  /** Test pictures of the set that {@code --dataset shapes} means. */
  public static final int TEST_SIZE = 2000;

  private static final int CHUNK = 100;

  private final long seed;
  private final int trainSize;
  private final int testSize;

  /** The standard set. */
  public ShapesSource() {
    this(SEED, TRAIN_SIZE, TEST_SIZE);
  }

  /** Another set of the same kind. */
  public ShapesSource(long seed, int trainSize, int testSize) {
    this.seed = seed;
    this.trainSize = trainSize;
    this.testSize = testSize;
  }

  @Override
  public String name() {
    return "shapes";
  }

  @Override
  public List<String> classNames() {
    return ShapeKind.names();
  }

  @Override
  public ImageSet load(Split split) {
    int size = split == Split.TRAIN ? trainSize : testSize;
    int imageBytes = ShapePainter.SIZE * ShapePainter.SIZE * ShapePainter.CHANNELS;
    int scene = Philox.hash("shapes/" + split.label(), "scene");
    int noise = Philox.hash("shapes/" + split.label(), "noise");
    ShapeKind[] kinds = ShapeKind.values();
    byte[] pixels = new byte[size * imageBytes];
    int[] labels = new int[size];
    IntStream.range(0, (size + CHUNK - 1) / CHUNK)
        .parallel()
        .forEach(
            chunk -> {
              ShapePainter painter = new ShapePainter();
              for (int i = chunk * CHUNK; i < Math.min(size, (chunk + 1) * CHUNK); i++) {
                labels[i] = i % kinds.length;
                painter.paint(kinds[labels[i]], seed, i, scene, noise, pixels, i * imageBytes);
              }
            });
    return new ImageSet(
        "shapes " + split.label(),
        ShapePainter.SIZE,
        ShapePainter.SIZE,
        ShapePainter.CHANNELS,
        pixels,
        labels,
        classNames(),
        Normalization.CIFAR);
  }
}
