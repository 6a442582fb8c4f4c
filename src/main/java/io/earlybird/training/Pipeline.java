package io.earlybird.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.earlybird.checkpoint.AtomicFile;
import io.earlybird.checkpoint.Checkpoint;
import io.earlybird.models.Costs;
import io.earlybird.models.Network;
import io.earlybird.tensor.HostTensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * EB Train from end to end: search until the tickets are drawn, prune, train the dense network to
 * the last epoch as the baseline, train every ticket to the same epoch, compare. Each part finds in
 * the run folder how far it is, so a pipeline that was stopped or killed goes on where it was.
 */
public final class Pipeline {
  /** The comparison as JSON, in the run folder. */
  public static final String SUMMARY = "summary.json";

  /** Folder of the dense network within the run folder. */
  public static final String DENSE = "dense";

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  private final RunContext context;
  private final RunFolder folder;
  private final Optional<Beginning> beginning;

  /** A pipeline in the run's folder. */
  public Pipeline(RunContext context) {
    this(context, Optional.empty());
  }

  /**
   * A pipeline in the run's folder.
   *
   * @param beginning what a new search begins with; empty for fresh weights
   */
  public Pipeline(RunContext context, Optional<Beginning> beginning) {
    this.context = context;
    this.beginning = beginning;
    this.folder = context.folder();
  }

  /**
   * What is left when all is done.
   *
   * @param comparison dense network and tickets
   * @param missed ratios without a drawn ticket
   */
  public record Outcome(Comparison comparison, List<Search.Missed> missed) {}

  /**
   * Does what is not done yet.
   *
   * @throws StoppedException if the stop signal came; every part's state is saved
   * @throws DivergedException if a training diverged
   */
  public Outcome run() {
    List<Ticket> tickets;
    List<Search.Missed> missed;
    if (beginning.isPresent() && wantsInitialWeights()) {
      InitialWeights.file(context, beginning);
    }
    try (Search search = new Search(context, folder.part(DENSE), beginning)) {
      search.untilDrawn();
      tickets = search.tickets();
      missed = search.missed();
    }
    context.progress().searched(tickets, missed, context.settings().training().epochs());
    List<Prune.Pruned> pruned = new ArrayList<>();
    for (Ticket ticket : tickets) {
      pruned.add(prune(ticket));
    }
    List<Comparison.Entry> entries = new ArrayList<>();
    List<EpochRow> dense = trainDense(entries);
    for (int i = 0; i < tickets.size(); i++) {
      retrain(tickets.get(i), pruned.get(i), dense, entries);
    }
    for (Baseline baseline : context.settings().retraining().baselines()) {
      for (double ratio : context.settings().tickets().ratios()) {
        compare(baseline, ratio, tickets, dense, entries);
      }
    }
    Comparison comparison = new Comparison(entries);
    writeSummary(comparison, missed);
    return new Outcome(comparison, missed);
  }

  private static String name(Ticket ticket) {
    return "ticket-" + Ticket.percent(ticket.ratio());
  }

  private Prune.Pruned prune(Ticket ticket) {
    return prune(
        name(ticket),
        new Prune.Request(ticket.file(), OptionalDouble.empty(), null, context.saving().pth()));
  }

  private Prune.Pruned prune(String name, Prune.Request request) {
    requireGoOn("before " + name + " was pruned");
    Prune.Pruned pruned =
        Prune.run(
            context.backend(),
            request,
            context.test(),
            context.settings().training().testBatchSize(),
            context.settings().data().loading(),
            folder.part(name),
            context.stop(),
            Records.energyOutside(context, name));
    context.progress().pruned(pruned);
    return pruned;
  }

  private void requireGoOn(String where) {
    if (context.stop().isRequested()) {
      throw new StoppedException("stopped " + where + "; the state is saved");
    }
  }

  private List<EpochRow> trainDense(List<Comparison.Entry> entries) {
    try (Search search = new Search(context, folder.part(DENSE))) {
      search.toTheEnd();
      SearchPictures.write(folder.path(), context.settings().tickets());
      List<EpochRow> rows = search.state().rows();
      Network network = Network.of(context.networkSpec());
      entries.add(
          entry(
              "dense",
              null,
              Costs.of(network),
              rows,
              costs(Costs.of(network), rows),
              search.weights(),
              search.state()));
      return rows;
    }
  }

  private void retrain(
      Ticket ticket, Prune.Pruned pruned, List<EpochRow> dense, List<Comparison.Entry> entries) {
    String shown = Comparison.TICKET + Ticket.percent(ticket.ratio()) + "%";
    retrain(context, name(ticket), shown, ticket, pruned, dense, entries);
  }

