package io.earlybird.energy;

import io.earlybird.plan.Work;

/**
 * A named stretch of time whose energy is wanted. Opened by {@link EnergyMonitor#window}, best in
 * try-with-resources; windows opened within it lie in it.
 */
public final class EnergyWindow implements AutoCloseable {
  private final EnergyMonitor monitor;
  private final String path;
  private final EnergyMonitor.Reading begin;
  private Work work = Work.NONE;
  private long images;
  private WindowEnergy result;

  EnergyWindow(EnergyMonitor monitor, String path, EnergyMonitor.Reading begin) {
    this.monitor = monitor;
    this.path = path;
    this.begin = begin;
  }

  /** Its name after those of the windows around it. */
  public String path() {
    return path;
  }

  /** Adds work that is done in it; estimates come from it. */
  public void add(Work more) {
    work = work.plus(more);
  }

  /** Adds pictures that pass in it. */
  public void addImages(long count) {
    images += count;
  }

  EnergyMonitor.Reading begin() {
    return begin;
  }

  Work work() {
    return work;
  }

  long images() {
    return images;
  }

  void finish(WindowEnergy closed) {
    result = closed;
  }

  /** Ends the window, and any that was opened in it and left open; a second time does nothing. */
  @Override
  public void close() {
    if (result == null) {
      monitor.close(this);
    }
  }

  /** What it came to so far, while it is open. */
  public WindowEnergy soFar() {
    return result == null ? monitor.soFar(this) : result;
  }

  /**
   * What it came to; closes it if it is open.
   *
   * @return its figures
   */
  public WindowEnergy result() {
    close();
    return result;
  }
}
