package io.earlybird.backend.reference;

import io.earlybird.tensor.Shape;
import java.util.List;

/**
 * What a reference kernel works on. Results may lie over operands, so a kernel loads every operand
 * before it stores a result.
 */
final class Arguments {
  private final List<Operand> inputs;
  private final List<Operand> outputs;
  private final boolean single;
  private final double[][] magnitudes;
  private final long[] terms;

  /**
   * Binds a kernel to its operands.
   *
   * @param single whether {@link #round} rounds to fp32 (otherwise it keeps doubles)
   * @param measures whether the kernel shall report magnitudes
   */
  Arguments(List<Operand> inputs, List<Operand> outputs, boolean single, boolean measures) {
    this.inputs = inputs;
    this.outputs = outputs;
    this.single = single;
    this.magnitudes = measures ? new double[outputs.size()][0] : null;
    this.terms = new long[outputs.size()];
  }

  int count() {
    return inputs.size();
  }

  Operand in(int i) {
    return inputs.get(i);
  }

  Operand out(int i) {
    return outputs.get(i);
  }

  /** Shape of operand {@code i}. */
  Shape shape(int i) {
    return inputs.get(i).shape();
  }

  /** Operand {@code i} as doubles. */
  double[] doubles(int i) {
    return inputs.get(i).doubles();
  }

  /** Stores result {@code i}. */
  void put(int i, double[] values) {
    outputs.get(i).put(values);
  }

  /** The value as the storage type holds it. */
  double round(double value) {
    return single ? (float) value : value;
  }

  /** Whether magnitudes are wanted; without, a kernel need not compute them. */
  boolean measures() {
    return magnitudes != null;
  }

  /**
   * Reports the error scale of result {@code i}, which is not bit-exact.
   *
   * @param magnitude per element, the sum of the magnitudes of everything that was added up
   * @param terms K, how many terms were added up
   */
  void magnitude(int i, double[] magnitude, long terms) {
    magnitudes[i] = magnitude;
    this.terms[i] = terms;
  }

  double[][] magnitudes() {
    return magnitudes;
  }

  long[] terms() {
    return terms;
  }
}
