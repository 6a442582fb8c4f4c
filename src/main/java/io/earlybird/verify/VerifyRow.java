package io.earlybird.verify;

/**
 * One op on one backend.
 *
 * @param op name of the op
 * @param backend name of the backend, or {@code autograd} for a gradient rule
 * @param direction what was compared with what
 * @param cases shapes that ran
 * @param declined shapes that the backend does not support
 * @param exact whether all results had to be bit-exact
 * @param worstShare largest share of the tolerance that was used, 0 to 1 unless it failed; 0 where
 *     the op is bit-exact
 * @param verdict the verdict
 * @param failedCase number of the first failing case, or -1
 * @param detail the first failing case, with its number and shapes; why it is unsupported; or empty
 */
public record VerifyRow(
    String op,
    String backend,
    Direction direction,
    int cases,
    int declined,
    boolean exact,
    double worstShare,
    Verdict verdict,
    int failedCase,
    String detail) {
  /** What a row says. */
  public enum Verdict {
    /** Every case agrees. */
    OK,
    /** At least one case does not. */
    FAILED,
    /** The backend takes none of the cases; a plan would decompose the op or refuse. */
    UNSUPPORTED
  }
}
