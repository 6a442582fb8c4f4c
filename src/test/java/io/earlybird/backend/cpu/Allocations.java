package io.earlybird.backend.cpu;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** What running something allocates on the Java heap. */
final class Allocations {
  private static final int RUNS = 100;
  private static final int WINDOWS = 3;

  private Allocations() {}

  /**
   * The fewest bytes that this thread allocated in a hundred runs, of three times a hundred. What a
   * run allocates is in each of them; what the virtual machine allocates once, when it leaves
   * compiled code whose objects were in registers, is not.
   */
  static long ofHundredRuns(Runnable run) {
    ThreadMXBean bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long id = Thread.currentThread().getId();
    bean.getThreadAllocatedBytes(id);
    long least = Long.MAX_VALUE;
    for (int window = 0; window < WINDOWS; window++) {
      long before = bean.getThreadAllocatedBytes(id);
      for (int i = 0; i < RUNS; i++) {
        run.run();
      }
      least = Math.min(least, bean.getThreadAllocatedBytes(id) - before);
    }
    return least;
  }
}
