package io.earlybird.training;

import io.earlybird.backend.Backend;
import io.earlybird.data.Pictures;
import io.earlybird.energy.EnergyMonitor;
import io.earlybird.models.NetworkSpec;

/**
 * What the parts of a run share.
 *
 * @param folder where everything goes; the caller closes it
 * @param settings everything that was chosen
 * @param backend what computes; the caller closes it
 * @param train training images
 * @param test test images
 * @param stop tells when to end early
 * @param progress told what happens
 * @param energy measures every phase; the caller closes it
 */
public record RunContext(
    RunFolder folder,
    Settings settings,
    Backend backend,
    Pictures train,
    Pictures test,
    StopSignal stop,
    Progress progress,
    EnergyMonitor energy) {
  /** A run whose energy is not measured. */
  public RunContext(
      RunFolder folder,
      Settings settings,
      Backend backend,
      Pictures train,
      Pictures test,
      StopSignal stop,
      Progress progress) {
    this(folder, settings, backend, train, test, stop, progress, EnergyMonitor.off());
  }

  /** What is written on the way. */
  public SavingSettings saving() {
    return settings.saving();
  }

  /** The same with other settings. */
  RunContext with(Settings other) {
    return new RunContext(folder, other, backend, train, test, stop, progress, energy);
  }

  /** The dense network of these settings and data. */
  public NetworkSpec networkSpec() {
    return settings.network().spec(train.classes(), train.height());
  }
}
