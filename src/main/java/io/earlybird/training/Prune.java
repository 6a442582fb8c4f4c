package io.earlybird.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.BuildInfo;
import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.checkpoint.AtomicFile;
import io.earlybird.checkpoint.Checkpoint;
import io.earlybird.checkpoint.CheckpointInfo;
import io.earlybird.checkpoint.pth.OriginalFiles;
import io.earlybird.data.Pictures;
import io.earlybird.energy.EnergyLog;
import io.earlybird.energy.EnergyWindow;
import io.earlybird.energy.Phase;
import io.earlybird.lowprecision.LowPrecision;
import io.earlybird.models.Costs;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.models.StandardNetwork;
import io.earlybird.plan.Work;
import io.earlybird.report.WidthBars;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tickets.ChannelMask;
import io.earlybird.tickets.Criterion;
import io.earlybird.tickets.PruneResult;
import io.earlybird.tickets.Pruner;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Prunes for real (paper, section 4.1): the mask of a ticket's scales becomes a narrower network
 * with the surviving weights. Both the masked and the pruned network are evaluated: they must
 * agree.
 */
public final class Prune {
  /** The pruned network, in the folder that {@link #run} is given. */
  public static final String FILE = "pruned.safetensors";

  /** The pruned network for the original's programs, beside it. */
  public static final String ORIGINAL_FILE = OriginalFiles.PRUNED;

  private static final String LAYERS = "layers";
  private static final String REPORT = "prune.txt";
  private static final ObjectMapper JSON = new ObjectMapper();

  private Prune() {}

  /**
   * A pruned network.
   *
   * @param file where it is
   * @param ratio fraction of the network's channels pruned
   * @param cumulative fraction of the channels before all pruning that are gone; NaN for a network
   *     that was not pruned before
   * @param epoch index of the epoch at whose start the ticket was drawn
   * @param spec the narrower network
   * @param result that network, its state dict and its layers' widths
   * @param before cost of the network before this pruning
   * @param after cost of the pruned one
   * @param masked test figures of the dense network with its mask
   * @param pruned test figures of the pruned network
   */
  public record Pruned(
      Path file,
      double ratio,
      double cumulative,
      int epoch,
      NetworkSpec spec,
      PruneResult result,
      Costs before,
      Costs after,
      Metrics masked,
      Metrics pruned) {
    /** Difference in test accuracy between the masked and the pruned network, in points. */
    public double difference() {
      return Math.abs(masked.top1Percent() - pruned.top1Percent());
    }

    /** FLOPs of the pruned network as a fraction of the dense one's. */
    public double flopRatio() {
      return (double) after.flops() / before.flops();
    }
  }

  /**
   * What to prune.
   *
   * @param source a ticket or another checkpoint, ours or the original's
   * @param percent fraction of channels to prune; empty for the ticket's own
   * @param cumulative whether the fraction counts from the network before all pruning
   * @param init another checkpoint of the same network, whose weights the pruned network gets
   *     (rewinding); null for the source's own
   * @param pth whether {@code pruned.pth.tar} is written too
   * @param precision in how many bits both networks are evaluated; null for what the file says
   * @param criterion what the mask ranks channels by
   * @param seed of a random mask
   */
  public record Request(
      Path source,
      OptionalDouble percent,
      boolean cumulative,
      Path init,
      boolean pth,
      LowPrecision precision,
      Criterion criterion,
      long seed) {
    /** Pruning by scales, evaluated as the file says. */
    public Request(Path source, OptionalDouble percent, Path init, boolean pth) {
      this(source, percent, false, init, pth, null, Criterion.SCALE, 0);
    }
  }

  /**
   * Prunes the network in a file.
   *
   * @param backend on which both networks are evaluated
   * @param request what to prune
   * @param test test images
   * @param testBatchSize images per batch
   * @param loading how images are read that are not in memory
   * @param folder where the pruned network and {@code prune.txt} go
   * @throws EarlybirdException if the file is no checkpoint, the ratio is out of range or unknown,
   *     or the data set has other classes than the network
   */
  public static Pruned run(
      Backend backend,
      Request request,
      Pictures test,
      int testBatchSize,
      Loading loading,
      Path folder) {
    return run(
        backend, request, test, testBatchSize, loading, folder, new StopSignal(), EnergyLog.none());
  }

  /**
   * The same, unless it is to stop, with a window for pruning and one for each evaluation.
   *
   * @param stop tells when to end early
   * @param energy told of the windows
   * @throws StoppedException if it was asked to stop; nothing is written then
   */
  public static Pruned run(
      Backend backend,
      Request request,
      Pictures test,
      int testBatchSize,
      Loading loading,
      Path folder,
      StopSignal stop,
      EnergyLog energy) {
    Path source = request.source();
    OptionalDouble percent = request.percent();
    SavedNetwork saved = SavedNetwork.read(source).fitTo(test);
    Ticket ticket = Ticket.of(saved.info(), source).orElse(null);
    if (percent.isEmpty() && ticket == null) {
      throw new EarlybirdException(source + " is no ticket: say how much to prune with --percent");
    }
    double wanted = percent.isPresent() ? percent.getAsDouble() : ticket.ratio();
    PruningHistory history = PruningHistory.of(saved, request.cumulative());
    double ratio =
        request.cumulative()
            ? history.remaining(wanted, PruningHistory.channels(saved.network()))
            : wanted;
    LowPrecision bits = request.precision() == null ? saved.precision() : request.precision();
    StandardNetwork dense = saved.network();
    Cut cut = energy.during(Phase.PRUNING, window -> cut(request, saved, ratio, window));
    Judge judge =
        (network, state, name) ->
            Evaluator.evaluate(
                backend,
                network,
                state,
                test,
                testBatchSize,
                loading,
                bits,
                saved.seed(),
                stop,
                name,
                energy);
    PruneResult result = cut.result();
    Pruned pruned =
        new Pruned(
            folder.resolve(FILE),
            ratio,
            history.isPruned() || request.cumulative()
                ? history.ratio(result.kept().kept())
                : Double.NaN,
            saved.info().epoch(),
            dense.spec().withCfg(dense.widthsOf(result.state())),
            result,
            Costs.of(dense),
            Costs.of(result.network()),
            judge.metrics(dense, cut.masked(), Phase.EVALUATION_MASKED),
            judge.metrics(result.network(), result.state(), Phase.EVALUATION_PRUNED));
    boolean quantized = !bits.isFull() || OriginalNetworks.hasLowPrecisionKeys(saved.info());
    energy.during(Phase.WRITING, () -> write(request, saved.info(), history, pruned, quantized));
    return pruned;
  }

