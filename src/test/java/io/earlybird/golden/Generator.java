package io.earlybird.golden;

import java.nio.charset.StandardCharsets;

/**
 * The deterministic generator of the recorded cases: FNV-1a over {@code seed:name} gives a key,
 * splitmix64 over the element index gives 24 random bits.
 */
public final class Generator {
  private Generator() {}

  /** FNV-1a, 64 bits, of the UTF-8 bytes. */
  public static long fnv1a64(String text) {
    long hash = 0xcbf29ce484222325L;
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    return hash;
  }

  /** Element {@code i} of the uniform numbers in [0,1) that belong to a seed and a name. */
  public static double uniform(long seed, String name, long i) {
    return uniform(fnv1a64(seed + ":" + name), i);
  }

  /** {@code n} values in [lo,hi), times {@code scale}, rounded once to float32. */
  public static float[] values(long seed, String name, int n, double lo, double hi, double scale) {
    long key = fnv1a64(seed + ":" + name);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) ((lo + (hi - lo) * uniform(key, i)) * scale);
    }
    return values;
  }

  /** A case's input: name {@code input}, values in [-2,2), N,C,H,W. */
  public static GoldenTensor input(long seed, int... shape) {
    return GoldenTensor.of(
        "input", shape, values(seed, "input", GoldenTensor.count(shape), -2, 2, 1));
  }

  /** A case's labels: name {@code label}, {@code floor(u * classes)}. */
  public static int[] labels(long seed, int n, int classes) {
    int[] labels = new int[n];
    for (int i = 0; i < n; i++) {
      labels[i] = (int) (uniform(seed, "label", i) * classes);
    }
    return labels;
  }

  private static double uniform(long key, long i) {
    long z = key + (i + 1) * 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    z ^= z >>> 31;
    return (z >>> 40) * 0x1p-24;
  }
}
