package io.earlybird.backend;

import java.util.Map;

/**
 * Which backend to open, and how.
 *
 * @param name one of {@link Backends#NAMES}
 * @param threads processor threads; 0 for all that the process may use
 * @param device number of the device, where the backend has several
 * @param precision how it computes; a processor that cannot multiply bf16 numbers computes in fp32
 *     and says so
 * @param nondeterministic whether the cuda backend may use kernels that add in varying order
 * @param choices kernels of an earlier run, which this one must use too; for others this machine
 *     remembers what it measured once
 */
public record BackendOptions(
    String name,
    int threads,
    int device,
    Precision precision,
    boolean nondeterministic,
    Map<String, String> choices) {
  /** Copies. */
  public BackendOptions {
    choices = Map.copyOf(choices);
  }
}
