package io.earlybird.energy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.cuda.Nvml;
import io.earlybird.backend.cuda.NvmlLibrary;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** A fake NVML behind the real interface. */
class NvmlMetersTest {
  private long nanos;

  private static final class Fake implements Nvml {
    final long[] millijoules;
    final long[] milliwatts;
    int lost = -1;
    boolean old;
    boolean closed;

    Fake(int gpus) {
      millijoules = new long[gpus];
      milliwatts = new long[gpus];
    }

    @Override
    public int count() {
      return millijoules.length;
    }

    @Override
    public String name(int gpu) {
      return "Card";
    }

    @Override
    public String uuid(int gpu) {
      return "GPU-00" + gpu;
    }

    @Override
    public long totalMillijoules(int gpu) throws NvmlException {
      if (old) {
        throw new NvmlException("Not Supported", true);
      }
      return read(millijoules, gpu);
    }

    @Override
    public long milliwatts(int gpu) throws NvmlException {
      return read(milliwatts, gpu);
    }

    private long read(long[] values, int gpu) throws NvmlException {
      if (gpu == lost) {
        throw new NvmlException("GPU is lost", false);
      }
      return values[gpu];
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  private EnergyMonitor monitor(Fake nvml, String visible) {
    return EnergyMonitor.withClock(NvmlMeters.open(nvml, visible, () -> nanos), () -> nanos);
  }

  private void pass(double seconds) {
    nanos += (long) (seconds * 1e9);
  }

  @Test
  void severalCardsAddUp() {
    Fake nvml = new Fake(2);
    nvml.millijoules[0] = 5_000_000_000L;
    EnergyMonitor monitor = monitor(nvml, null);
    EnergyWindow window = monitor.window("work");
    pass(2);
    nvml.millijoules[0] += 700_000;
    nvml.millijoules[1] += 100_000;
    WindowEnergy w = window.result();
    assertThat(w.total().orElseThrow().joules()).isCloseTo(800, within(1e-6));
    assertThat(w.averageWatts()).isCloseTo(400, within(1e-6));
    assertThat(w.remarks()).isEmpty();
    monitor.close();
    assertThat(nvml.closed).isTrue();
  }

  @Test
  void onlyVisibleCardsAreMetered() {
    assertThat(NvmlMeters.open(new Fake(3), "1", () -> nanos).found())
        .extracting(EnergyMeter::name)
        .containsExactly("nvml 1 Card");
    assertThat(NvmlMeters.open(new Fake(3), "GPU-002, 0", () -> nanos).found()).hasSize(2);
    Fake hidden = new Fake(1);
    assertThat(NvmlMeters.open(hidden, "", () -> nanos).describe()).contains("no GPU is visible");
    assertThat(hidden.closed).isTrue();
  }

  @Test
  void olderCardsAreSampled() {
    Fake nvml = new Fake(1);
    nvml.old = true;
    nvml.milliwatts[0] = 100_000;
    EnergyMonitor monitor = monitor(nvml, null);
    EnergyWindow window = monitor.window("work");
    pass(1);
    nvml.milliwatts[0] = 300_000;
    WindowEnergy soFar = window.soFar();
    pass(1);
    // 100 to 300 W, then 300 W: 200 J and 300 J.
    assertThat(soFar.total().orElseThrow().joules()).isCloseTo(200, within(1e-9));
    assertThat(window.result().total().orElseThrow().joules()).isCloseTo(500, within(1e-9));
    assertThat(window.result().meters().get(0).meter()).contains("power samples");
  }

  @Test
  void anUnpluggedCardHasNoFigureAndTheTotalNeither() {
    Fake nvml = new Fake(2);
    EnergyMonitor monitor = monitor(nvml, null);
    EnergyWindow before = monitor.window("before");
    pass(1);
    nvml.millijoules[0] = 10_000;
    nvml.millijoules[1] = 20_000;
    before.close();
    EnergyWindow during = monitor.window("during");
    pass(1);
    nvml.millijoules[0] = 40_000;
    nvml.lost = 1;
    WindowEnergy w = during.result();
    assertThat(before.result().total()).contains(Energy.measured(30));
    assertThat(w.total()).isEmpty();
    assertThat(w.meters().get(0).joules()).isCloseTo(30, within(1e-9));
    assertThat(w.meters().get(1).joules()).isNaN();
    assertThat(w.remarks()).anyMatch(r -> r.contains("GPU is lost"));
    // It stays lost: what it counted meanwhile is unknown.
    nvml.lost = -1;
    EnergyWindow after = monitor.window("after");
    pass(1);
    assertThat(after.result().total()).isEmpty();
  }

  @Test
  void aDriverThatWasReloadedIsALowerBound() {
    Fake nvml = new Fake(1);
    nvml.millijoules[0] = 9_000_000;
    EnergyWindow window = monitor(nvml, null).window("work");
    pass(2);
    nvml.millijoules[0] = 50_000;
    WindowEnergy w = window.result();
    assertThat(w.total().orElseThrow().joules()).isCloseTo(50, within(1e-9));
    assertThat(w.remarks()).hasSize(1).first().asString().contains("lower bound");
  }

  @Test
  void aCounterThatGoesBackwardsAddsNothing() {
    Fake nvml = new Fake(1);
    nvml.millijoules[0] = 9_000_000_000L;
    EnergyMonitor monitor = monitor(nvml, null);
    EnergyWindow window = monitor.window("work");
    pass(1);
    // A reset would mean that the card took 8,999,000 J in a second.
    nvml.millijoules[0] = 8_999_000_000L;
    window.soFar();
    pass(1);
    nvml.millijoules[0] += 250_000;
    WindowEnergy w = window.result();
    assertThat(w.total().orElseThrow().joules()).isCloseTo(250, within(1e-6));
    assertThat(w.remarks()).hasSize(1).first().asString().contains("lower bound");
    EnergyWindow next = monitor.window("next");
    pass(2);
    nvml.millijoules[0] += 600_000;
    assertThat(next.result().total().orElseThrow().joules()).isCloseTo(600, within(1e-6));
    assertThat(next.result().remarks()).isEmpty();
  }

  @Test
  void aCounterThatStandsStillIsNoMeasurement() {
    Fake nvml = new Fake(2);
    EnergyWindow window = monitor(nvml, null).window("work");
    pass(2);
    nvml.millijoules[0] = 100_000;
    WindowEnergy w = window.result();
    assertThat(w.total()).isEmpty();
    assertThat(w.meters().get(0).joules()).isCloseTo(100, within(1e-9));
    assertThat(w.meters().get(1).joules()).isNaN();
    assertThat(w.remarks()).hasSize(1).first().asString().contains("nvml 1 Card").contains("still");
  }

  @Test
  void windowsBelowASecondAreFlagged() {
    Fake nvml = new Fake(1);
    EnergyWindow window = monitor(nvml, null).window("work");
    pass(0.9);
    nvml.millijoules[0] = 90_000;
    assertThat(window.result().remarks()).hasSize(1).first().asString().contains("too short");
  }

  @Test
  void aCardThatCannotBeReadAtAllIsMissing() {
    Fake nvml = new Fake(1);
    nvml.lost = 0;
    Meters meters = NvmlMeters.open(nvml, null, () -> nanos);
    assertThat(meters.found()).isEmpty();
    assertThat(meters.missing()).containsValue("GPU is lost");
  }

  @Test
  void withoutADriverNothingIsLoaded() {
    Assumptions.assumeFalse(
        Files.exists(Path.of("/proc/driver/nvidia/version")), "this machine has a driver");
    assertThatThrownBy(NvmlLibrary::open)
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining("libnvidia-ml.so.1");
  }
}
