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

  /** Writing it. */
  public static final String WRITING = "writing the pruned network";

  /** Statistics of an averaged network over the training set. */
  public static final String BATCH_NORM = "batch-norm re-estimation";

  /** Training steps of a pruned network. */
  public static final String RETRAINING = "retraining";

  /** Loss and accuracy on the test set. */
  public static final String EVALUATION = "evaluation";

  /** The same before a pruned network's first step. */
  public static final String EVALUATION_BEFORE = EVALUATION + " before training";

  /** The same of the dense network with a ticket's mask. */
  public static final String EVALUATION_MASKED = EVALUATION + " of the masked network";

  /** The same of the narrower network, which must agree with the masked one. */
  public static final String EVALUATION_PRUNED = EVALUATION + " of the pruned network";

  private Phase() {}

  /** Whether in a window of this name a network is judged, and nothing trained. */
  public static boolean isEvaluation(String name) {
    return name.startsWith(EVALUATION);
  }
}
