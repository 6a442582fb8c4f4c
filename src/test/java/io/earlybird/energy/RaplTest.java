package io.earlybird.energy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Simulated powercap trees; the figures are exact. */
class RaplTest {
  private static final long RANGE = 262_143_328_850L;

  @TempDir Path temp;
  private Powercap tree;
  private long nanos;

  @BeforeEach
  void tree() {
    tree = new Powercap(temp);
  }

  private Meters open() {
    return Rapl.open(tree.root(), () -> nanos);
  }

  private EnergyMonitor monitor() {
    return EnergyMonitor.withClock(open(), () -> nanos);
  }

  private void pass(double seconds) {
    nanos += (long) (seconds * 1e9);
  }

  @Test
  void twoSocketsWithMemoryAddUpAndPsysIsNotAddedToThem() throws Exception {
    tree.zone("intel-rapl:0", "package-0", 5_000_000, RANGE);
    tree.zone("intel-rapl:0:0", "core", 1_000_000, RANGE);
    tree.zone("intel-rapl:0:1", "dram", 2_000_000, RANGE);
    tree.zone("intel-rapl:1", "package-1", 0, RANGE);
    tree.zone("intel-rapl:1:0", "dram", 7, RANGE);
    tree.zone("intel-rapl:2", "psys", 1_000_000, RANGE);
    tree.zone("intel-rapl-mmio:0", "package-0", 5_000_000, RANGE);
    EnergyMonitor monitor = monitor();
    EnergyWindow window = monitor.window("work");
    pass(2);
    tree.set("intel-rapl:0", 105_000_000);
    tree.set("intel-rapl:0:0", 91_000_000);
    tree.set("intel-rapl:0:1", 12_000_000);
    tree.set("intel-rapl:1", 50_000_000);
    tree.set("intel-rapl:1:0", 5_000_007);
    tree.set("intel-rapl:2", 201_000_000);
    WindowEnergy w = window.result();
    assertThat(w.meters())
        .extracting(WindowEnergy.Share::meter)
        .containsExactlyInAnyOrder(
            "rapl package-0",
            "rapl package-0 dram",
            "rapl package-1",
            "rapl package-1 dram",
            "rapl psys");
    assertThat(joules(w, "rapl package-0 dram")).isCloseTo(10, within(1e-9));
    assertThat(joules(w, "rapl psys")).isCloseTo(200, within(1e-9));
    assertThat(w.total().orElseThrow().source()).isEqualTo(Energy.Source.MEASURED);
    assertThat(w.total().orElseThrow().joules()).isCloseTo(100 + 10 + 50 + 5, within(1e-9));
    assertThat(w.averageWatts()).isCloseTo(82.5, within(1e-9));
    assertThat(w.remarks()).isEmpty();
  }

  private static double joules(WindowEnergy w, String meter) {
    return w.meters().stream().filter(s -> s.meter().equals(meter)).findFirst().get().joules();
  }

  @Test
  void psysAloneIsTheTotal() throws Exception {
    tree.zone("intel-rapl:0", "psys", 0, RANGE);
    EnergyWindow window = monitor().window("work");
    pass(1);
    tree.set("intel-rapl:0", 30_000_000);
    assertThat(window.result().total()).contains(Energy.measured(30));
  }

  @Test
  void theOtherBusIsReadWhereItIsAlone() throws Exception {
    tree.zone("intel-rapl-mmio:0", "package-0", 0, RANGE);
    assertThat(open().found()).hasSize(1);
  }

  @Test
  void aCounterThatWrapsIsFollowed() throws Exception {
    tree.zone("intel-rapl:0", "package-0", RANGE - 3_000_000, RANGE);
    EnergyWindow window = monitor().window("work");
    pass(1);
    tree.set("intel-rapl:0", 4_000_000);
    WindowEnergy w = window.result();
    assertThat(w.total().orElseThrow().joules()).isCloseTo(7, within(1e-9));
    assertThat(w.remarks()).isEmpty();
  }

  @Test
  void aResetIsALowerBound() throws Exception {
    // A wrap would mean 262 kJ in a second.
    tree.zone("intel-rapl:0", "package-0", 100_000_000, RANGE);
    EnergyWindow window = monitor().window("work");
    pass(1);
    tree.set("intel-rapl:0", 6_000_000);
    WindowEnergy w = window.result();
    assertThat(w.total()).contains(Energy.measured(6));
    assertThat(w.remarks()).hasSize(1).first().asString().contains("lower bound");
  }

