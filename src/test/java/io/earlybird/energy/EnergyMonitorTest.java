package io.earlybird.energy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.earlybird.EarlybirdException;
import io.earlybird.plan.Work;
import io.earlybird.tensor.DType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnergyMonitorTest {
  @TempDir Path temp;
  private long nanos;
  private double joules;

  /** What a user writes for a meter of their own. */
  private final class WallPlug implements EnergyMeter {
    @Override
    public String name() {
      return "plug";
    }

    @Override
    public Scope scope() {
      return Scope.MACHINE;
    }

    @Override
    public double joules() {
      return joules;
    }
  }

  private EnergyMonitor plugged() {
    return EnergyMonitor.withClock(new Meters(List.of(new WallPlug()), Map.of()), () -> nanos);
  }

  private EnergyMonitor without() {
    return EnergyMonitor.withClock(Meters.missing("plug", "not there"), () -> nanos);
  }

  private void pass(double seconds, double watts) {
    nanos += (long) (seconds * 1e9);
    joules += seconds * watts;
  }

  @Test
  void windowsNest() {
    EnergyMonitor monitor = plugged();
    EnergyWindow outer = monitor.window("pruning");
    pass(2, 50);
    EnergyWindow inner = monitor.window("evaluation");
    inner.addImages(300);
    pass(3, 100);
    inner.close();
    pass(1, 50);
    outer.close();
    assertThat(inner.result().path()).isEqualTo("pruning/evaluation");
    assertThat(inner.result().name()).isEqualTo("evaluation");
    assertThat(inner.result().total()).contains(Energy.measured(300));
    assertThat(inner.result().imagesPerJoule()).isEqualTo(1);
    assertThat(outer.result().total()).contains(Energy.measured(450));
    assertThat(outer.result().seconds()).isCloseTo(6, within(1e-9));
    assertThat(outer.result().averageWatts()).isCloseTo(75, within(1e-9));
  }

  @Test
  void aWindowLeftOpenEndsWithTheOneAroundIt() {
    EnergyMonitor monitor = plugged();
    EnergyWindow outer = monitor.window("outer");
    EnergyWindow inner = monitor.window("inner");
    pass(1, 10);
    outer.close();
    assertThat(inner.result().total()).contains(Energy.measured(10));
    assertThat(monitor.window("next").path()).isEqualTo("next");
  }

  @Test
  void theDeviceIsWaitedForAtBothEdges() {
    EnergyMonitor monitor = plugged();
    List<String> waits = new ArrayList<>();
    monitor.attach("cuda", () -> waits.add("wait"));
    EnergyWindow window = monitor.window("work");
    assertThat(waits).hasSize(1);
    window.close();
    window.close();
    assertThat(waits).hasSize(2);
  }

  @Test
  void theIdleBaselineStandsBesideTheRawFigure() {
    EnergyMonitor monitor = plugged();
    EnergyWindow idle = monitor.window("idle");
    pass(2, 40);
    monitor.idle(idle.result());
    EnergyWindow window = monitor.window("work");
    pass(10, 100);
    Map<String, Object> line = window.result().toMap();
    assertThat(line).containsEntry("joules", 1000.0).containsEntry("source", "measured");
    assertThat((double) line.get("idle_watts")).isCloseTo(40, within(1e-9));
    assertThat((double) line.get("joules_above_idle")).isCloseTo(600, within(1e-9));
  }

  @Test
  void withoutAMeterWorkIsEstimatedAndLabelled() {
    EnergyMonitor monitor = without();
    monitor.attach("cpu", () -> {});
    EnergyWindow window = monitor.window("search");
    pass(2, 0);
    window.add(Work.of(Work.Part.FORWARD, DType.F32, 1_000_000_000_000L, 3_000_000_000L, 0));
    window.add(Work.of(Work.Part.FORWARD, DType.BF16, 1_000_000_000_000L, 0, 1_000_000_000L));
    WindowEnergy w = window.result();
    // 1e12 x (2.3 + 1.0) pJ and 4e9 bytes of 162.5 pJ.
    assertThat(w.total().orElseThrow().joules()).isCloseTo(3.3 + 0.65, within(1e-9));
    assertThat(w.total().orElseThrow().source()).isEqualTo(Energy.Source.ESTIMATED);
    assertThat(w.toMap()).containsEntry("source", "estimated").doesNotContainKey("idle_watts");
    assertThat(w.remarks()).hasSize(1).first().asString().contains("Horowitz");
    assertThat(monitor.describe()).isEqualTo("not measurable here (plug: not there)");

    EnergyWindow nothing = monitor.window("nothing");
    pass(1, 0);
    assertThat(nothing.result().total()).isEmpty();
    assertThat(nothing.result().toMap()).containsEntry("source", null);
  }

  @Test
  void anotherTableIsRead() throws Exception {
    Path file = temp.resolve("table.json");
    Files.writeString(
        file, "{\"source\": \"mine\", \"operation_pj\": {\"f32\": 10}, \"byte_pj\": {\"cpu\": 0}}");
    EnergyTable table = EnergyTable.read(file);
    Work work = Work.of(Work.Part.UPDATE, DType.F32, 1_000_000, 500, 500);
    assertThat(table.estimate(work, "cpu").joules()).isCloseTo(1e-5, within(1e-15));
    assertThat(table.operation().get(DType.BF16)).isEqualTo(1.0);
    assertThat(EnergyTable.DEFAULT.operation().keySet()).containsExactly(DType.values());

    Files.writeString(file, "{\"source\": \"mine\", \"operation_pj\": {\"f33\": 10}}");
    assertThatThrownBy(() -> EnergyTable.read(file))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining("'f33'");
    Files.writeString(file, "{\"operation_pj\": {}}");
    assertThatThrownBy(() -> EnergyTable.read(file)).hasMessageContaining("source");
    assertThatThrownBy(() -> EnergyTable.read(temp.resolve("none"))).hasMessageContaining("none");
  }

  @Test
  void sourcesNeverMix() {
    Energy measured = Energy.measured(10);
    Energy estimated = Energy.estimated(5);
    assertThat(measured.ratioTo(estimated)).isEmpty();
    assertThat(estimated.ratioTo(measured)).isEmpty();
    assertThat(measured.minus(estimated)).isEmpty();
    assertThat(Energy.sum(List.of(Optional.of(measured), Optional.of(estimated)))).isEmpty();
    assertThat(Energy.sum(List.of(Optional.of(measured), Optional.empty()))).isEmpty();
    assertThat(Energy.sum(List.of())).isEmpty();
    assertThat(measured.ratioTo(Energy.measured(4)).getAsDouble()).isEqualTo(2.5);
    assertThat(Energy.sum(List.of(Optional.of(measured), Optional.of(measured))))
        .contains(Energy.measured(20));
  }

  @Test
  void piecesOfAResumedWindowAddUpThroughACheckpoint() {
    EnergyMonitor monitor = plugged();
    EnergyWindow first = monitor.window("search");
    first.addImages(100);
    pass(2, 100);
    Tally saved = Tally.ofTensor(Tally.of(first.result()).toTensor());
    assertThat(saved).isEqualTo(Tally.of(first.result()));
    EnergyWindow second = monitor.window("search");
    second.addImages(50);
    pass(1, 100);
    Tally both = saved.plus(Tally.of(second.result()));
    assertThat(both.toMap(second.result()))
        .containsEntry("joules", 300.0)
        .containsEntry("images", 150L)
        .containsEntry("images_per_joule", 0.5)
        .containsEntry("average_watts", 100.0);
    Tally estimated = new Tally(1, 1, Optional.of(Energy.estimated(1)), 0, 0, 0, 0);
    assertThat(both.plus(estimated).total()).isEmpty();
    assertThat(Tally.NONE.plus(both)).isEqualTo(both);
    assertThat(Tally.ofTensor(null)).isEqualTo(Tally.NONE);
  }

  @Test
  void metersThatMustBeReadOftenAre() throws Exception {
    int[] reads = new int[1];
    EnergyMeter busy =
        new EnergyMeter() {
          @Override
          public String name() {
            return "busy";
          }

          @Override
          public Scope scope() {
            return Scope.GPU;
          }

          @Override
          public synchronized double joules() {
            return ++reads[0];
          }

          @Override
          public double pollSeconds() {
            return 0.005;
          }
        };
    try (EnergyMonitor monitor = EnergyMonitor.of(List.of(busy));
        EnergyWindow window = monitor.window("work")) {
      long end = System.nanoTime() + 5_000_000_000L;
      while (window.soFar().total().orElseThrow().joules() < 40 && System.nanoTime() < end) {
        Thread.sleep(20);
      }
      assertThat(window.result().total().orElseThrow().joules()).isGreaterThanOrEqualTo(40);
    }
  }

  @Test
  void aProcessIsSeen() {
    ProcessUsage usage = ProcessUsage.now().orElseThrow();
    assertThat(usage.cpuSeconds()).isPositive();
    assertThat(usage.residentBytes()).isBetween(1L << 20, usage.peakResidentBytes());
    assertThat(ProcessUsage.of(temp)).isEmpty();
  }
}
