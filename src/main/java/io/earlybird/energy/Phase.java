package io.earlybird.energy;

/** Names of the windows that the commands open. */
public final class Phase {
  /** Reading the data set, and setting the order of an epoch. */
  public static final String DATA_LOADING = "data loading";

  /** Training steps of the dense network. */
  public static final String SEARCH = "search";

  /** Taking masks and comparing them. */
  public static final String MASK_DISTANCE = "mask distance";

  /** Writing a ticket. */
  public static final String DRAWING = "drawing";

  /** Making the narrower network. */
  public static final String PRUNING = "pruning";

  /** Statistics of an averaged network over the training set. */
  public static final String BATCH_NORM = "batch-norm re-estimation";

  /** Training steps of a pruned network. */
  public static final String RETRAINING = "retraining";

  /** Loss and accuracy on the test set. */
  public static final String EVALUATION = "evaluation";

  private Phase() {}
}
