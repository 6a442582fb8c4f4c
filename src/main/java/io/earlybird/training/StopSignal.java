package io.earlybird.training;

/** A request, from any thread, that a run save its state and end. */
public final class StopSignal {
  private volatile boolean requested;

  /** Asks the run to stop. */
  public void request() {
    requested = true;
  }

  /** Whether the run was asked to stop. */
  public boolean isRequested() {
    return requested;
  }
}
