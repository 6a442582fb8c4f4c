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

  /**
   * What stands around the products of a network; by itself nothing. Each method adds to a graph.
   */
  public interface Around {
    /**
     * Before a convolution or linear layer.
     *
     * @param x its input
     * @param layer its name
     */
    default Tensor input(Tensor x, String layer) {
      return x;
    }

    /**
     * Between a convolution or linear layer and its weight.
     *
     * @param w the weight as it is stored
     */
    default Tensor weight(Tensor w) {
      return w;
    }

    /**
     * Behind a convolution.
     *
     * @param y its result, {@code [N,OH,OW,O]}
     * @param layer its name
     */
    default Tensor result(Tensor y, String layer) {
      return y;
    }
  }

  private static final Around NOTHING = new Around() {};

  private final Mode mode;
  private final Around around;
  private final List<Assign> assigns = new ArrayList<>();

  private ForwardPass(Mode mode, Around around) {
    this.mode = mode;
    this.around = around;
  }

  /** Batch norm uses the batch's statistics and moves the running ones. */
  public static ForwardPass training() {
    return training(NOTHING);
  }

  /** As {@link #training()}, with something around every product. */
  public static ForwardPass training(Around around) {
    return new ForwardPass(Mode.TRAINING, around);
  }

  /** Batch norm uses the running statistics; nothing changes. */
  public static ForwardPass evaluation() {
    return evaluation(NOTHING);
  }

  /** As {@link #evaluation()}, with something around every product. */
  public static ForwardPass evaluation(Around around) {
    return new ForwardPass(Mode.EVALUATION, around);
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

  Around around() {
    return around;
  }

  void record(Assign assign) {
    assigns.add(assign);
  }

  /** The state changes recorded so far; empty unless training. */
  public List<Assign> assigns() {
    return List.copyOf(assigns);
  }
}