  private interface Judge {
    Metrics metrics(Network network, Map<String, HostTensor> state, String window);
  }

  private record Cut(Map<String, HostTensor> masked, PruneResult result) {}

  private static Cut cut(Request request, SavedNetwork saved, double ratio, EnergyWindow window) {
    StandardNetwork dense = saved.network();
    Map<String, HostTensor> state = saved.state();
    ChannelMask mask = request.criterion().mask(dense, state, ratio, request.seed());
    Pruner pruner = new Pruner(dense, state, mask);
    Map<String, HostTensor> weights = request.init() == null ? state : rewound(request, dense);
    Map<String, HostTensor> masked = pruner.masked(weights);
    PruneResult result = pruner.cut(request.init() == null ? masked : weights);
    window.add(work(result));
    return new Cut(masked, result);
  }

  /** Operations and bytes of finding the mask. */
  private static Work work(PruneResult result) {
    long channels = result.kept().size();
    long operations = Math.round(result.pruningFlops());
    return Work.of(Work.Part.MASK_DISTANCE, DType.F32, operations, 4 * channels, channels);
  }

  private static Path write(
      Request request,
      CheckpointInfo source,
      PruningHistory history,
      Pruned pruned,
      boolean quantized) {
    PruneResult result = pruned.result();
    Path folder = pruned.file().toAbsolutePath().getParent();
    new Checkpoint(result.state(), info(source, pruned, request.source(), history))
        .write(pruned.file());
    if (request.pth()) {
      OriginalFiles.writePruned(
          folder.resolve(ORIGINAL_FILE),
          pruned.spec().widths(),
          quantized ? OriginalFiles.quantized(result.state()) : result.state());
    }
    byte[] report = report(pruned).getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(folder.resolve(REPORT), out -> out.write(report));
    return pruned.file();
  }

  private static Map<String, HostTensor> rewound(Request request, StandardNetwork dense) {
    SavedNetwork init = SavedNetwork.read(request.init());
    if (!dense.spec().hasStateOf(init.network().spec())) {
      throw new EarlybirdException(
          request.init() + ": holds " + init.network().spec() + ", not " + dense.spec());
    }
    return init.state();
  }

  private static CheckpointInfo info(
      CheckpointInfo source, Pruned pruned, Path file, PruningHistory history) {
    JsonNode configuration = source.configuration();
    if (configuration instanceof ObjectNode object) {
      ObjectNode about = object.putObject(PruningHistory.KEY);
      about
          .put("source", file.toString())
          .put("ratio", pruned.ratio())
          .put("masked-accuracy", pruned.masked().top1Percent())
          .put("pruned-accuracy", pruned.pruned().top1Percent());
      history.describe(about);
      ArrayNode layers = about.putArray(LAYERS);
      for (PruneResult.LayerWidth w : pruned.result().widths()) {
        layers.addArray().add(w.layer()).add(w.before()).add(w.after());
      }
    }
    return new CheckpointInfo(
        BuildInfo.version(),
        "prune",
        JSON.valueToTree(pruned.spec()),
        configuration,
        source.epoch(),
        source.step(),
        source.best(),
        pruned.pruned().top1Percent(),
        source.random(),
        source.runtime());
  }

  /** What each batch norm of a pruned network keeps; empty if its file does not say. */
  static List<WidthBars.Layer> layers(CheckpointInfo info) {
    List<WidthBars.Layer> out = new ArrayList<>();
    for (JsonNode w : info.configuration().path(PruningHistory.KEY).path(LAYERS)) {
      out.add(new WidthBars.Layer(w.path(0).asText(), w.path(1).asInt(), w.path(2).asInt()));
    }
    return out;
  }

  /** The original's report, and what it prints beside it. */
  private static String report(Pruned p) {
    StringBuilder out = new StringBuilder();
    out.append("Configuration: \n").append(p.spec().widths()).append('\n');
    out.append("Number of parameters: \n").append(p.after().parameters()).append('\n');
    out.append("new model param: \n").append(p.after().parameters()).append('\n');
    out.append("new model flops: \n").append((double) p.after().flops()).append('\n');
    out.append(
        String.format(
            Locale.ROOT,
            "Memory Request: %.2fKB\nFlops for pruning: %.2fM\n",
            p.result().kept().size() * 4 / 1024.0,
            p.result().pruningFlops() / 1e6));
    return out.toString();
  }
}
