package io.earlybird.energy;

import io.earlybird.plan.Work;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a closed window came to.
 *
 * @param path its name after those of the windows around it, joined by {@code /}
 * @param seconds from opening to closing
 * @param meters what every meter counted
 * @param total measured, or estimated where nothing measures and the work is known; empty where
 *     neither is
 * @param idleWatts power of the same meters while nothing ran; NaN if it was not measured
 * @param images pictures that passed
 * @param work operations and bytes that plans counted
 * @param cpuSeconds processor time of this process, NaN if unknown
 * @param peakResidentBytes the most memory this process had so far, 0 if unknown
 * @param remarks what a reader must know of these figures
 */
public record WindowEnergy(
    String path,
    double seconds,
    List<Share> meters,
    Optional<Energy> total,
    double idleWatts,
    long images,
    Work work,
    double cpuSeconds,
    long peakResidentBytes,
    List<String> remarks) {
  /**
   * What one meter counted.
   *
   * @param meter its name
   * @param scope of what
   * @param joules NaN if it has no figure for this window
   */
  public record Share(String meter, Scope scope, double joules) {}

  /** Copies the lists. */
  public WindowEnergy {
    meters = List.copyOf(meters);
    remarks = List.copyOf(remarks);
  }

  /** The last part of the path. */
  public String name() {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** Average power in watts, or NaN. */
  public double averageWatts() {
    return total.map(e -> e.joules() / seconds).orElse(Double.NaN);
  }

  /** Pictures per joule, or NaN. */
  public double imagesPerJoule() {
    return total
        .filter(e -> images > 0 && e.joules() > 0)
        .map(e -> images / e.joules())
        .orElse(Double.NaN);
  }

  /** For a record: by name, what JSON can hold. */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("window", path);
    map.put("seconds", seconds);
    map.put("joules", total.map(Energy::joules).orElse(Double.NaN));
    map.put("source", total.map(e -> e.source().label()).orElse(null));
    map.put("average_watts", averageWatts());
    map.put("images", images);
    map.put("images_per_joule", imagesPerJoule());
    boolean measured = total.filter(Energy::isMeasured).isPresent();
    if (measured && !Double.isNaN(idleWatts)) {
      map.put("idle_watts", idleWatts);
      map.put("joules_above_idle", total.get().joules() - idleWatts * seconds);
    }
    if (!meters.isEmpty()) {
      Map<String, Object> shares = new LinkedHashMap<>();
      meters.forEach(s -> shares.put(s.meter(), s.joules()));
      map.put("meters", shares);
    }
    map.put("operations", work.total().allOperations());
    map.put("bytes", work.total().bytes());
    map.put("cpu_seconds", cpuSeconds);
    map.put("peak_resident_bytes", peakResidentBytes);
    if (!remarks.isEmpty()) {
      map.put("remarks", remarks);
    }
    return map;
  }
}
