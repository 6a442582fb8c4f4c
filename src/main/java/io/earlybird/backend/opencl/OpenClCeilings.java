package io.earlybird.backend.opencl;

import io.earlybird.backend.Form;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Slice;
import io.earlybird.tensor.TensorSpec;
import java.util.List;

/** What a device can do at best, measured now: what benchmarks are compared with. */
public final class OpenClCeilings {
  private static final int WORDS = 1 << 24;
  private static final int RUNS = 10;

  private OpenClCeilings() {}

  /**
   * How many 32-bit random numbers Philox makes without writing them to memory, in 10^9 per second:
   * the best of a few measurements.
   */
  public static double philoxGigawords(OpenClBackend backend) {
    Form sink = Form.plain(TensorSpec.f32(WORDS / 8));
    try (Memory memory = backend.allocate(sink.bytes(), "measuring Philox");
        OwnOpenClKernel kernel =
            OwnOpenClKernel.of(
                backend,
                "measuring Philox",
                List.of(),
                List.of(sink),
                calls ->
                    calls
                        .call("philox", "-DEB_BITS=32", "philox_u32")
                        .number(1L)
                        .number(1L)
                        .numbers(1, WORDS)
                        .out(0)
                        .items(WORDS / calls.spread().tile()))) {
      Launch launch = kernel.bind(List.of(), List.of(new Slice(memory, 0, sink.bytes())), null);
      double best = Double.POSITIVE_INFINITY;
      for (int i = 0; i <= RUNS; i++) {
        best = Math.min(best, KernelTimer.once(backend, launch));
      }
      return WORDS / best * 1e-9;
    }
  }
}
