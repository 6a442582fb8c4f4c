package io.earlybird.random;

import java.nio.charset.StandardCharsets;

/**
 * Philox-4x32-10, the counter-based random generator of Salmon et al., "Parallel random numbers: as
 * easy as 1, 2, 3" (SC 2011), and the one way in which this project draws random numbers.
 *
 * <p>A draw is a pure function of (seed, element, step, name, purpose), so results do not depend on
 * backend, layout, padding, threads or resuming. The layout is a wire format; {@code
 * native/common/philox.h} computes the same bits, {@code docs/philox.md} lists every stream in use:
 *
 * <ul>
 *   <li>key word 0 is the low half of the 64-bit seed, key word 1 the high half;
 *   <li>counter word 0 is the element block, words 1 and 2 are the low and high half of the 64-bit
 *       step, word 3 is the 32-bit {@link #hash hash} of the stable tensor name and the purpose;
 *   <li>element = index in the unpadded logical order of the tensor (activations NHWC, weights
 *       OIHW);
 *   <li>a wide draw (17 to 32 bits) of element i is word {@code i & 3} of block {@code i >>> 2}; a
 *       narrow one (up to 16 bits) is a half of word {@code (i >>> 1) & 3} of block {@code i >>>
 *       3}: the low half for even elements, the high half for odd ones.
 * </ul>
 *
 * <p>Everything here is stateless and safe for use by many threads.
 */
public final class Philox {
  /** Number of 32-bit words in a block. */
  public static final int BLOCK_WORDS = 4;

  private static final int FNV_OFFSET = 0x811C9DC5;
  private static final int FNV_PRIME = 0x01000193;
  private static final int MULTIPLIER_0 = 0xD2511F53;
  private static final int MULTIPLIER_1 = 0xCD9E8D57;
  private static final int WEYL_0 = 0x9E3779B9;
  private static final int WEYL_1 = 0xBB67AE85;
  private static final int ROUNDS = 10;
  private static final int SHUFFLE = hash("shuffle", "order");

  private Philox() {}

