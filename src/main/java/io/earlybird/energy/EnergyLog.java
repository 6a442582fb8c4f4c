package io.earlybird.energy;

import io.earlybird.plan.Work;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Windows of a monitor, and where their figures go once they are closed.
 *
 * @param monitor measures
 * @param sink told the figures of every window, in the order in which they end
 */
public record EnergyLog(EnergyMonitor monitor, Consumer<WindowEnergy> sink) {
  /** A log that measures nothing and keeps nothing. */
  public static EnergyLog none() {
    return new EnergyLog(EnergyMonitor.off(), window -> {});
  }

  /**
   * Does something in a window of its own.
   *
   * @param name of the window
   * @param body is handed the window, to which it may add work and pictures
   * @return what the body returns; if it throws, nothing is logged
   */
  public <T> T during(String name, Function<T> body) {
    try (EnergyWindow window = monitor.window(name)) {
      T result = body.apply(window);
      sink.accept(window.result());
      return result;
    }
  }

  /** As {@link #during(String, Function)}, for what is no work of a plan. */
  public <T> T during(String name, Supplier<T> body) {
    return during(name, window -> body.get());
  }

  /** What is done in a window. */
  @FunctionalInterface
  public interface Function<T> {
    /** Does it; {@link EnergyWindow#add(Work)} tells the window of work. */
    T apply(EnergyWindow window);
  }
}
