package io.earlybird.golden;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.checkpoint.Npy;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * One recorded case.
 *
 * @param kind what it checks, as {@link GoldenRegistry} knows it; never derived from its name
 * @param name the case's place below the golden folder, for messages
 * @param dir the folder of its files
 * @param stem what its files' names begin with; empty if the whole folder is the case
 * @param meta what describes it: {@code meta.json}, {@code index.json} or the file itself; an empty
 *     object if nothing does
 */
public record GoldenCase(String kind, String name, Path dir, String stem, JsonNode meta) {
  /** The file {@code stem + suffix}; for {@code p0.5}: {@code file(".masks.npy")}. */
  public Path file(String suffix) {
    return dir.resolve(stem + suffix);
  }

  /** True if the case has that file. */
  public boolean has(String suffix) {
    return Files.exists(file(suffix));
  }

  /** Reads the array {@code stem + suffix}. */
  public Npy npy(String suffix) {
    return Npy.read(file(suffix));
  }

  /** Reads the float32 array {@code stem + suffix}. */
  public float[] floats(String suffix) {
    return npy(suffix).floats();
  }

  /** Reads the bundle {@code stem + suffix} (without {@code .bundle.json}). */
  public Bundle bundle(String suffix) {
    return Bundle.read(dir, stem + suffix);
  }

  /** True if the case has that bundle. */
  public boolean hasBundle(String suffix) {
    return has(suffix + ".bundle.json");
  }

  /** Reads the JSON file {@code stem + suffix}. */
  public JsonNode json(String suffix) {
    return GoldenFolder.json(file(suffix));
  }

  /** The generator's seed. */
  public long seed() {
    return meta.required("generator_seed").asLong();
  }

  @Override
  public String toString() {
    return kind + " " + name;
  }
}