  /**
   * Counter word 3: FNV-1a-32 of the UTF-8 bytes of {@code name + ':' + purpose}.
   *
   * @param name stable name of the tensor that is drawn for, e.g. {@code feature.0.weight}
   * @param purpose what the numbers are for, e.g. {@code init}
   */
  public static int hash(String name, String purpose) {
    int hash = FNV_OFFSET;
    for (byte b : (name + ':' + purpose).getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xFF)) * FNV_PRIME;
    }
    return hash;
  }

  /**
   * One block of four words. Allocates nothing.
   *
   * @param seed the key
   * @param block counter word 0, unsigned
   * @param step counter words 1 (low half) and 2 (high half)
   * @param hash counter word 3, from {@link #hash}
   * @param out receives the words in {@code out[0..3]}
   */
  public static void block(long seed, int block, long step, int hash, int[] out) {
    rounds(block, (int) step, (int) (step >>> 32), hash, (int) seed, (int) (seed >>> 32), out, 0);
  }

  /**
   * The wide draws of consecutive elements: {@code out[offset + i]} is the word of element {@code
   * first + i}.
   *
   * @param first first element, 0 or more; {@code first + count} is at most 2^34
   */
  public static void words(
      long seed, long first, long step, int hash, int[] out, int offset, int count) {
    int[] four = new int[BLOCK_WORDS];
    int done = 0;
    while (done < count) {
      long element = first + done;
      int lane = (int) element & 3;
      block(seed, (int) (element >>> 2), step, hash, four);
      int take = Math.min(BLOCK_WORDS - lane, count - done);
      System.arraycopy(four, lane, out, offset + done, take);
      done += take;
    }
  }

  /** The wide draw of one element (below 2^34). For bulk use {@link #words}. */
  public static int word(long seed, long element, long step, int hash) {
    int[] four = new int[BLOCK_WORDS];
    block(seed, (int) (element >>> 2), step, hash, four);
    return four[(int) element & 3];
  }

  /**
   * The narrow draw of one element (below 2^35), in [0, 65535].
   *
   * @see #narrow for drawing from a block that is at hand
   */
  public static int half(long seed, long element, long step, int hash) {
    int[] four = new int[BLOCK_WORDS];
    block(seed, (int) (element >>> 3), step, hash, four);
    return narrow(four, (int) element & 7);
  }

  /**
   * Narrow draw number {@code lane} of a block, in [0, 65535].
   *
   * @param four the words of block {@code element >>> 3}
   * @param lane {@code element & 7}
   */
  public static int narrow(int[] four, int lane) {
    int word = four[lane >>> 1];
    return (lane & 1) == 0 ? word & 0xFFFF : word >>> 16;
  }

  /**
   * A word as an integer in [0, n): {@code (word * n) >>> 32}, the word taken as unsigned. Off from
   * uniform by less than n / 2^32.
   *
   * @param n 1 or more
   */
  public static int bounded(int word, int n) {
    return (int) (((word & 0xFFFFFFFFL) * n) >>> 32);
  }

  /** A word as a float in [0, 1): its top 24 bits times 2^-24, exact. */
  public static float uniform(int word) {
    return (word >>> 8) * 0x1p-24f;
  }

  /**
   * Fills with normal deviates by Box and Muller's method, in double with {@link StrictMath}, so
   * that every machine gets the same bits. Elements 2i and 2i+1 come from the wide draws a and b of
   * the same two elements: with {@code r = sqrt(-2 ln((a + 1) 2^-32))} and {@code t = 2 pi b
   * 2^-32}, element 2i is {@code mean + deviation * r * cos(t)} and 2i+1 is {@code mean + deviation
   * * r * sin(t)}, rounded to float once.
   *
   * @param out one value per element, from element 0
   */
  public static void fillNormal(
      long seed, long step, int hash, double mean, double deviation, float[] out) {
    int[] four = new int[BLOCK_WORDS];
    double[] pair = new double[2];
    for (int i = 0; i < out.length; i += 2) {
      if ((i & 3) == 0) {
        block(seed, i >>> 2, step, hash, four);
      }
      boxMuller(four[i & 3], four[(i & 3) + 1], pair);
      out[i] = (float) (mean + deviation * pair[0]);
      if (i + 1 < out.length) {
        out[i + 1] = (float) (mean + deviation * pair[1]);
      }
    }
  }

  /**
   * Fills with uniform values in [low, high): {@code (float) (low + (high - low) * u)} in double,
   * with u the {@link #uniform} of the element's wide draw. (Rounding to float may yield {@code
   * high} itself.)
   */
  public static void fillUniform(
      long seed, long step, int hash, double low, double high, float[] out) {
    int[] four = new int[BLOCK_WORDS];
    for (int i = 0; i < out.length; i++) {
      if ((i & 3) == 0) {
        block(seed, i >>> 2, step, hash, four);
      }
      out[i] = (float) (low + (high - low) * uniform(four[i & 3]));
    }
  }

  /**
   * The order in which an epoch visits n samples: Fisher and Yates' shuffle of 0..n-1. For i from n
   * - 1 down to 1, positions i and {@code bounded(w, i + 1)} are swapped, where w is the wide draw
   * of element i at step {@code epoch} of the stream {@code shuffle:order}.
   *
   * @param epoch index of the epoch, from 0
   * @param n number of samples, 0 or more
   */
  public static int[] permutation(long seed, long epoch, int n) {
    int[] order = new int[n];
    permutation(seed, epoch, order);
    return order;
  }

  /** As {@link #permutation(long, long, int)} for all of {@code order}, allocating nothing big. */
  public static void permutation(long seed, long epoch, int[] order) {
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    int[] four = new int[BLOCK_WORDS];
    int held = -1;
    for (int i = order.length - 1; i > 0; i--) {
      if (i >>> 2 != held) {
        held = i >>> 2;
        block(seed, held, epoch, SHUFFLE, four);
      }
      int j = bounded(four[i & 3], i + 1);
      int swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
  }

  private static void boxMuller(int a, int b, double[] pair) {
    double radius = StrictMath.sqrt(-2 * StrictMath.log(((a & 0xFFFFFFFFL) + 1) * 0x1p-32));
    double angle = 2 * Math.PI * ((b & 0xFFFFFFFFL) * 0x1p-32);
    pair[0] = radius * StrictMath.cos(angle);
    pair[1] = radius * StrictMath.sin(angle);
  }

  /** The bare function on four counter words and two key words. */
  static void rounds(int c0, int c1, int c2, int c3, int k0, int k1, int[] out, int at) {
    for (int round = 0; round < ROUNDS; round++) {
      long p0 = (MULTIPLIER_0 & 0xFFFFFFFFL) * (c0 & 0xFFFFFFFFL);
      long p1 = (MULTIPLIER_1 & 0xFFFFFFFFL) * (c2 & 0xFFFFFFFFL);
      c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
      c1 = (int) p1;
      c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
      c3 = (int) p0;
      k0 += WEYL_0;
      k1 += WEYL_1;
    }
    out[at] = c0;
    out[at + 1] = c1;
    out[at + 2] = c2;
    out[at + 3] = c3;
  }
}
