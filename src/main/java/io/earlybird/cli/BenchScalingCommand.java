package io.earlybird.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.BuildInfo;
import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.Backends;
import io.earlybird.bench.StepBench;
import io.earlybird.models.Cfg;
import io.earlybird.models.NetworkSpec;
import io.earlybird.training.EngineSettings;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How the cost of a training step grows. */
@Command(
    name = "scaling",
    sortOptions = false,
    description =
        "Measures a training step against the batch, the width and the number of threads, one at a"
            + " time.")
final class BenchScalingCommand implements Callable<Integer> {
  private static final int CLASSES = 10;

  @Spec private CommandSpec spec;
  @Mixin private NetworkOptions network;

  @Option(
      names = "--batches",
      paramLabel = "LIST",
      split = ",",
      defaultValue = "1,4,16,64,256,512",
      description = "Pictures per step, at full width. Default: ${DEFAULT-VALUE}.")
  private List<Integer> batches;

  @Option(
      names = "--widths",
      paramLabel = "LIST",
      split = ",",
      defaultValue = "0.25,0.5,1,2",
      description = "Factors on all widths (vgg only). Default: ${DEFAULT-VALUE}.")
  private List<Double> widths;

  @Option(
      names = {"--batch", "--batch-size"},
      paramLabel = "N",
      defaultValue = "64",
      description = "Pictures per step where width or threads vary. Default: ${DEFAULT-VALUE}.")
  private int batch;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      defaultValue = "5",
      description = "Steps that are timed for each line. Default: ${DEFAULT-VALUE}.")
  private int repeat;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Option(
      names = "--save",
      paramLabel = "FILE",
      description = "Also write the JSON object to a file.")
  private Path save;

  @Mixin private EnginePrecisionOption precision;
  @Mixin private EngineOptions engine;

  /** One line of the table. */
  private record Line(NetworkSpec network, double width, int batch, int threads) {}

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    EngineSettings with = engine.settings(precision.precision());
    NetworkSpec full = network.settings().spec(CLASSES, NetworkSpec.CIFAR_SIZE);
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("bench", "scaling").put("version", BuildInfo.version());
    node.put("network", full.toString()).put("repeat", repeat);
    ArrayNode array = node.putArray("lines");
    boolean titled = false;
    for (Line line : lines(full, with.threads())) {
      try (Backend backend = with.threads(line.threads).open(Map.of()).backend()) {
        StepBench.Result r =
            StepBench.run(backend, new StepBench.Options(line.network, line.batch, repeat, 2));
        Backends.choices(backend); // remembers what was measured
        if (!titled && !json) {
          out.println(backend.describe());
          out.printf(
              "%-6s %-6s %-8s %10s %10s %12s %10s %7s %12s%n",
              "batch",
              "width",
              "threads",
              "median ms",
              "min ms",
              "ms/picture",
              "GFLOP/s",
              "share",
              "memory MiB");
        }
        titled = true;
        node.put("device", backend.describe());
        add(array.addObject(), line, r);
        if (!json) {
          print(out, line, r);
        }
      }
    }
    BenchStepCommand.show(node, json, save, out);
    return 0;
  }

  private Set<Line> lines(NetworkSpec full, int threads) {
    int all = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    Set<Line> lines = new LinkedHashSet<>();
    batches.forEach(n -> lines.add(new Line(full, 1, n, all)));
    if (full.arch().equals("vgg")) {
      widths.forEach(f -> lines.add(new Line(scaled(full, f), f, batch, all)));
    }
    for (int t = 1; t <= all; t *= 2) {
      lines.add(new Line(full, 1, batch, t));
    }
    return lines;
  }

  private static NetworkSpec scaled(NetworkSpec full, double factor) {
    if (!(factor > 0)) {
      throw new EarlybirdException("--widths must be positive, not " + factor);
    }
    if (factor == 1) {
      return full;
    }
    List<Integer> scaled = new ArrayList<>();
    for (int width : full.widths().widths()) {
      scaled.add((int) Math.max(1, Math.round(width * factor)));
    }
    Cfg cfg = full.widths().withWidths(scaled);
    return full.withCfg(cfg);
  }

  private static void print(PrintWriter out, Line line, StepBench.Result r) {
    out.printf(
        Locale.ROOT,
        "%-6d %-6s %-8d %10.2f %10.2f %12.3f %10.1f %6.1f%% %12.1f%n",
        line.batch,
        "x" + line.width,
        line.threads,
        r.medianMs(),
        r.minMs(),
        r.medianMs() / line.batch,
        r.gflopPerSecond(),
        100 * r.peakShare(),
        r.peakMemoryBytes() / 1048576.0);
    out.flush();
  }

  private static void add(ObjectNode node, Line line, StepBench.Result r) {
    node.put("batch", line.batch).put("width", line.width).put("threads", line.threads);
    node.put("median_ms", r.medianMs()).put("min_ms", r.minMs()).put("max_ms", r.maxMs());
    node.put("ms_per_image", r.medianMs() / line.batch);
    node.put("gflop_per_s", r.gflopPerSecond());
    BenchStepCommand.putFinite(node, "peak_share", r.peakShare());
    node.put("peak_memory_bytes", r.peakMemoryBytes());
  }
}
