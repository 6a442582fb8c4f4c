package io.earlybird.training;

/** Looks on while batches are trained. It is asked after each one, so it must be quick. */
@FunctionalInterface
public interface Watch {
  /**
   * Whether to go on.
   *
   * @param batches batches done in this epoch
   */
  boolean goOn(int batches);
}
