package io.earlybird.backend.reference;

import io.earlybird.tensor.op.Op;

/** The living definition of one op. */
@FunctionalInterface
interface OpKernel<O extends Op> {
  /** Computes all results of {@code op}. */
  void run(O op, Arguments a);
}
