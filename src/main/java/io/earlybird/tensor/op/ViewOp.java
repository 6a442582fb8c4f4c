package io.earlybird.tensor.op;

/**
 * An op whose result is one of its operands under another shape or for another purpose: it costs
 * nothing.
 */
public sealed interface ViewOp extends Op permits Reshape, StraightThrough {
  /** The operand that the result shows. */
  int viewed();
}
