package io.earlybird.cli;

import io.earlybird.training.StopSignal;
import java.io.PrintWriter;
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

  /**
   * From now on interrupts become a request to stop.
   *
   * @param err where the user is told
   * @param resume how to go on, for a run that could not save its state in time
   */
  Interrupts(StopSignal stop, PrintWriter err, String resume) {
    hook = new Thread(() -> stop(stop, err, resume), "stop-run");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private void stop(StopSignal stop, PrintWriter err, String resume) {
    stop.request();
    try {
      if (!done.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        err.println(
            "earlybird: the run did not stop within "
                + PATIENCE_SECONDS
                + " s; what was saved before stands");
        err.println(resume);
        err.flush();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
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
