package io.earlybird.nn;

import io.earlybird.tensor.Assign;
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

  private final Mode mode;
  private final List<Assign> assigns = new ArrayList<>();

  private ForwardPass(Mode mode) {
    this.mode = mode;
  }

  /** Batch norm uses the batch's statistics and moves the running ones. */
  public static ForwardPass training() {
    return new ForwardPass(Mode.TRAINING);
  }

  /** Batch norm uses the running statistics; nothing changes. */
  public static ForwardPass evaluation() {
    return new ForwardPass(Mode.EVALUATION);
  }

  /**
   * As {@link #evaluation()}, but a channel selection that keeps everything still makes a node: the
   * graph then shows where channels may be chosen. For analysis, not for running.
   */
  public static ForwardPass structure() {
    return new ForwardPass(Mode.STRUCTURE);
  }

  boolean isTraining() {
    return mode == Mode.TRAINING;
  }

  boolean showsStructure() {
    return mode == Mode.STRUCTURE;
  }

  void record(Assign assign) {
    assigns.add(assign);
  }

  /** The state changes recorded so far; empty unless training. */
  public List<Assign> assigns() {
    return List.copyOf(assigns);
  }
}
