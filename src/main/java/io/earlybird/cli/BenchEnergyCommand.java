package io.earlybird.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.BuildInfo;
import io.earlybird.backend.Backend;
import io.earlybird.backend.Backends;
import io.earlybird.bench.EnergyOverhead;
import io.earlybird.bench.Median;
import io.earlybird.bench.PairedDifference;
import io.earlybird.energy.Meters;
import io.earlybird.models.NetworkSpec;
import io.earlybird.training.EngineSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What measuring energy costs. */
@Command(
    name = "energy",
    sortOptions = false,
    description = {
      "Measures what measuring energy costs: epochs with a search's windows and records, and the"
          + " same epochs without, by turns.",
      "Where the machine has no meter, files stand in for the counters of two processors with"
          + " their memory, and the result says so."
    })
final class BenchEnergyCommand implements Callable<Integer> {
  private static final int CLASSES = 10;
  private static final long RANGE = 262_143_328_850L;

  @Spec private CommandSpec spec;

  /** Pictures of an epoch of CIFAR. */
  private static final int WHOLE_EPOCH = 50_000;

  @Mixin private NetworkOptions network;

  @Option(
      names = {"--batch", "--batch-size"},
      paramLabel = "N",
      defaultValue = "64",
      description = "Pictures per step. Default: ${DEFAULT-VALUE}.")
  private int batch;

  @Option(
      names = "--train-images",
      paramLabel = "N",
      defaultValue = "640",
      description = "Pictures of an epoch. Default: ${DEFAULT-VALUE}.")
  private int images;

  @Option(
      names = "--test-images",
      paramLabel = "N",
      defaultValue = "256",
      description = "Pictures of its evaluation. Default: ${DEFAULT-VALUE}.")
  private int testImages;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      defaultValue = "15",
      description =
          "Pairs of an epoch with and one without, at least 9. Default: ${DEFAULT-VALUE}.")
  private int repeat;

  @Option(
      names = "--powercap",
      paramLabel = "DIR",
      defaultValue = "/sys/class/powercap",
      description = "Where the kernel shows the processor's meters. Default: ${DEFAULT-VALUE}.")
  private Path powercap;

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
    EngineSettings with = engine.settings();
    NetworkSpec wanted = network.settings().spec(CLASSES, NetworkSpec.CIFAR_SIZE);
    Path work = Files.createTempDirectory("earlybird-energy");
    try (Backend backend = with.open(Map.of()).backend()) {
      boolean standIns = !hasMeter();
      Path tree = standIns ? standIns(work) : powercap;
      Supplier<Meters> meters = () -> Meters.ofThisMachine(tree);
      EnergyOverhead.Options options =
          new EnergyOverhead.Options(
              wanted, batch, images, testImages, repeat, meters, work.resolve("lines.jsonl"));
      EnergyOverhead.Result result = EnergyOverhead.run(backend, options);
      ObjectNode node = toJson(backend, options, result, standIns);
      PrintWriter out = spec.commandLine().getOut();
      if (!json) {
        print(out, backend, options, result, standIns);
      }
      BenchStepCommand.show(node, json, save, out);
      return 0;
    } finally {
      remove(work);
    }
  }

  private boolean hasMeter() {
    Meters meters = Meters.ofThisMachine(powercap);
    meters.found().forEach(m -> m.close());
    return !meters.found().isEmpty();
  }

  /** Files as the kernel would show two packages with their memory; the counters stand still. */
  private static Path standIns(Path work) throws IOException {
    Path tree = Files.createDirectories(work.resolve("powercap"));
    for (int socket = 0; socket < 2; socket++) {
      zone(tree.resolve("intel-rapl:" + socket), "package-" + socket);
      zone(tree.resolve("intel-rapl:" + socket + ":0"), "dram");
    }
    return tree;
  }

  private static void zone(Path zone, String name) throws IOException {
    Files.createDirectories(zone);
    Files.writeString(zone.resolve("name"), name);
    Files.writeString(zone.resolve("energy_uj"), "1000000");
    Files.writeString(zone.resolve("max_energy_range_uj"), Long.toString(RANGE));
  }

  private static void remove(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path p : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(p);
      }
    }
  }

  private static String meters(EnergyOverhead.Result r, boolean standIns) {
    return r.meters() + (standIns ? " (files that stand in: this machine has no meter)" : "");
  }

  private static void print(
      PrintWriter out,
      Backend backend,
      EnergyOverhead.Options options,
      EnergyOverhead.Result r,
      boolean standIns) {
    PairedDifference d = r.difference();
    out.println(backend.describe());
    out.println(meters(r, standIns));
    out.printf(
        Locale.ROOT,
        "%s, batch %d, epochs of %d pictures with an evaluation of %d: %d windows an epoch%n"
            + "with %.4f s, without %.4f s (medians of %d)%n"
            + "measuring costs %+.3f%% (median of the pairs; 95%% confidence %+.3f%% to %+.3f%%),"
            + " %.2f ms an epoch%n"
            + "as many windows in an epoch of %,d pictures at this rate: %+.3f%% (%+.3f%% to %+.3f%%)%n",
        options.network(),
        options.batch(),
        options.images(),
        options.testImages(),
        r.windows(),
        Median.of(r.with()),
        Median.of(r.without()),
        d.pairs(),
        100 * d.median(),
        100 * d.low(),
        100 * d.high(),
        1e3 * d.median() * Median.of(r.without()),
        WHOLE_EPOCH,
        100 * d.median() * part(options),
        100 * d.low() * part(options),
        100 * d.high() * part(options));
  }

  /** The windows of an epoch are as many however long it is: what they cost of a whole one. */
  private static double part(EnergyOverhead.Options options) {
    return (double) options.images() / WHOLE_EPOCH;
  }

  private static ObjectNode toJson(
      Backend backend, EnergyOverhead.Options options, EnergyOverhead.Result r, boolean standIns) {
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("bench", "energy").put("version", BuildInfo.version());
    node.put("network", options.network().toString()).put("batch", options.batch());
    node.put("train_images", options.images()).put("test_images", options.testImages());
    node.put("backend", backend.name()).put("device", backend.describe());
    node.put("threads", Backends.threads(backend)).put("windows_per_epoch", r.windows());
    node.put("meters", meters(r, standIns)).put("stand_ins", standIns);
    node.put("pairs", r.difference().pairs()).put("overhead", r.difference().median());
    node.put("overhead_low", r.difference().low()).put("overhead_high", r.difference().high());
    node.put("overhead_of_whole_epoch", r.difference().median() * part(options));
    node.put("overhead_of_whole_epoch_high", r.difference().high() * part(options));
    for (double s : r.with()) {
      node.withArray("/with_seconds").add(s);
    }
    for (double s : r.without()) {
      node.withArray("/without_seconds").add(s);
    }
    return node;
  }
}
