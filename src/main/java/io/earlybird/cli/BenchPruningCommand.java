package io.earlybird.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.BuildInfo;
import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.Backends;
import io.earlybird.bench.PruningBench;
import io.earlybird.models.Cfg;
import io.earlybird.models.NetworkSpec;
import io.earlybird.training.EngineSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What pruning saves of a training step. */
@Command(
    name = "pruning",
    sortOptions = false,
    description =
        "Measures training steps of tickets beside the dense network's: which share of the saved"
            + " FLOPs, and of what counted bytes and FLOPs allow, became time.")
final class BenchPruningCommand implements Callable<Integer> {
  private static final int CLASSES = 10;
  private static final int WARMUP = 2;

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "FILE",
      arity = "1..*",
      description = "A ticket's widths as --cfg takes them; lines that begin with # are comments.")
  private List<Path> files;

  @Mixin private NetworkOptions network;

  @Option(
      names = "--batches",
      paramLabel = "LIST",
      split = ",",
      defaultValue = "64,256",
      description = "Pictures per step. Default: ${DEFAULT-VALUE}.")
  private List<Integer> batches;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      defaultValue = "9",
      description = "Pairs of steps that are timed for each line. Default: ${DEFAULT-VALUE}.")
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

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    EngineSettings with = engine.settings(precision.precision());
    NetworkSpec dense = network.settings().spec(CLASSES, NetworkSpec.CIFAR_SIZE);
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("bench", "pruning").put("version", BuildInfo.version());
    node.put("network", dense.toString()).put("repeat", repeat);
    ArrayNode lines = node.putArray("lines");
    try (Backend backend = with.open(Map.of()).backend()) {
      PruningBench.Peaks peaks = PruningBench.Peaks.of(backend);
      node.put("device", backend.describe());
      node.put("fma_peak_gflop_per_s", peaks.f32()).put("bf16_peak_gflop_per_s", peaks.bf16());
      if (!json) {
        title(out, backend, dense, peaks);
      }
      for (Path file : files) {
        NetworkSpec pruned = dense.withCfg(read(file));
        for (int batch : batches) {
          var options = new PruningBench.Options(dense, pruned, batch, repeat, WARMUP);
          PruningBench.Result r = PruningBench.run(backend, peaks, options);
          Backends.choices(backend); // remembers what was measured
          add(lines.addObject(), file, pruned, batch, r);
          if (!json) {
            print(out, file, batch, r);
          }
        }
      }
    }
    BenchStepCommand.show(node, json, save, out);
    return 0;
  }

  private static Cfg read(Path file) {
    try {
      return Cfg.parse(
          Files.readAllLines(file, StandardCharsets.UTF_8).stream()
              .map(String::strip)
              .filter(line -> !line.isEmpty() && !line.startsWith("#"))
              .collect(Collectors.joining(",")));
    } catch (IOException e) {
      throw new EarlybirdException("cannot read the widths in " + file + ": " + e.getMessage(), e);
    }
  }

  private static void title(
      PrintWriter out, Backend backend, NetworkSpec dense, PruningBench.Peaks peaks) {
    out.println(backend.describe());
    out.printf(
        Locale.ROOT,
        "%s; peaks %.1f GFLOP/s in fp32, %.1f in bf16%n",
        dense,
        peaks.f32(),
        peaks.bf16());
    out.printf(
        "%-24s %-6s %10s %10s %8s %8s %9s %8s %10s %10s%n",
        "ticket",
        "batch",
        "dense ms",
        "pruned ms",
        "time",
        "FLOPs",
        "copy GB/s",
        "allowed",
        "of FLOPs",
        "of allowed");
  }

  private static void print(PrintWriter out, Path file, int batch, PruningBench.Result r) {
    out.printf(
        Locale.ROOT,
        "%-24s %-6d %10.2f %10.2f %8.3f %8.3f %9.1f %8.3f %10.2f %10.2f%n",
        file.getFileName(),
        batch,
        r.dense().medianMs(),
        r.pruned().medianMs(),
        r.timeRatio(),
        r.flopRatio(),
        r.copyGigabytes(),
        r.allowedRatio(),
        r.shareOfFlops(),
        r.shareOfAllowed());
    out.flush();
  }

  private static void add(
      ObjectNode node, Path file, NetworkSpec pruned, int batch, PruningBench.Result r) {
    node.put("ticket", file.getFileName().toString()).put("cfg", pruned.widths().toString());
    node.put("batch", batch);
    node.put("dense_median_ms", r.dense().medianMs()).put("dense_min_ms", r.dense().minMs());
    node.put("pruned_median_ms", r.pruned().medianMs()).put("pruned_min_ms", r.pruned().minMs());
    node.put("time_ratio", r.timeRatio()).put("min_time_ratio", r.minTimeRatio());
    node.put("flop_ratio", r.flopRatio()).put("copy_gb_per_s", r.copyGigabytes());
    node.put("allowed_ratio", r.allowedRatio());
    BenchStepCommand.putFinite(node, "share_of_flops", r.shareOfFlops());
    BenchStepCommand.putFinite(node, "share_of_allowed", r.shareOfAllowed());
  }
}
