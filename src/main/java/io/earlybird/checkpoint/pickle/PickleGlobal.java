package io.earlybird.checkpoint.pickle;

/**
 * A class or function that a pickle may name. Nothing is ever looked up or run: what "calling" it
 * means is written here, in Java, for the few names that are allowed.
 */
public interface PickleGlobal {
  /**
   * What the pickle gets for calling this with arguments.
   *
   * @return the value, null for None
   * @throws IllegalArgumentException if the arguments are not of the expected kind; the reader adds
   *     file and offset
   */
  Object call(PickleTuple arguments);

  /** An object whose state is set after it was made (opcode BUILD). */
  interface Buildable {
    /**
     * Sets the state.
     *
     * @throws IllegalArgumentException if the state is not of the expected kind
     */
    void build(Object state);
  }
}
