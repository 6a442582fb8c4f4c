package io.earlybird.cli;

import static java.util.stream.Collectors.joining;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.BuildInfo;
import io.earlybird.backend.Backend;
import io.earlybird.backend.Backends;
import io.earlybird.bench.MemoryFormula;
import io.earlybird.bench.StepBench;
import io.earlybird.models.NetworkSpec;
import io.earlybird.training.EngineSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The time of a training step. */
@Command(
    name = "step",
    sortOptions = false,
    description = "Measures one training step on random pictures of 32x32 in ten classes.")
final class BenchStepCommand implements Callable<Integer> {
  private static final int CLASSES = 10;

  @Spec private CommandSpec spec;
  @Mixin private NetworkOptions network;

  @Option(
      names = {"--batch", "--batch-size"},
      paramLabel = "N",
      defaultValue = "64",
      description = "Pictures per step. Default: ${DEFAULT-VALUE}.")
  private int batch;

  @Mixin private PrecisionOptions precision;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      defaultValue = "9",
      description = "Steps that are timed. Default: ${DEFAULT-VALUE}.")
  private int repeat;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      defaultValue = "3",
      description = "Steps before those. Default: ${DEFAULT-VALUE}.")
  private int warmup;

  @Option(names = "--profile", description = "Also list the shortest time of each kernel.")
  private boolean profile;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Option(
      names = "--save",
      paramLabel = "FILE",
      description = "Also write the JSON object to a file.")
  private Path save;

  @Mixin private EngineOptions engine;

  @Override
  public Integer call() throws Exception {
    NetworkSpec wanted = network.settings().spec(CLASSES, NetworkSpec.CIFAR_SIZE);
    StepBench.Options options =
        new StepBench.Options(wanted, batch, repeat, warmup, precision.lowPrecision());
    EngineSettings with = engine.settings(precision.engine());
    Backends.Opened opened = with.open(Map.of());
    try (Backend backend = opened.backend()) {
      if (Backends.precision(backend) != precision.engine()) {
        spec.commandLine().getErr().println("earlybird: " + opened.why());
      }
      StepBench.Result result = StepBench.run(backend, options);
      PrintWriter out = spec.commandLine().getOut();
      if (!json) {
        print(out, backend, options, result);
        if (profile) {
          print(out, StepBench.profile(backend, options));
        }
      }
      Backends.choices(backend); // remembers what was measured
      show(toJson(backend, options, result), json, save, out);
      return 0;
    }
  }

  /** Prints a result as JSON if asked to, and writes it to a file if one is named. */
  static void show(ObjectNode result, boolean print, Path file, PrintWriter out)
      throws IOException {
    if (print) {
      out.println(new ObjectMapper().writeValueAsString(result));
    }
    if (file != null) {
      Files.writeString(file, result.toPrettyString() + "\n");
    }
  }

  private ObjectNode toJson(Backend backend, StepBench.Options options, StepBench.Result r) {
    NetworkSpec net = options.network();
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("bench", "step").put("version", BuildInfo.version());
    node.put("arch", net.arch()).put("depth", net.depth()).put("cfg", net.widths().toString());
    node.put("batch", options.batch()).put("precision", precision.label(backend));
    node.put("backend", backend.name()).put("device", backend.describe());
    node.put("threads", Backends.threads(backend)).put("repeat", options.repeat());
    node.put("median_ms", r.medianMs()).put("min_ms", r.minMs()).put("max_ms", r.maxMs());
    node.put("images_per_s", options.batch() / r.medianMs() * 1e3);
    node.put("gflop_per_step", r.gflopPerStep()).put("gflop_per_s", r.gflopPerSecond());
    putFinite(node, "fma_peak_gflop_per_s", r.fmaPeak());
    putFinite(node, "peak_share", r.peakShare());
    node.put("peak_memory_bytes", r.peakMemoryBytes());
    node.put("resident_growth_bytes", r.residentGrowthBytes());
    node.put("memory_formula_bytes", r.formula().total());
    node.put("memory_ratio", (double) r.peakMemoryBytes() / r.formula().total());
    return node;
  }

  static void putFinite(ObjectNode node, String name, double value) {
    if (Double.isFinite(value)) {
      node.put(name, value);
    } else {
      node.putNull(name);
    }
  }

  private void print(
      PrintWriter out, Backend backend, StepBench.Options options, StepBench.Result r) {
    out.println(backend.describe());
    out.printf(
        Locale.ROOT,
        "%s, batch %d, %s: median %.2f ms (%.2f to %.2f, n = %d), %,.0f images/s%n",
        options.network(),
        options.batch(),
        precision.label(backend),
        r.medianMs(),
        r.minMs(),
        r.maxMs(),
        options.repeat(),
        options.batch() / r.medianMs() * 1e3);
    out.printf(
        Locale.ROOT,
        "%.2f GFLOP a step, %.1f GFLOP/s%s%n",
        r.gflopPerStep(),
        r.gflopPerSecond(),
        Double.isFinite(r.peakShare())
            ? String.format(
                Locale.ROOT,
                ", %.1f%% of the peak of %.0f measured now",
                100 * r.peakShare(),
                r.fmaPeak())
            : "");
    MemoryFormula f = r.formula();
    out.printf(
        Locale.ROOT,
        "memory of a step %.1f MiB = %.2f x %.1f (3 x %.1f parameters, gradients and momenta + %.1f"
            + " batch-norm inputs + %.2f pooling + %.2f statistics)%n",
        mebibytes(r.peakMemoryBytes()),
        (double) r.peakMemoryBytes() / f.total(),
        mebibytes(f.total()),
        mebibytes(f.parameters()),
        mebibytes(f.normInputs()),
        mebibytes(f.poolPlaces()),
        mebibytes(f.statistics()));
    out.printf(
        Locale.ROOT,
        "resident memory grew by %.1f MiB, kernels' code and Java objects included%n",
        mebibytes(r.residentGrowthBytes()));
  }

  private static double mebibytes(long bytes) {
    return bytes / 1048576.0;
  }

  /** Kernels of equal op, shapes and implementation in one line each, the longest first. */
  private static void print(PrintWriter out, List<StepBench.KernelTime> times) {
    Map<String, List<Double>> lines = new LinkedHashMap<>();
    double all = 0;
    for (StepBench.KernelTime t : times) {
      String operands =
          t.kernel().inputs().stream().limit(2).map(Object::toString).collect(joining(" "));
      String line = String.format("%-24s %-48s %s", t.kernel().op(), operands, t.kernel().choice());
      lines.computeIfAbsent(line, k -> new ArrayList<>()).add(t.milliseconds());
      all += t.milliseconds();
    }
    out.printf("%9s %6s %5s  %s%n", "ms", "share", "times", "kernel");
    double total = all;
    lines.entrySet().stream()
        .sorted(Comparator.comparingDouble(e -> -sum(e.getValue())))
        .forEach(
            e ->
                out.printf(
                    Locale.ROOT,
                    "%9.3f %5.1f%% %5d  %s%n",
                    sum(e.getValue()),
                    100 * sum(e.getValue()) / total,
                    e.getValue().size(),
                    e.getKey()));
    out.printf(Locale.ROOT, "%9.3f 100.0%% %5d  all%n", all, times.size());
  }

  private static double sum(List<Double> values) {
    return values.stream().mapToDouble(v -> v).sum();
  }
}
