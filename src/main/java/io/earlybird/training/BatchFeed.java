package io.earlybird.training;

import io.earlybird.data.ImageFolder;
import io.earlybird.data.ImageSet;
import io.earlybird.data.Pictures;
import io.earlybird.plan.Session;
import io.earlybird.tensor.Assign;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.Variable;

/**
 * Where the batches of a plan come from. Part of it is in the plan (normalisation, and for pictures
 * on the device crops and the choice of pictures), part may be done by the host before a step.
 */
interface BatchFeed extends AutoCloseable {
  /** What a feed is for. */
  enum Use {
    TRAINING("train"),
    EVALUATION("evaluation");

    private final String prefix;

    Use(String prefix) {
      this.prefix = prefix;
    }

    /** Prefix of the names of the feed's variables. */
    String prefix() {
      return prefix;
    }
  }

  /**
   * A feed on a session that the caller keeps; {@link #write} comes before the first step.
   *
   * @param batchSize largest number of pictures of a batch
   * @param seed seed of crops and mirroring, which only training has
   */
  static BatchFeed of(
      Session session, Pictures pictures, Use use, int batchSize, long seed, Loading loading) {
    if (pictures instanceof ImageSet set) {
      return new ResidentImages(session, set, use, seed);
    }
    return new StreamedImages(session, (ImageFolder) pictures, use, batchSize, seed, loading);
  }

  /** Number of pictures of an epoch. */
  int size();

  /**
   * The next batch, as a part of a plan.
   *
   * @param batch number of pictures
   * @param step global step, {@code [1]} of I64
   * @return pictures {@code [batch,H,W,C]}, labels {@code [batch]}
   */
  Node batch(int batch, Tensor step);

  /** The cursor moves on by a batch, as a part of a plan. */
  Assign advance(int batch);

  /** Position in the order at which the next batch begins, {@code [1]} of I64. */
  Variable cursor();

  /** Gives the variables their values; the order is that of the pictures. */
  void write();

  /**
   * An epoch begins, or goes on.
   *
   * @param epoch its index, from 0
   * @param order the order of the pictures, {@code [size]}
   * @param firstBatch the batch that comes first
   */
  void begin(int epoch, int[] order, int firstBatch);

  /**
   * Sees to it that the next batch is on the device.
   *
   * @param pictures how many it has
   * @return how many it really has: fewer if damaged ones were left out
   */
  int supply(int pictures);

  /** Seconds for which steps had to wait for pictures so far; NaN if they never have to. */
  double waitedSeconds();

  /** Number of different damaged pictures that were passed over so far. */
  int damaged();

  @Override
  void close();
}
