package io.earlybird.backend.cpu;

/** What this processor can do at best, measured now: what benchmarks are compared with. */
public final class CpuCeilings {
  /** Long enough for the clock to settle, short enough to be measured beside every benchmark. */
  private static final double SECONDS = 0.3;

  private static final int REPEATS = 5;

  private CpuCeilings() {}

  /**
   * Peak of fp32 multiply-adds in registers on all given threads, in GFLOP/s: the best of a few
   * measurements.
   *
   * @param threads 1..1024
   */
  public static double fmaGflops(int threads) {
    CpuLibrary.setThreads(threads);
    long rounds = 1000;
    double best = 0;
    double[] flops = new double[1];
    float[] sink = new float[1];
    for (int done = 0; done < REPEATS; ) {
      long from = System.nanoTime();
      if (NativeKernels.eb_fma_chains_f32(rounds, flops, sink) != NativeKernels.EB_OK) {
        throw new IllegalStateException("fma_chains_f32 refused " + rounds + " rounds");
      }
      double seconds = (System.nanoTime() - from) * 1e-9;
      if (seconds < SECONDS / REPEATS) {
        rounds *= 2;
        continue;
      }
      best = Math.max(best, flops[0] / seconds * 1e-9);
      done++;
    }
    return best;
  }
}