  @Test
  void aCounterThatGoesBackwardsAddsNothing() throws Exception {
    tree.zone("intel-rapl:0", "package-0", 90_000_000_000L, RANGE);
    EnergyMonitor monitor = monitor();
    EnergyWindow outer = monitor.window("outer");
    pass(1);
    tree.set("intel-rapl:0", 89_999_000_000L);
    EnergyWindow inner = monitor.window("inner");
    pass(1);
    tree.set("intel-rapl:0", 90_009_000_000L);
    assertThat(inner.result().total().orElseThrow().joules()).isCloseTo(10, within(1e-9));
    assertThat(inner.result().remarks()).isEmpty();
    assertThat(outer.result().total().orElseThrow().joules()).isCloseTo(10, within(1e-9));
    assertThat(outer.result().remarks()).hasSize(1);
  }

  @Test
  void aCounterThatStandsStillIsNoMeasurement() throws Exception {
    tree.zone("intel-rapl:0", "package-0", 5, RANGE);
    EnergyWindow window = monitor().window("work");
    pass(3);
    WindowEnergy w = window.result();
    assertThat(w.total()).isEmpty();
    assertThat(w.remarks()).hasSize(1).first().asString().contains("stood still");
  }

  @Test
  void aCounterThatVanishesHasNoFigure() throws Exception {
    Path zone = tree.zone("intel-rapl:0", "package-0", 5, RANGE);
    EnergyWindow window = monitor().window("work");
    pass(3);
    Files.delete(zone.resolve("energy_uj"));
    WindowEnergy w = window.result();
    assertThat(w.total()).isEmpty();
    assertThat(w.remarks().get(0)).contains("lost");
  }

  @Test
  void shortWindowsAreFlagged() throws Exception {
    tree.zone("intel-rapl:0", "package-0", 0, RANGE);
    EnergyWindow window = monitor().window("work");
    pass(0.05);
    tree.set("intel-rapl:0", 1_000_000);
    WindowEnergy w = window.result();
    assertThat(w.total()).contains(Energy.measured(1));
    assertThat(w.remarks()).hasSize(1).first().asString().contains("too short");
  }

  @Test
  void whatIsMissingIsSaid() throws Exception {
    Meters none = Rapl.open(temp.resolve("nowhere"), () -> nanos);
    assertThat(none.found()).isEmpty();
    assertThat(none.describe()).startsWith("not measurable here").contains("modprobe");

    Path zone = tree.zone("intel-rapl:0", "package-0", 0, RANGE);
    Files.writeString(zone.resolve("energy_uj"), "n/a");
    assertThat(open().describe()).contains("not a number");
  }

  @Test
  void aPermissionProblemComesWithTheLineThatMendsIt() throws Exception {
    Path zone = tree.zone("intel-rapl:0", "package-0", 0, RANGE);
    // Root may read everything: what the kernel would refuse is asked of the message alone.
    Meters denied = Rapl.denied(zone, tree.root());
    assertThat(denied.found()).isEmpty();
    assertThat(denied.describe())
        .contains(zone.resolve("energy_uj").toString())
        .contains("sudo chmod a+r")
        .contains(Rapl.UDEV_RULE)
        .contains("/etc/udev/rules.d/");
    if (!"root".equals(System.getProperty("user.name"))) {
      Files.setPosixFilePermissions(zone.resolve("energy_uj"), java.util.Set.of());
      assertThat(open().missing()).isEqualTo(denied.missing());
    }
  }

  @Test
  void scopesNeverCountAJouleTwice() {
    assertThat(Scope.total(List.of(Scope.MACHINE, Scope.PROCESSOR, Scope.GPU)))
        .containsExactly(Scope.MACHINE);
    assertThat(Scope.total(List.of(Scope.PLATFORM, Scope.MEMORY, Scope.GPU)))
        .containsExactly(Scope.PLATFORM, Scope.GPU);
    assertThat(Scope.total(List.of(Scope.PLATFORM, Scope.PROCESSOR)))
        .doesNotContain(Scope.PLATFORM);
  }
}
