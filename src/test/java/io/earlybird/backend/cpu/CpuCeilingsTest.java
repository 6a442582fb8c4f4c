package io.earlybird.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CpuCeilingsTest {
  @Test
  void peaksAreMeasured() {
    assertThat(CpuCeilings.fmaGflops(1)).isBetween(1e-3, 1e6);
    assertThat(CpuCeilings.bf16Gflops(1)).isBetween(1e-3, 1e6);
  }

  @Test
  void moreThreadsAndRoundsDoMore() {
    double[] flops = new double[1];
    float[] sink = new float[1];
    CpuLibrary.setThreads(1);
    assertThat(NativeKernels.eb_fma_chains_f32(10, flops, sink)).isEqualTo(NativeKernels.EB_OK);
    double one = flops[0];
    CpuLibrary.setThreads(3);
    assertThat(NativeKernels.eb_fma_chains_f32(20, flops, sink)).isEqualTo(NativeKernels.EB_OK);
    assertThat(flops[0]).isEqualTo(6 * one).isPositive();
    assertThat(sink[0]).isFinite();
  }

  @Test
  void badArgumentsAreRefused() {
    double[] flops = new double[1];
    float[] sink = new float[1];
    int bad = NativeKernels.EB_BAD_ARGUMENT;
    assertThat(NativeKernels.eb_fma_chains_f32(0, flops, sink)).isEqualTo(bad);
    assertThat(NativeKernels.eb_fma_chains_bf16(0, flops, sink)).isEqualTo(bad);
    assertThat(NativeKernels.eb_fma_chains_bf16(1, flops, (float[]) null)).isEqualTo(bad);
  }
}
