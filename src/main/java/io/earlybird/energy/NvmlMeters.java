package io.earlybird.energy;

import io.earlybird.backend.cuda.Nvml;
import io.earlybird.backend.cuda.Nvml.NvmlException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * A meter per GPU that this process may use: its energy counter, or, where the GPU is older than
 * that, samples of its power.
 */
final class NvmlMeters {
  private NvmlMeters() {}

  /**
   * Opens the meters.
   *
   * @param nvml closed with the last meter
   * @param visible {@code CUDA_VISIBLE_DEVICES}, or null
   * @param clock nanoseconds
   */
  static Meters open(Nvml nvml, String visible, LongSupplier clock) {
    List<EnergyMeter> found = new ArrayList<>();
    Map<String, String> missing = new LinkedHashMap<>();
    Sharers sharers = new Sharers(nvml);
    try {
      for (int gpu = 0; gpu < nvml.count(); gpu++) {
        if (isVisible(visible, gpu, nvml.uuid(gpu))) {
          String name = "nvml " + gpu + " " + nvml.name(gpu);
          try {
            found.add(meter(nvml, gpu, name, clock, sharers));
          } catch (NvmlException e) {
            missing.put(name, e.getMessage());
          }
        }
      }
      if (found.isEmpty() && missing.isEmpty()) {
        missing.put("GPU (NVML)", "no GPU is visible");
      }
    } catch (NvmlException e) {
      missing.put("GPU (NVML)", e.getMessage());
    }
    if (found.isEmpty()) {
      nvml.close();
    }
    return new Meters(found, missing);
  }

  private static EnergyMeter meter(
      Nvml nvml, int gpu, String name, LongSupplier clock, Sharers sharers) throws NvmlException {
    try {
      EnergyMeter meter = new EnergyOfGpu(nvml, gpu, name, clock, sharers);
      sharers.count++;
      return meter;
    } catch (NvmlException e) {
      if (!e.isUnsupported()) {
        throw e;
      }
    }
    EnergyMeter meter = new PowerOfGpu(nvml, gpu, name, clock, sharers);
    sharers.count++;
    return meter;
  }

  private static boolean isVisible(String list, int gpu, String uuid) {
    if (list == null) {
      return true;
    }
    return Arrays.stream(list.split(","))
        .map(String::strip)
        .anyMatch(
            entry ->
                entry.equals(Integer.toString(gpu))
                    || (entry.startsWith("GPU-") && uuid.startsWith(entry)));
  }

  /** The meters that use one library; the last one closes it. */
  private static final class Sharers {
    private final Nvml nvml;
    private int count;

    Sharers(Nvml nvml) {
      this.nvml = nvml;
    }

    void leave() {
      if (--count == 0) {
        nvml.close();
      }
    }
  }

  private abstract static class GpuMeter implements EnergyMeter {
    final Nvml nvml;
    final int gpu;
    final LongSupplier clock;
    private final String name;
    private final Sharers sharers;
    private boolean closed;

    GpuMeter(Nvml nvml, int gpu, String name, LongSupplier clock, Sharers sharers) {
      this.nvml = nvml;
      this.gpu = gpu;
      this.name = name;
      this.clock = clock;
      this.sharers = sharers;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public Scope scope() {
      return Scope.GPU;
    }

    MeterException lost(NvmlException e) {
      return new MeterException(name + ": " + e.getMessage(), e);
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        sharers.leave();
      }
    }
  }

  /** The GPU's own counter in mJ; it moves every 20 to 100 ms. */
  private static final class EnergyOfGpu extends GpuMeter {
    private static final double MOST_WATTS = 3000;
    private final EnergyCounter counter = new EnergyCounter(1e-3, 0, MOST_WATTS);

    EnergyOfGpu(Nvml nvml, int gpu, String name, LongSupplier clock, Sharers sharers)
        throws NvmlException {
      super(nvml, gpu, name, clock, sharers);
      counter.advance(nvml.totalMillijoules(gpu), clock.getAsLong());
    }

    @Override
    public double joules() throws MeterException {
      try {
        return counter.advance(nvml.totalMillijoules(gpu), clock.getAsLong());
      } catch (NvmlException e) {
        throw lost(e);
      }
    }

    @Override
    public long disturbances() {
      return counter.disturbances();
    }
  }

  /** Power samples, joined by straight lines. */
  private static final class PowerOfGpu extends GpuMeter {
    private double joules;
    private double lastWatts;
    private long lastNanos;

    PowerOfGpu(Nvml nvml, int gpu, String name, LongSupplier clock, Sharers sharers)
        throws NvmlException {
      super(nvml, gpu, name + " (power samples)", clock, sharers);
      lastWatts = nvml.milliwatts(gpu) * 1e-3;
      lastNanos = clock.getAsLong();
    }

    @Override
    public double joules() throws MeterException {
      try {
        double watts = nvml.milliwatts(gpu) * 1e-3;
        long now = clock.getAsLong();
        joules += (lastWatts + watts) / 2 * (now - lastNanos) * 1e-9;
        lastWatts = watts;
        lastNanos = now;
        return joules;
      } catch (NvmlException e) {
        throw lost(e);
      }
    }

    @Override
    public double pollSeconds() {
      return 0.1;
    }
  }
}
