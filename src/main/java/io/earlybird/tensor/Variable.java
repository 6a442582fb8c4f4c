package io.earlybird.tensor;

import io.earlybird.tensor.op.ReadVariable;
import java.util.List;

/**
 * A named tensor that outlives a step: a parameter, a momentum, a running statistic, a counter or
 * resident data. Its value lives in the state region of a run; the graph reads it through {@link
 * #read()} and changes it through an {@link Assign}. Identity matters: two variables are the same
 * only if they are the same object.
 */
public final class Variable {
  /** What a variable is for. It decides what a checkpoint keeps and what an optimizer touches. */
  public enum Kind {
    /** Trained by gradient descent. */
    PARAMETER,
    /** Optimizer memory that belongs to a parameter. */
    MOMENTUM,
    /** Running mean or variance of a batch norm, or an average of weights. */
    STATISTIC,
    /** Step counters, cursors, metric sums, learning rate and other scalars of a run. */
    CONTROL,
    /** Resident training or test data; never part of a checkpoint. */
    DATA
  }

  private final String name;
  private final TensorSpec spec;
  private final TensorSpec stored;
  private final Kind kind;
  private final Tensor read;

  /**
   * Declares a variable.
   *
   * @param name stable name; the original's state-dict key for parameters and statistics
   * @param spec shape and element type
   * @param kind what it is for
   */
  public Variable(String name, TensorSpec spec, Kind kind) {
    this(name, spec, kind, spec);
  }

  /**
   * Declares a variable that has room for more than it holds: zeros lie behind the end of
   * dimensions. Steps compute with them; whoever writes or reads the variable does not see them.
   *
   * @param stored shape with that room, of the same rank and element type
   */
  public Variable(String name, TensorSpec spec, Kind kind, TensorSpec stored) {
    this.name = name;
    this.spec = spec;
    this.stored = stored;
    this.kind = kind;
    this.read = Node.of(new ReadVariable(this), List.of()).output(0);
  }

  /** A trainable 32-bit parameter. */
  public static Variable parameter(String name, int... dims) {
    return new Variable(name, TensorSpec.f32(dims), Kind.PARAMETER);
  }

  /** A trainable 32-bit parameter with room for more, see {@link #stored()}. */
  public static Variable parameter(String name, TensorSpec spec, TensorSpec stored) {
    return new Variable(name, spec, Kind.PARAMETER, stored);
  }

  /** Stable name. */
  public String name() {
    return name;
  }

  /** Shape and element type. */
  public TensorSpec spec() {
    return spec;
  }

  /** Shape with room, and element type: those of {@link #read()}. */
  public TensorSpec stored() {
    return stored;
  }

  /** Shape. */
  public Shape shape() {
    return spec.shape();
  }

  /** What it is for. */
  public Kind kind() {
    return kind;
  }

  /** The value this variable has at the start of the step. */
  public Tensor read() {
    return read;
  }

  /** The state change "this variable becomes {@code value} at the end of the step". */
  public Assign assign(Tensor value) {
    return new Assign(this, value);
  }

  @Override
  public String toString() {
    return name + ":" + spec;
  }
}
