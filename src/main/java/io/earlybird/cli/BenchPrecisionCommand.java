package io.earlybird.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.BuildInfo;
import io.earlybird.bench.PrecisionBench;
import io.earlybird.bench.StepBench;
import io.earlybird.models.NetworkSpec;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A training step in all number formats. */
@Command(
    name = "precision",
    sortOptions = false,
    description =
        "Measures a training step on the cpu backend in fp32, bf16 and 8 bits (both flows), the steps"
            + " of all formats by turns.")
final class BenchPrecisionCommand implements Callable<Integer> {
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
      names = "--repeat",
      paramLabel = "N",
      defaultValue = "9",
      description = "Turns that are timed. Default: ${DEFAULT-VALUE}.")
  private int repeat;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "0",
      description = "Processor threads; 0 for all. Default: ${DEFAULT-VALUE}.")
  private int threads;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Option(
      names = "--save",
      paramLabel = "FILE",
      description = "Also write the JSON object to a file.")
  private Path save;

  @Override
  public Integer call() throws Exception {
    NetworkSpec wanted = network.settings().spec(CLASSES, NetworkSpec.CIFAR_SIZE);
    int count = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    List<PrecisionBench.Line> lines =
        PrecisionBench.run(count, new StepBench.Options(wanted, batch, repeat, 1));
    PrintWriter out = spec.commandLine().getOut();
    if (!json) {
      print(out, wanted, count, lines);
    }
    BenchStepCommand.show(toJson(wanted, count, lines), json, save, out);
    return 0;
  }

  private void print(PrintWriter out, NetworkSpec net, int count, List<PrecisionBench.Line> lines) {
    out.printf(
        "%s, batch %d, %d threads, n = %d%n%-14s %10s %8s %8s %10s %9s %9s %9s%n",
        net,
        batch,
        count,
        repeat,
        "precision",
        "median ms",
        "min",
        "max",
        "images/s",
        "x fp32",
        "MiB",
        "kept MiB");
    double fp32 = lines.get(0).medianMs();
    for (PrecisionBench.Line l : lines) {
      out.printf(
          Locale.ROOT,
          "%-14s %10.1f %8.1f %8.1f %10.0f %8.2fx %9.1f %9.1f%n",
          l.name(),
          l.medianMs(),
          l.minMs(),
          l.maxMs(),
          batch / l.medianMs() * 1e3,
          fp32 / l.medianMs(),
          l.memoryBytes() / 1048576.0,
          l.keptBytes() / 1048576.0);
    }
    out.flush();
  }

  private ObjectNode toJson(NetworkSpec net, int count, List<PrecisionBench.Line> lines) {
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("bench", "precision").put("version", BuildInfo.version());
    node.put("network", net.toString()).put("batch", batch).put("threads", count);
    ArrayNode array = node.putArray("precisions");
    for (PrecisionBench.Line l : lines) {
      ObjectNode one = array.addObject();
      one.put("precision", l.name()).put("median_ms", l.medianMs());
      one.put("min_ms", l.minMs()).put("max_ms", l.maxMs());
      one.put("peak_memory_bytes", l.memoryBytes()).put("kept_bytes", l.keptBytes());
      ArrayNode all = one.putArray("ms");
      for (double ms : l.milliseconds()) {
        all.add(ms);
      }
    }
    return node;
  }
}
