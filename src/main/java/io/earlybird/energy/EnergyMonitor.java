package io.earlybird.energy;

import io.earlybird.plan.Work;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Measures windows with all meters at once. Where there is no meter, windows still take their time,
 * and their energy is estimated from the work that was added to them.
 *
 * <pre>{@code
 * try (EnergyMonitor monitor = EnergyMonitor.of(Meters.ofThisMachine());
 *     EnergyWindow window = monitor.window("my phase")) {
 *   // what is to be measured
 *   System.out.println(window.result().total());
 * }
 * }</pre>
 *
 * <p>Windows are opened and closed by one thread; meters that must be read often are read by a
 * thread of the monitor.
 */
public final class EnergyMonitor implements AutoCloseable {
  /** What all meters showed at one moment. */
  record Reading(
      long nanos, double[] joules, long[] disturbances, double cpuSeconds, long peakBytes) {}

  private final List<EnergyMeter> meters;
  private final Map<String, String> missing;
  private final LongSupplier clock;
  private final String[] lost;
  private final Deque<EnergyWindow> open = new ArrayDeque<>();
  private final ScheduledExecutorService poller;
  private Runnable synchronize = () -> {};
  private EnergyTable table = EnergyTable.DEFAULT;
  private String backend = "";
  private double idleWatts = Double.NaN;

  private EnergyMonitor(Meters meters, LongSupplier clock, boolean polls) {
    this.meters = meters.found();
    this.missing = new TreeMap<>(meters.missing());
    this.clock = clock;
    this.lost = new String[this.meters.size()];
    this.poller = polls && !this.meters.isEmpty() ? startPolling() : null;
  }

  /** A monitor with these meters, which it closes. */
  public static EnergyMonitor of(Meters meters) {
    return new EnergyMonitor(meters, System::nanoTime, true);
  }

  /** A monitor with meters of one's own, which it closes. */
  public static EnergyMonitor of(List<EnergyMeter> meters) {
    return of(new Meters(meters, Map.of()));
  }

  /** A monitor that measures nothing. */
  public static EnergyMonitor off() {
    return of(Meters.missing("energy", "switched off"));
  }

  /** With a clock of the test's own, and nobody reading meters between windows. */
  static EnergyMonitor withClock(Meters meters, LongSupplier clock) {
    return new EnergyMonitor(meters, clock, false);
  }

