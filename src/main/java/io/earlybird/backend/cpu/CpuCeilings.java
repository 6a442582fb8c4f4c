package io.earlybird.backend.cpu;

/** What this processor can do at best, measured now: what benchmarks are compared with. */
public final class CpuCeilings {
  /** Long enough for the clock to settle, short enough to be measured beside every benchmark. */
  private static final double SECONDS = 0.3;

  private static final int REPEATS = 5;

  private CpuCeilings() {}

  /** One measurement of so many rounds of work. */
  private interface Work {
    /** Does it; returns how much it was. */
    double run(long rounds);
  }

  /**
   * Peak of fp32 multiply-adds in registers on all given threads, in GFLOP/s: the best of a few
   * measurements.
   *
   * @param threads 1..1024
   */
  public static double fmaGflops(int threads) {
    return gflops(threads, NativeKernels::eb_fma_chains_f32, "fma_chains_f32");
  }

  /**
   * The same of bf16 products with fp32 sums; that of fp32 where the processor has none.
   *
   * @param threads 1..1024
   */
  public static double bf16Gflops(int threads) {
    return CpuLibrary.hasBf16Products()
        ? gflops(threads, NativeKernels::eb_fma_chains_bf16, "fma_chains_bf16")
        : fmaGflops(threads);
  }

  /** Chains of multiply-adds. */
  private interface Chains {
    int run(long rounds, double[] flops, float[] sink);
  }

  private static double gflops(int threads, Chains chains, String kernel) {
    double[] flops = new double[1];
    float[] sink = new float[1];
    return 1e-9
        * perSecond(
            threads,
            rounds -> {
              require(chains.run(rounds, flops, sink), kernel);
              return flops[0];
            });
  }

  /**
   * How many 32-bit random numbers Philox makes in the cache on all given threads, in 10^9 per
   * second: the best of a few measurements.
   *
   * @param threads 1..1024
   */
  public static double philoxGigawords(int threads) {
    double[] words = new double[1];
    int[] sink = new int[1];
    return 1e-9
        * perSecond(
            threads,
            rounds -> {
              require(NativeKernels.eb_philox_words(rounds, words, sink), "philox_words");
              return words[0];
            });
  }

  private static double perSecond(int threads, Work work) {
    CpuLibrary.setThreads(threads);
    long rounds = 1000;
    double best = 0;
    for (int done = 0; done < REPEATS; ) {
      long from = System.nanoTime();
      double amount = work.run(rounds);
      double seconds = (System.nanoTime() - from) * 1e-9;
      if (seconds < SECONDS / REPEATS) {
        rounds *= 2;
        continue;
      }
      best = Math.max(best, amount / seconds);
      done++;
    }
    return best;
  }

  private static void require(int status, String kernel) {
    if (status != NativeKernels.EB_OK) {
      throw new IllegalStateException(kernel + " refused to be measured");
    }
  }
}
