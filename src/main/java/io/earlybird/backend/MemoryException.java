package io.earlybird.backend;

import io.earlybird.EarlybirdException;

/** A backend has less memory than is wanted. */
public final class MemoryException extends EarlybirdException {
  private static final long serialVersionUID = 1;

  /** What is left to other buffers, whose size depends on the batch as well. */
  private static final double USABLE = 0.9;

  private final long wanted;
  private final long free;

  /**
   * A failure.
   *
   * @param message one line: how much was wanted for what, and how much there is
   * @param wanted bytes
   * @param free bytes
   */
  public MemoryException(String message, long wanted, long free) {
    super(message);
    this.wanted = wanted;
    this.free = free;
  }

  /**
   * The same, naming a batch that fits, where the memory was for what grows with the batch.
   *
   * @param batch pictures for which it was wanted
   */
  public EarlybirdException withBatchThatFits(int batch) {
    long fits = (long) (USABLE * batch * Math.max(0, free) / Math.max(1, wanted));
    return fits < 1 || fits >= batch
        ? this
        : new EarlybirdException(getMessage() + ": about --batch-size " + fits + " fits", this);
  }
}
