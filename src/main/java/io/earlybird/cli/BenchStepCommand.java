package io.earlybird.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.BuildInfo;
import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.Backends;
import io.earlybird.bench.StepBench;
import io.earlybird.models.NetworkSpec;
import io.earlybird.training.EngineSettings;
import java.io.PrintWriter;
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

  @Option(
      names = "--precision",
      paramLabel = "NAME",
      defaultValue = "fp32",
      description = "Number format: fp32. Default: ${DEFAULT-VALUE}.")
  private String precision;

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

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Mixin private EngineOptions engine;

  @Override
  public Integer call() throws Exception {
    if (!precision.equals("fp32")) {
      throw new EarlybirdException("unknown precision '" + precision + "': expected fp32");
    }
    NetworkSpec wanted = network.settings().spec(CLASSES, NetworkSpec.CIFAR_SIZE);
    StepBench.Options options = new StepBench.Options(wanted, batch, repeat, warmup);
    EngineSettings with = engine.settings();
    try (Backend backend = Backends.open(with.backend(), with.threads(), Map.of()).backend()) {
      StepBench.Result result = StepBench.run(backend, options);
      PrintWriter out = spec.commandLine().getOut();
      if (json) {
        out.println(new ObjectMapper().writeValueAsString(toJson(backend, options, result)));
      } else {
        print(out, backend, options, result);
      }
      return 0;
    }
  }

  private ObjectNode toJson(Backend backend, StepBench.Options options, StepBench.Result r) {
    NetworkSpec net = options.network();
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("bench", "step").put("version", BuildInfo.version());
    node.put("arch", net.arch()).put("depth", net.depth()).put("cfg", net.widths().toString());
    node.put("batch", options.batch()).put("precision", precision);
    node.put("backend", backend.name()).put("device", backend.describe());
    node.put("threads", Backends.threads(backend)).put("repeat", options.repeat());
    node.put("median_ms", r.medianMs()).put("min_ms", r.minMs()).put("max_ms", r.maxMs());
    node.put("images_per_s", options.batch() / r.medianMs() * 1e3);
    node.put("gflop_per_step", r.gflopPerStep()).put("gflop_per_s", r.gflopPerSecond());
    putFinite(node, "fma_peak_gflop_per_s", r.fmaPeak());
    putFinite(node, "peak_share", r.peakShare());
    node.put("peak_memory_bytes", r.peakMemoryBytes());
    return node;
  }

  private static void putFinite(ObjectNode node, String name, double value) {
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
        precision,
        r.medianMs(),
        r.minMs(),
        r.maxMs(),
        options.repeat(),
        options.batch() / r.medianMs() * 1e3);
    out.printf(
        Locale.ROOT,
        "%.2f GFLOP a step, %.1f GFLOP/s%s; memory of a step %.1f MiB%n",
        r.gflopPerStep(),
        r.gflopPerSecond(),
        Double.isFinite(r.peakShare())
            ? String.format(
                Locale.ROOT,
                ", %.1f%% of the peak of %.0f measured now",
                100 * r.peakShare(),
                r.fmaPeak())
            : "",
        r.peakMemoryBytes() / 1048576.0);
  }
}
