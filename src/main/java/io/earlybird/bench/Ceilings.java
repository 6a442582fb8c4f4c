package io.earlybird.bench;

import io.earlybird.backend.Backend;
import io.earlybird.backend.Backends;
import io.earlybird.backend.cpu.CpuCeilings;
import io.earlybird.backend.opencl.OpenClBackend;
import io.earlybird.backend.opencl.OpenClCeilings;

/**
 * What the machine can do at best.
 *
 * @param fmaPeak multiply-adds in GFLOP/s; NaN where it is not known
 * @param philox random numbers of 32 bits in 10^9 per second; infinite where it is not known
 */
public record Ceilings(double fmaPeak, double philox) {
  static Ceilings of(Backend backend) {
    return new Ceilings(StepBench.fmaPeak(backend), philox(backend));
  }

  private static double philox(Backend backend) {
    if (backend instanceof OpenClBackend opencl) {
      return OpenClCeilings.philoxGigawords(opencl);
    }
    int threads = Backends.processorThreads(backend);
    return threads > 0 ? CpuCeilings.philoxGigawords(threads) : Double.POSITIVE_INFINITY;
  }
}
