package io.earlybird.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.BuildInfo;
import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.Backends;
import io.earlybird.backend.cpu.CpuBackend;
import io.earlybird.backend.cpu.CpuLibrary;
import io.earlybird.bench.KernelBench;
import io.earlybird.bench.KernelCase;
import io.earlybird.bench.NetworkConvolutions;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardData;
import io.earlybird.tensor.op.Conv2dBackwardWeight;
import io.earlybird.training.EngineSettings;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The rates of single kernels. */
@Command(
    name = "kernels",
    sortOptions = false,
    description =
        "Measures every kernel with cold caches against the ceiling of the same run: products"
            + " against the multiply-add peak, all others against a copy, or against Philox where its"
            + " random numbers take longer.")
final class BenchKernelsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--op",
      paramLabel = "NAME",
      split = ",",
      description = "Only these ops, such as Conv2d or max_pool2d. Default: all.")
  private Set<String> ops = new LinkedHashSet<>();

  @Option(
      names = "--convolutions",
      description =
          "Instead: every convolution of VGG-16 and PreResNet-101 in its three products, and"
              + " geometric means of their rates.")
  private boolean convolutions;

  @Option(
      names = {"--batch", "--batch-size"},
      paramLabel = "N",
      defaultValue = "64",
      description = "Pictures per batch. Default: ${DEFAULT-VALUE}.")
  private int batch;

  @Option(
      names = "--seconds",
      paramLabel = "T",
      defaultValue = "0.5",
      description = "Time for each case, at least. Default: ${DEFAULT-VALUE}.")
  private double seconds;

  @Option(
      names = "--plugin",
      paramLabel = "LIB",
      description = "Time the kernels that this shared library exports beside ours.")
  private Path plugin;

  @Option(names = "--json", description = "Print one JSON object instead of the table.")
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
    if (batch < 1 || !(seconds >= 0)) {
      throw new EarlybirdException("--batch must be at least 1 and --seconds not negative");
    }
    List<KernelCase> cases = wanted();
    PrintWriter out = spec.commandLine().getOut();
    EngineSettings with = engine.settings(precision.precision());
    String replaced = plugin == null ? "" : String.join(", ", tryPlugin());
    try (Backend backend = with.open(Map.of()).backend()) {
      if (plugin != null && !(backend instanceof CpuBackend)) {
        throw new EarlybirdException(
            "--plugin replaces kernels of the cpu backend, not of " + backend.name());
      }
      KernelBench bench =
          new KernelBench(
              backend, KernelBench.Options.of(seconds), plugin == null ? null : new Plugin(plugin));
      if (!json) {
        out.println(backend.describe());
        if (plugin != null) {
          out.println(plugin + " exports " + replaced + "; other kernels are ours in both columns");
        }
      }
      List<KernelBench.Result> results =
          json ? bench.run(cases, r -> {}) : print(out, bench, cases);
      Backends.choices(backend); // remembers what was measured
      BenchStepCommand.show(toJson(backend, results), json, save, out);
      return 0;
    }
  }

  /** Loads and unloads the plugin, so that a wrong one fails before anything is measured. */
  private List<String> tryPlugin() {
    List<String> names = CpuLibrary.loadPlugin(plugin);
    CpuLibrary.unloadPlugin();
    return names;
  }

  private record Plugin(Path library) implements KernelBench.Rival {
    @Override
    public void enter() {
      CpuLibrary.loadPlugin(library);
    }

    @Override
    public void leave() {
      CpuLibrary.unloadPlugin();
    }
  }

  private List<KernelCase> wanted() {
    List<KernelCase> all = convolutions ? NetworkConvolutions.of(batch) : KernelCase.all(batch);
    List<KernelCase> cases =
        all.stream().filter(c -> ops.isEmpty() || ops.stream().anyMatch(o -> is(c, o))).toList();
    for (String op : ops) {
      if (cases.stream().noneMatch(c -> is(c, op))) {
        throw new EarlybirdException(
            "no kernel to measure is called '"
                + op
                + "': there are "
                + String.join(", ", all.stream().map(c -> c.op().name()).distinct().toList()));
      }
    }
    return cases;
  }

  private static boolean is(KernelCase kernel, String name) {
    return kernel.op().name().equalsIgnoreCase(name.replace("_", ""));
  }

  private List<KernelBench.Result> print(
      PrintWriter out, KernelBench bench, List<KernelCase> cases) {
    out.printf(
        "%-72s %9s %9s %10s %8s %9s %6s %8s%s  %s%n",
        "kernel",
        "MB",
        "GFLOP",
        "us",
        "GB/s",
        "GFLOP/s",
        "share",
        "possible",
        plugin == null ? "" : "  plugin us   ratio",
        "by");
    Consumer<KernelBench.Result> show =
        r -> {
          out.println(line(r));
          out.flush();
        };
    List<KernelBench.Result> results = bench.run(cases, show);
    double copy =
        results.stream().mapToDouble(KernelBench.Result::copyRate).max().orElse(Double.NaN);
    out.printf(
        Locale.ROOT,
        "share: of the multiply-add peak (%.0f GFLOP/s) for products, else of a copy of as many"
            + " bytes (at best %.1f GB/s), both measured in this run%n",
        results.isEmpty() ? Double.NaN : results.get(0).fmaPeak(),
        copy);
    if (results.stream().anyMatch(r -> Double.isFinite(r.possibleShare()))) {
      out.println(
          "possible: the share that the direction of memory which a kernel uses more leaves of a"
              + " copy, which uses both at once; measured too");
    }
    if (convolutions) {
      out.printf(
          Locale.ROOT,
          "geometric mean of %d: %.1f GFLOP/s (forward %.1f, input %.1f, weights %.1f)%n",
          results.size(),
          NetworkConvolutions.geometricMean(results, null),
          NetworkConvolutions.geometricMean(results, Conv2d.class),
          NetworkConvolutions.geometricMean(results, Conv2dBackwardData.class),
          NetworkConvolutions.geometricMean(results, Conv2dBackwardWeight.class));
    }
    for (KernelBench.Result r : results) {
      if (Double.isFinite(r.drawRate())) {
        out.printf(
            Locale.ROOT,
            "%s: Philox makes its random numbers at %.1f GB/s at best (%.2f x 10^9 words/s), a copy"
                + " runs at %.1f GB/s; share: of the lower%n",
            r.kernel().describe(),
            r.drawRate(),
            r.ceilings().philox(),
            r.copyRate());
      }
    }
    return results;
  }

  private static String line(KernelBench.Result r) {
    boolean product = r.kernel().isProduct();
    String rival =
        Double.isNaN(r.rivalSeconds())
            ? ""
            : String.format(
                Locale.ROOT,
                " %10.1f %6.2fx",
                r.rivalSeconds() * 1e6,
                r.seconds() / r.rivalSeconds());
    return String.format(
        Locale.ROOT,
        "%-72s %9.3f %9s %10.1f %8.1f %9s %6s %8s%s  %s",
        r.kernel().describe(),
        r.kernel().bytes() * 1e-6,
        product ? String.format(Locale.ROOT, "%.3f", r.kernel().flops() * 1e-9) : "",
        r.seconds() * 1e6,
        r.gigabytesPerSecond(),
        product ? String.format(Locale.ROOT, "%.1f", r.gflopPerSecond()) : "",
        percent(r.share()),
        Double.isNaN(r.share()) ? "" : percent(r.possibleShare()),
        rival,
        r.choice());
  }

  private static String percent(double share) {
    return Double.isNaN(share) ? "" : String.format(Locale.ROOT, "%.0f%%", 100 * share);
  }

  private ObjectNode toJson(Backend backend, List<KernelBench.Result> results) {
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("bench", "kernels").put("version", BuildInfo.version()).put("batch", batch);
    node.put("backend", backend.name()).put("device", backend.describe());
    node.put("threads", Backends.threads(backend));
    if (plugin != null) {
      node.put("plugin", plugin.toString());
    }
    if (!results.isEmpty()) {
      BenchStepCommand.putFinite(node, "fma_peak_gflop_per_s", results.get(0).fmaPeak());
      BenchStepCommand.putFinite(
          node, "philox_gigawords_per_s", results.get(0).ceilings().philox());
    }
    if (convolutions) {
      BenchStepCommand.putFinite(
          node, "geometric_mean_gflop_per_s", NetworkConvolutions.geometricMean(results, null));
    }
    var array = node.putArray("kernels");
    for (KernelBench.Result r : results) {
      ObjectNode k = array.addObject();
      k.put("op", r.kernel().op().name()).put("inputs", r.kernel().inputs().toString());
      k.put("in_place", r.kernel().inPlace()).put("choice", r.choice());
      k.put("bytes", r.kernel().bytes()).put("flops", r.kernel().flops());
      k.put("seconds", r.seconds()).put("runs", r.runs()).put("spread", r.spread());
      k.put("gb_per_s", r.gigabytesPerSecond());
      k.put("gflop_per_s", r.gflopPerSecond()).put("copy_gb_per_s", r.copyRate());
      BenchStepCommand.putFinite(k, "philox_gb_per_s", r.drawRate());
      BenchStepCommand.putFinite(k, "share", r.share());
      BenchStepCommand.putFinite(k, "possible_share", r.possibleShare());
      if (plugin != null) {
        k.put("plugin_seconds", r.rivalSeconds());
      }
    }
    return node;
  }
}
