package io.earlybird.energy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A simulated powercap tree. */
final class Powercap {
  private final Path root;

  Powercap(Path root) {
    this.root = root;
  }

  /** Adds a domain, or sets its counter in µJ. */
  Path zone(String id, String name, long microjoules, long range) throws IOException {
    Path zone = Files.createDirectories(root.resolve(id));
    Files.writeString(zone.resolve("name"), name + "\n");
    Files.writeString(zone.resolve("max_energy_range_uj"), range + "\n");
    set(id, microjoules);
    return zone;
  }

  void set(String id, long microjoules) throws IOException {
    Files.writeString(root.resolve(id).resolve("energy_uj"), microjoules + "\n");
  }

  Path root() {
    return root;
  }
}
