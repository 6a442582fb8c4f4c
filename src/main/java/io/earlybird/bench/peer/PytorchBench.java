package io.earlybird.bench.peer;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.bench.Median;
import io.earlybird.bench.StepBench;
import io.earlybird.lowprecision.LowPrecision;
import io.earlybird.models.NetworkSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The engine and PyTorch on the same device, by turns: some steps of ours, as many of each PyTorch
 * program, and so on. Both sides read pictures that lie on the device, augment them, and train; the
 * variant {@code original} loads them as the original does.
 */
public final class PytorchBench {
  /** What the programs call the networks. */
  private static final Map<String, String> ARCHITECTURES =
      Map.of("vgg16", "vgg16", "resnet101", "preresnet101");

  /** The variants that there are, the fastest first. */
  public static final List<String> VARIANTS =
      List.of("compile-max", "compile-graphs", "graph", "eager", PytorchPeer.ORIGINAL);

  private PytorchBench() {}

  /**
   * What is compared.
   *
   * @param name arch and depth: {@code vgg16} or {@code resnet101}
   * @param network the same
   * @param batch pictures per step
   * @param repeat turns of each side
   * @param steps of a turn
   * @param warmup steps before the first turn
   * @param variants of PyTorch's programs
   * @param folder with the programs
   * @param python the interpreter
   */
  public record Options(
      String name,
      NetworkSpec network,
      int batch,
      int repeat,
      int steps,
      int warmup,
      List<String> variants,
      Path folder,
      String python) {
    /**
     * Checks them.
     *
     * @throws EarlybirdException if a number is not positive, or there is no such program
     */
    public Options {
      if (batch < 1 || repeat < 1 || steps < 1 || warmup < 0) {
        throw new EarlybirdException(
            "--batch, --repeat and --steps must be at least 1, not "
                + List.of(batch, repeat, steps));
      }
      if (!ARCHITECTURES.containsKey(name)) {
        throw new EarlybirdException(
            "PyTorch's programs know vgg16 and resnet101, not '" + name + "'");
      }
      for (String variant : variants) {
        if (!VARIANTS.contains(variant)) {
          throw new EarlybirdException(
              "unknown variant '" + variant + "': expected " + String.join(", ", VARIANTS));
        }
      }
      if (!Files.exists(folder.resolve("best.py"))) {
        throw new EarlybirdException(folder + ": there are no PyTorch programs (--peer-dir)");
      }
    }
  }

  /**
   * One side.
   *
   * @param who {@code earlybird}, or the variant
   * @param milliseconds of a step, a mean for each turn
   * @param peak TFLOP/s of a large product in the side's precision, measured by PyTorch in this
   *     run; NaN for ours, which has none of its own
   * @param about versions and device of the program; null for ours
   */
  public record Side(String who, double[] milliseconds, double peak, JsonNode about) {
    /** Median over the turns. */
    public double medianMs() {
      return Median.of(milliseconds);
    }
  }

  /**
   * What was measured.
   *
   * @param gflop nominal GFLOP of a step
   * @param sides ours first
   */
  public record Result(double gflop, List<Side> sides) {
    /** The fastest of the best programs, or null if none ran. */
    public Side best() {
      return sides.stream()
          .skip(1)
          .filter(s -> !s.who().equals(PytorchPeer.ORIGINAL))
          .min(Comparator.comparingDouble(Side::medianMs))
          .orElse(null);
    }

    /** The highest ceiling that a program measured, in TFLOP/s; NaN if none did. */
    public double peak() {
      return sides.stream().skip(1).mapToDouble(Side::peak).max().orElse(Double.NaN);
    }

    /** How many times as fast as a side we are, by medians. */
    public double ratio(Side other) {
      return other.medianMs() / sides.get(0).medianMs();
    }
  }

  /**
   * Compares.
   *
   * @throws EarlybirdException if a program cannot be started or ends early
   */
  public static Result run(Backend backend, Options options) {
    String device = backend.name().equals("cuda") ? "cuda" : "cpu";
    Map<String, PytorchPeer> peers = new LinkedHashMap<>();
    Path log = null;
    try {
      log = Files.createTempFile("earlybird-pytorch", ".log");
      for (String variant : options.variants()) {
        peers.put(
            variant,
            new PytorchPeer(
                options.python(),
                options.folder(),
                variant,
                ARCHITECTURES.get(options.name()),
                options.batch(),
                device,
                options.warmup(),
                log));
      }
      return StepBench.turns(
          backend,
          new StepBench.Options(
              options.network(), options.batch(), options.steps(), 0, LowPrecision.NONE),
          ours -> compare(ours, peers, options));
    } catch (IOException e) {
      throw new EarlybirdException("PyTorch's messages: " + e.getMessage(), e);
    } finally {
      peers.values().forEach(PytorchPeer::close);
      delete(log);
    }
  }

  private static Result compare(
      StepBench.Turns ours, Map<String, PytorchPeer> peers, Options options) {
    List<double[]> times = new ArrayList<>();
    for (int i = 0; i <= peers.size(); i++) {
      times.add(new double[options.repeat()]);
    }
    ours.milliseconds();
    for (int r = 0; r < options.repeat(); r++) {
      times.get(0)[r] = ours.milliseconds();
      int side = 1;
      for (PytorchPeer peer : peers.values()) {
        times.get(side++)[r] = peer.run(options.steps());
      }
    }
    List<Side> sides = new ArrayList<>();
    sides.add(new Side("earlybird", times.get(0), Double.NaN, null));
    int side = 1;
    for (Map.Entry<String, PytorchPeer> peer : peers.entrySet()) {
      JsonNode about = peer.getValue().about();
      double peak = about.path("matmul_peak_tflops").asDouble(Double.NaN);
      sides.add(new Side(peer.getKey(), times.get(side++), peak, about));
    }
    return new Result(ours.gflop(), sides);
  }

  private static void delete(Path log) {
    try {
      if (log != null) {
        Files.deleteIfExists(log);
      }
    } catch (IOException e) {
      throw new EarlybirdException(log + ": cannot be deleted: " + e.getMessage(), e);
    }
  }
}
