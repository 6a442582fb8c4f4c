package io.earlybird.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.BuildInfo;
import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.Backends;
import io.earlybird.bench.peer.PeerBench;
import io.earlybird.bench.peer.PytorchBench;
import io.earlybird.models.NetworkSpec;
import io.earlybird.training.EngineSettings;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measurements. */
@Command(
    name = "bench",
    sortOptions = false,
    description = {
      "Measures the engine on this machine.",
      "With --peer libtorch: training steps and forward passes side by side with libtorch's.",
      "With --peer pytorch: training steps by turns with PyTorch programs, on the same device."
    },
    subcommands = {
      BenchStepCommand.class,
      BenchKernelsCommand.class,
      BenchScalingCommand.class,
      BenchPrecisionCommand.class,
      BenchPruningCommand.class,
      BenchEnergyCommand.class
    })
final class BenchCommand implements Callable<Integer> {
  private static final int CLASSES = 10;

  @Spec private CommandSpec spec;

  @Option(names = "--peer", paramLabel = "NAME", description = "Competitor: libtorch or pytorch.")
  private String peer;

  @Option(
      names = "--networks",
      paramLabel = "LIST",
      split = ",",
      defaultValue = "vgg16,resnet101",
      description = "Networks, as arch and depth. Default: ${DEFAULT-VALUE}.")
  private List<String> networks;

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
      description = "Alternations. Default: ${DEFAULT-VALUE}.")
  private int repeat;

  @Option(
      names = "--peer-dir",
      paramLabel = "DIR",
      description =
          "The peer's folder: a Maven module that is built at first use, or PyTorch's programs."
              + " Default: bench/peers/ and its name.")
  private Path module;

  @Option(
      names = "--variants",
      paramLabel = "LIST",
      split = ",",
      defaultValue = "graph,eager,original",
      description =
          "pytorch: compile-max, compile-graphs (both compile for minutes), graph, eager: the best"
              + " we can write, of which the fastest counts; original: the original's way."
              + " Default: ${DEFAULT-VALUE}.")
  private List<String> variants;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "20",
      description = "pytorch: steps of a turn. Default: ${DEFAULT-VALUE}.")
  private int steps;

  @Option(
      names = "--python",
      paramLabel = "FILE",
      defaultValue = "python3",
      description = "pytorch: the interpreter. Default: ${DEFAULT-VALUE}.")
  private String python;

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
    if (peer == null) {
      throw new ParameterException(
          spec.commandLine(),
          "say what to measure: "
              + String.join(", ", spec.subcommands().keySet())
              + ", or --peer libtorch or pytorch");
    }
    if (!peer.equals("libtorch") && !peer.equals("pytorch")) {
      throw new EarlybirdException("unknown peer '" + peer + "': expected libtorch or pytorch");
    }
    Path folder = module != null ? module : Path.of("bench", "peers", peer);
    PrintWriter out = spec.commandLine().getOut();
    EngineSettings with = engine.settings(precision.precision());
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("bench", "peer").put("version", BuildInfo.version()).put("batch", batch);
    ArrayNode array = node.putArray("networks");
    Backends.Opened opened = with.open(Map.of());
    try (Backend backend = opened.backend()) {
      String computed = Backends.precision(backend).label();
      if (!computed.equals(with.precision())) {
        spec.commandLine().getErr().println("earlybird: " + opened.why());
      }
      node.put("device", backend.describe());
      if (!json) {
        out.println(backend.describe());
      }
      for (String name : networks) {
        NetworkSpec network = network(name);
        if (peer.equals("pytorch")) {
          PytorchBench.Options options =
              new PytorchBench.Options(
                  name, network, batch, repeat, steps, steps, variants, folder, python);
          PytorchReport report = new PytorchReport(name, batch, PytorchBench.run(backend, options));
          report.add(array.addObject());
          if (!json) {
            report.print(out);
          }
          continue;
        }
        PeerBench.Result result =
            PeerBench.run(backend, new PeerBench.Options(network, batch, repeat, folder));
        add(array.addObject(), name, computed, result);
        if (!json) {
          print(out, name, computed, result);
        }
      }
      Backends.choices(backend); // remembers what was measured
    }
    BenchStepCommand.show(node, json, save, out);
    return 0;
  }

  private static NetworkSpec network(String name) {
    String arch = name.replaceAll("[0-9]+$", "");
    String depth = name.substring(arch.length());
    if (depth.isEmpty() || depth.length() > 4) {
      throw new EarlybirdException("'" + name + "' is no network: expected such as vgg16");
    }
    return NetworkSpec.of(arch, Integer.parseInt(depth), CLASSES);
  }

  private void print(PrintWriter out, String name, String computed, PeerBench.Result r) {
    out.printf(
        Locale.ROOT,
        "%n%s, batch %d, %s, %d threads; peak %.0f GFLOP/s measured now%npeer: %s%n"
            + "after three steps in fp32 from the same weights and pictures the weights agree to %.1e of"
            + " their change (allowed %.1e)%n"
            + "the peer's process held at most %.0f MiB, libraries included (in its more frugal"
            + " layout)%n%n",
        name,
        batch,
        computed,
        r.threads(),
        r.fmaPeak(),
        r.peer().replaceFirst("; Build settings.*", ""),
        r.weightDifference(),
        r.tolerance(),
        r.peerPeakBytes() / 1048576.0);
    out.printf(
        "%-9s %-24s %9s %9s %9s %10s %9s %6s %7s%n",
        "step", "by", "median ms", "min", "max", "images/s", "GFLOP/s", "share", "time");
    for (PeerBench.Comparison c : r.comparisons()) {
      double ours = c.sides().get(0).medianMs();
      for (PeerBench.Side s : c.sides()) {
        double rate = c.gflop() / s.medianMs() * 1e3;
        out.printf(
            Locale.ROOT,
            "%-9s %-24s %9.1f %9.1f %9.1f %10.0f %9.1f %5.1f%% %6.2fx%n",
            c.what(),
            s.who(),
            s.medianMs(),
            s.minMs(),
            s.maxMs(),
            batch / s.medianMs() * 1e3,
            rate,
            100 * rate / r.fmaPeak(),
            s.medianMs() / ours);
      }
      out.printf(
          Locale.ROOT,
          "%-9s earlybird is %.2f times as fast as libtorch in its faster layout (by minima %.2f;"
              + " n = %d)%n",
          "",
          c.ratio(),
          c.ratioOfMinima(),
          c.sides().get(0).milliseconds().length);
    }
    out.flush();
  }

  private static void add(ObjectNode node, String name, String computed, PeerBench.Result r) {
    node.put("network", name).put("precision", computed).put("peer", r.peer());
    node.put("threads", r.threads()).put("weight_difference", r.weightDifference());
    node.put("tolerance", r.tolerance()).put("fma_peak_gflop_per_s", r.fmaPeak());
    node.put("peer_peak_resident_bytes", r.peerPeakBytes());
    for (PeerBench.Comparison c : r.comparisons()) {
      ObjectNode step = node.putObject(c.what());
      step.put("gflop", c.gflop()).put("ratio", c.ratio());
      step.put("ratio_of_minima", c.ratioOfMinima());
      for (PeerBench.Side s : c.sides()) {
        ObjectNode side = step.putObject(s.who().replace(' ', '_'));
        side.put("median_ms", s.medianMs()).put("min_ms", s.minMs()).put("max_ms", s.maxMs());
        double rate = c.gflop() / s.medianMs() * 1e3;
        side.put("gflop_per_s", rate).put("peak_share", rate / r.fmaPeak());
        ArrayNode all = side.putArray("ms");
        for (double ms : s.milliseconds()) {
          all.add(ms);
        }
      }
    }
  }
}
