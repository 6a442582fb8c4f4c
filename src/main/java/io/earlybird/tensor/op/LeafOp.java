package io.earlybird.tensor.op;

/** An op without operands and without a kernel: its value comes from outside the plan. */
public sealed interface LeafOp extends Op permits Placeholder, ReadVariable {}
