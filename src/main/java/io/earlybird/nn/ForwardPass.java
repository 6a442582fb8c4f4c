package io.earlybird.nn;

import io.earlybird.tensor.Assign;
import io.earlybird.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * One use of a network in a graph: the mode in which its layers build their nodes, and the state
 * changes (running statistics) that come with it. A pass belongs to one graph.
 */
public final class ForwardPass {
  private enum Mode {
    TRAINING,
    EVALUATION,
    STRUCTURE
  }

  /** What follows every convolution. */
  @FunctionalInterface
  public interface AfterConvolution {
    /**
     * Adds to a graph.
     *
     * @param y the convolution's result, {@code [N,OH,OW,O]}
     * @param layer the convolution's name
     */
    Tensor apply(Tensor y, String layer);
  }

  private static final AfterConvolution NOTHING = (y, layer) -> y;

  private final Mode mode;
  private final AfterConvolution after;
  private final List<Assign> assigns = new ArrayList<>();

  private ForwardPass(Mode mode, AfterConvolution after) {
    this.mode = mode;
    this.after = after;
  }

  /** Batch norm uses the batch's statistics and moves the running ones. */
  public static ForwardPass training() {
    return training(NOTHING);
  }

  /** As {@link #training()}, with something behind every convolution. */
  public static ForwardPass training(AfterConvolution after) {
    return new ForwardPass(Mode.TRAINING, after);
  }

  /** Batch norm uses the running statistics; nothing changes. */
  public static ForwardPass evaluation() {
    return evaluation(NOTHING);
  }

  /** As {@link #evaluation()}, with something behind every convolution. */
  public static ForwardPass evaluation(AfterConvolution after) {
    return new ForwardPass(Mode.EVALUATION, after);
  }

  /**
   * As {@link #evaluation()}, but a channel selection that keeps everything still makes a node: the
   * graph then shows where channels may be chosen. For analysis, not for running.
   */
  public static ForwardPass structure() {
    return new ForwardPass(Mode.STRUCTURE, NOTHING);
  }

  boolean isTraining() {
    return mode == Mode.TRAINING;
  }

  boolean showsStructure() {
    return mode == Mode.STRUCTURE;
  }

  Tensor afterConvolution(Tensor y, String layer) {
    return after.apply(y, layer);
  }

  void record(Assign assign) {
    assigns.add(assign);
  }

  /** The state changes recorded so far; empty unless training. */
  public List<Assign> assigns() {
    return List.copyOf(assigns);
  }
}