  private void compare(
      Baseline baseline,
      double ratio,
      List<Ticket> tickets,
      List<EpochRow> dense,
      List<Comparison.Entry> entries) {
    Ticket ticket = tickets.stream().filter(t -> t.ratio() == ratio).findFirst().orElse(null);
    String shown = baseline + " " + Ticket.percent(ratio) + "%";
    if (!baseline.isFromTheEnd() && ticket == null) {
      context.progress().say(shown + ": left out, since there is no ticket to compare with");
      return;
    }
    context.progress().say(shown);
    Settings settings = context.settings();
    String name = baseline + "-" + Ticket.percent(ratio);
    Prune.Request request =
        new Prune.Request(
            baseline.isFromTheEnd()
                ? folder.part(DENSE).resolve(CheckpointStore.NEWEST)
                : ticket.file(),
            OptionalDouble.of(ratio),
            false,
            baseline == Baseline.LOTTERY_TICKET ? InitialWeights.file(context, beginning) : null,
            context.saving().pth(),
            null,
            baseline.criterion(),
            settings.training().seed());
    Prune.Pruned pruned = prune(name, request);
    boolean fresh = baseline == Baseline.REINIT;
    int start = baseline.isFromTheEnd() || fresh ? 0 : ticket.epoch();
    RetrainSettings how =
        new RetrainSettings(
            fresh ? RetrainSettings.Method.REINIT : RetrainSettings.Method.INHERIT, null, start);
    RunContext from =
        context.with(
            baseline == Baseline.FULL_PRECISION
                ? settings.retrainedInFullPrecision().with(how)
                : settings.with(how));
    Ticket drawn = baseline.isFromTheEnd() ? null : ticket;
    retrain(from, name, shown, drawn, pruned, dense, entries);
  }

  private boolean wantsInitialWeights() {
    return context.settings().retraining().baselines().contains(Baseline.LOTTERY_TICKET);
  }

  /**
   * Trains a pruned network and adds what it came to.
   *
   * @param ticket whose search counts as its cost; null for all of the dense training
   */
  private void retrain(
      RunContext how,
      String name,
      String shown,
      Ticket ticket,
      Prune.Pruned pruned,
      List<EpochRow> dense,
      List<Comparison.Entry> entries) {
    requireGoOn("before " + name + " was trained");
    try (Retrain retrain = new Retrain(how, pruned.file(), folder.part(name), name)) {
      retrain.run();
      List<EpochRow> rows = retrain.state().rows();
      List<EpochRow> searched =
          dense.stream().filter(r -> ticket == null || r.epoch() < ticket.epoch()).toList();
      Cost cost = costs(pruned.before(), searched).plus(costs(pruned.after(), rows));
      entries.add(
          entry(shown, ticket, pruned.after(), rows, cost, retrain.weights(), retrain.state()));
    }
  }

  /** FLOPs by the paper's convention, and seconds in training steps. */
  private record Cost(double flops, double seconds) {
    Cost plus(Cost other) {
      return new Cost(flops + other.flops, seconds + other.seconds);
    }
  }

  private Cost costs(Costs costs, List<EpochRow> rows) {
    return new Cost(
        costs.trainingFlops(context.train().size(), rows.size()),
        rows.stream().mapToDouble(EpochRow::trainSeconds).sum());
  }

  private static Comparison.Entry entry(
      String name,
      Ticket ticket,
      Costs costs,
      List<EpochRow> rows,
      Cost cost,
      Map<String, HostTensor> weights,
      RunState state) {
    double[] perImage =
        rows.stream().mapToDouble(r -> 1e6 / r.imagesPerSecond()).sorted().toArray();
    return new Comparison.Entry(
        name,
        ticket == null ? -1 : ticket.epoch(),
        ticket == null || ticket.drawn(),
        state.best().map(EpochRow::testTop1).orElse(Double.NaN),
        state.last().map(EpochRow::testTop1).orElse(Double.NaN),
        costs.parameters(),
        costs.flops(),
        cost.flops(),
        cost.seconds(),
        perImage.length == 0 ? Double.NaN : perImage[perImage.length / 2],
        Checkpoint.weightsSha256(weights));
  }

  private void writeSummary(Comparison comparison, List<Search.Missed> missed) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("networks", comparison.entries());
    all.put("missed", missed);
    try {
      byte[] text = JSON.writeValueAsBytes(all);
      AtomicFile.write(folder.path().resolve(SUMMARY), out -> out.write(text));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
