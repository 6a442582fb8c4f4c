package io.earlybird.energy;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.cuda.Nvml;
import io.earlybird.backend.cuda.NvmlLibrary;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * The meters of a machine, and why others are not among them.
 *
 * @param found meters to be closed by whoever uses them
 * @param missing reason by what cannot be measured
 */
public record Meters(List<EnergyMeter> found, Map<String, String> missing) {
  /** Copies both. */
  public Meters {
    found = List.copyOf(found);
    missing = new LinkedHashMap<>(missing);
  }

  static Meters missing(String what, String reason) {
    return new Meters(List.of(), Map.of(what, reason));
  }

  /** Processor and GPUs of this machine. */
  public static Meters ofThisMachine() {
    return ofThisMachine(Rapl.POWERCAP);
  }

  /**
   * Processor and GPUs of this machine.
   *
   * @param powercap where the kernel's powercap tree is mounted
   */
  public static Meters ofThisMachine(Path powercap) {
    LongSupplier clock = System::nanoTime;
    Meters gpus;
    try {
      Nvml nvml = NvmlLibrary.open();
      gpus = NvmlMeters.open(nvml, System.getenv("CUDA_VISIBLE_DEVICES"), clock);
    } catch (EarlybirdException e) {
      gpus = missing("GPU (NVML)", e.getMessage());
    }
    return Rapl.open(powercap, clock).and(gpus);
  }

  /** These and others. */
  public Meters and(Meters others) {
    List<EnergyMeter> all = new ArrayList<>(found);
    all.addAll(others.found);
    Map<String, String> reasons = new LinkedHashMap<>(missing);
    reasons.putAll(others.missing);
    return new Meters(all, reasons);
  }

  /** One line: what is measured, or that nothing is and why. */
  public String describe() {
    List<String> lines = new ArrayList<>();
    found.forEach(m -> lines.add(m.name()));
    List<String> reasons = new ArrayList<>();
    missing.forEach((what, why) -> reasons.add(what + ": " + why));
    return found.isEmpty()
        ? "not measurable here (" + String.join("; ", reasons) + ")"
        : "measured by " + String.join(", ", lines);
  }
}