  private ScheduledExecutorService startPolling() {
    ScheduledExecutorService service =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "energy-meters");
              thread.setDaemon(true);
              return thread;
            });
    for (int i = 0; i < meters.size(); i++) {
      int meter = i;
      long micros = (long) (meters.get(i).pollSeconds() * 1e6);
      service.scheduleAtFixedRate(() -> read(meter), micros, micros, TimeUnit.MICROSECONDS);
    }
    return service;
  }

  /**
   * Says what computes: it is waited for at the edges of windows, and estimates take its memory's
   * energy per byte.
   *
   * @param name of the backend
   * @param wait waits until the device has nothing left to do
   */
  public void attach(String name, Runnable wait) {
    backend = name;
    synchronize = wait;
  }

  /** Replaces the figures that estimates are made from. */
  public void estimateWith(EnergyTable figures) {
    table = figures;
  }

  /** The figures that estimates are made from. */
  public EnergyTable table() {
    return table;
  }

  /** What is measured, or that nothing is and why: one line. */
  public String describe() {
    return new Meters(meters, missing).describe();
  }

  /** Whether there is a meter. */
  public boolean measures() {
    return !meters.isEmpty();
  }

  /**
   * Measures the power of a machine that does nothing, for the records: it is reported beside every
   * figure and subtracted from none. Does nothing without a meter.
   *
   * @param seconds how long to wait
   */
  public void measureIdle(double seconds) {
    if (!measures() || seconds <= 0) {
      return;
    }
    EnergyWindow window = window("idle");
    try {
      Thread.sleep((long) (seconds * 1e3));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    idle(window.result());
  }

  void idle(WindowEnergy measured) {
    idleWatts = measured.averageWatts();
  }

  /** Power while nothing ran, in watts; NaN if it was not measured. */
  public double idleWatts() {
    return idleWatts;
  }

  /** Opens a window, within the one that was opened last and is still open. */
  public EnergyWindow window(String name) {
    String path = open.isEmpty() ? name : open.peek().path() + "/" + name;
    EnergyWindow window = new EnergyWindow(this, path, readAll());
    open.push(window);
    return window;
  }

  void close(EnergyWindow window) {
    if (!open.contains(window)) {
      throw new IllegalStateException("window " + window.path() + " is not open");
    }
    Reading end = readAll();
    while (open.peek() != window) {
      EnergyWindow forgotten = open.pop();
      forgotten.finish(figures(forgotten, end));
    }
    open.pop();
    window.finish(figures(window, end));
  }

  /** What an open window came to so far. */
  WindowEnergy soFar(EnergyWindow window) {
    return figures(window, readAll());
  }

  private Reading readAll() {
    synchronize.run();
    double[] joules = new double[meters.size()];
    long[] disturbances = new long[meters.size()];
    for (int i = 0; i < joules.length; i++) {
      synchronized (meters.get(i)) {
        joules[i] = read(i);
        disturbances[i] = meters.get(i).disturbances();
      }
    }
    Optional<ProcessUsage> usage = ProcessUsage.now();
    return new Reading(
        clock.getAsLong(),
        joules,
        disturbances,
        usage.map(ProcessUsage::cpuSeconds).orElse(Double.NaN),
        usage.map(ProcessUsage::peakResidentBytes).orElse(0L));
  }

  /** A meter's joules; NaN from when it was lost. */
  private double read(int i) {
    synchronized (meters.get(i)) {
      if (lost[i] != null) {
        return Double.NaN;
      }
      try {
        return meters.get(i).joules();
      } catch (MeterException e) {
        lost[i] = e.getMessage();
        return Double.NaN;
      }
    }
  }

  private WindowEnergy figures(EnergyWindow window, Reading end) {
    Reading begin = window.begin();
    double seconds = (end.nanos() - begin.nanos()) * 1e-9;
    List<String> remarks = new ArrayList<>();
    List<WindowEnergy.Share> shares = new ArrayList<>();
    for (int i = 0; i < meters.size(); i++) {
      shares.add(share(i, begin, end, seconds, remarks));
    }
    return new WindowEnergy(
        window.path(),
        seconds,
        shares,
        total(shares, window.work(), remarks),
        idleWatts,
        window.images(),
        window.work(),
        end.cpuSeconds() - begin.cpuSeconds(),
        end.peakBytes(),
        remarks);
  }

  private WindowEnergy.Share share(
      int i, Reading begin, Reading end, double seconds, List<String> remarks) {
    EnergyMeter meter = meters.get(i);
    double joules = end.joules()[i] - begin.joules()[i];
    if (Double.isNaN(joules)) {
      remarks.add(meter.name() + ": lost: " + lost[i]);
    } else if (joules < 0) {
      remarks.add(meter.name() + ": the meter went backwards");
      joules = Double.NaN;
    } else if (joules == 0 && seconds >= meter.shortestSeconds()) {
      remarks.add(meter.name() + ": the counter stood still");
      joules = Double.NaN;
    } else if (end.disturbances()[i] > begin.disturbances()[i]) {
      remarks.add(meter.name() + ": the counter was reset: a lower bound");
    }
    if (seconds < meter.shortestSeconds()) {
      remarks.add(
          meter.name() + ": too short to be exact (below " + meter.shortestSeconds() + " s)");
    }
    return new WindowEnergy.Share(meter.name(), meter.scope(), joules);
  }

  private Optional<Energy> total(List<WindowEnergy.Share> shares, Work work, List<String> remarks) {
    List<Scope> counted = Scope.total(shares.stream().map(WindowEnergy.Share::scope).toList());
    double joules = 0;
    for (WindowEnergy.Share s : shares) {
      joules += counted.contains(s.scope()) ? s.joules() : 0;
    }
    boolean any = shares.stream().anyMatch(s -> counted.contains(s.scope()));
    if (any && !Double.isNaN(joules)) {
      return Optional.of(Energy.measured(joules));
    }
    if (work.equals(Work.NONE)) {
      return Optional.empty();
    }
    remarks.add("estimated from operations and bytes: " + table.source());
    return Optional.of(table.estimate(work, backend));
  }

  @Override
  public void close() {
    if (poller != null) {
      poller.shutdownNow();
      try {
        poller.awaitTermination(5, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    meters.forEach(EnergyMeter::close);
  }
}
