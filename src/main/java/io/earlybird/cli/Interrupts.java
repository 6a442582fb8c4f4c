package io.earlybird.cli;

import io.earlybird.training.StopSignal;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * While it is open, Ctrl-C and SIGTERM ask the run to stop instead of ending the process at once;
 * the process then ends when this is closed, with the exit code of the signal (130 or 143).
 */
final class Interrupts {
  /** How long a run may take to save its state before the process ends anyway. */
  private static final long PATIENCE_SECONDS = 60;

  private final CountDownLatch done = new CountDownLatch(1);
  private final Thread hook;

  /** From now on interrupts become a request to stop. */
  Interrupts(StopSignal stop) {
    hook =
        new Thread(
            () -> {
              stop.request();
              try {
                done.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "stop-run");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** The run has ended and its last word is said. */
  void close() {
    done.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending already.
    }
  }
}
