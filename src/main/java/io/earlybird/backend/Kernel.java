package io.earlybird.backend;

import java.util.List;

/** A prepared kernel for one op on fixed shapes: it knows its forms, not yet its buffers. */
public interface Kernel extends AutoCloseable {
  /** The form in which each operand is wanted. */
  List<Form> inputForms();

  /** The form in which each result is written. */
  List<Form> outputForms();

  /** Scratch bytes it needs while it runs. */
  default long scratchBytes() {
    return 0;
  }

  /**
   * Whether result {@code output} may be written over operand {@code input} (equal forms, the
   * kernel reads an element before it writes it).
   */
  default boolean mayOverwrite(int output, int input) {
    return false;
  }

  /** Which implementation was chosen, for the run's record; for example {@code brgconv:avx512}. */
  String choice();

  /** Binds the kernel to buffers. {@code scratch} is {@code null} if none is needed. */
  Launch bind(List<Slice> inputs, List<Slice> outputs, Slice scratch);

  /** Frees what the kernel holds; its launches must not run afterwards. */
  @Override
  default void close() {}
}
