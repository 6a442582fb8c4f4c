package io.earlybird.backend;

/**
 * A kernel bound to its buffers. Running it allocates nothing and checks nothing; on asynchronous
 * devices it only enqueues.
 */
@FunctionalInterface
public interface Launch {
  /** Runs, or enqueues, the kernel. */
  void run();
}
