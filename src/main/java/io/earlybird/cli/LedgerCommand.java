package io.earlybird.cli;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.Precision;
import io.earlybird.bench.StepBench;
import io.earlybird.energy.MethodRun;
import io.earlybird.energy.MethodTable;
import io.earlybird.energy.TableText;
import io.earlybird.models.NetworkSpec;
import io.earlybird.training.EngineSettings;
import io.earlybird.training.LedgerRows;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Wanted runs, as many as fit into the time that there is. */
@Command(
    name = "ledger",
    sortOptions = false,
    description = {
      "Works off a list of wanted runs: takes the next that have no rows yet and fit into the time,"
          + " and adds the rows of each that it finishes. A run that does not fit is begun, stopped"
          + " in time, and goes on at the next call with the same --work.",
      "Without --seconds it only shows what there is, beside the paper's figures."
    })
final class LedgerCommand implements Callable<Integer> {
  private static final int CLASSES = 10;

  /** Points of accuracy by which a mean may differ from the paper's figure before it is named. */
  private static final double OFF = 0.5;

  /** Seconds that a stopped run may take to save its state, and the least that is worth a start. */
  private static final int SAVING = 20;

  private static final int LEAST = 60;

  @Spec private CommandSpec spec;

  @Option(
      names = "--ledger",
      paramLabel = "FILE",
      defaultValue = "docs/reproduction/ledger.csv",
      description = "The wanted runs. Default: ${DEFAULT-VALUE}.")
  private Path ledger;

  @Option(
      names = "--rows",
      paramLabel = "FILE",
      defaultValue = "docs/reproduction/rows.jsonl",
      description = "What finished runs came to. Default: ${DEFAULT-VALUE}.")
  private Path file;

  @Option(
      names = "--work",
      paramLabel = "DIR",
      defaultValue = "runs/ledger",
      description = "Folder for the runs, a folder each. Default: ${DEFAULT-VALUE}.")
  private Path work;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      description = "Time that may be used. Without, nothing is run.")
  private Integer seconds;

  @Option(
      names = "--chain",
      paramLabel = "NAME",
      split = ",",
      description = "Only these chains. Default: all, in the ledger's order.")
  private List<String> only = List.of();

  @Option(
      names = "--step-seconds",
      paramLabel = "S",
      description = "Time of a dense step of 256 pictures. Default: measured.")
  private Double stepSeconds;

  @Parameters(
      arity = "0..*",
      paramLabel = "RUN-OPTION",
      description = "More options of every 'run', such as --data; put -- before them.")
  private List<String> words = List.of();

  @Mixin private EngineOptions engine;
  @Mixin private EnginePrecisionOption precision;

  private final long begun = System.nanoTime();
  private String device = "";

  @Override
  public Integer call() {
    List<Chain> chains = Chain.read(ledger);
    LedgerRows rows = LedgerRows.read(file);
    for (String name : only) {
      if (chains.stream().noneMatch(c -> c.name().equals(name))) {
        throw new EarlybirdException("--chain " + name + ": the ledger has no such chain");
      }
    }
    List<Chain> missing = missing(chains, rows.chains());
    int code = 0;
    if (seconds != null) {
      if (seconds < 1) {
        throw new EarlybirdException("--seconds must be at least 1, not " + seconds);
      }
      code = workOff(missing, rows);
    }
    show(chains, rows);
    return code;
  }

  private List<Chain> missing(List<Chain> chains, Set<String> done) {
    return chains.stream()
        .filter(c -> !done.contains(c.name()))
        .filter(c -> only.isEmpty() || only.contains(c.name()))
        .toList();
  }

  private long left() {
    return seconds - (System.nanoTime() - begun) / 1_000_000_000L;
  }

  private int workOff(List<Chain> wanted, LedgerRows rows) {
    PrintWriter out = spec.commandLine().getOut();
    List<Chain> missing = new ArrayList<>(wanted);
    Map<String, Double> steps = new HashMap<>();
    while (!missing.isEmpty() && left() >= LEAST) {
      Chain next = next(missing, steps).orElse(missing.get(0));
      missing.remove(next);
      WantedRun run = next.run(work, options(next));
      out.printf(
          Locale.ROOT,
          "chain %s: about %.0f s, %d s left%n",
          next.name(),
          next.seconds(step(next, steps)),
          left());
      out.flush();
      int code = ChildRun.execute(run, Math.max(1, left() - SAVING), SAVING, out);
      if (!run.isFinished()) {
        out.println(
            "chain "
                + next.name()
                + (code == ChildRun.OUT_OF_TIME
                    ? ": out of time; it goes on from " + run.folder()
                    : ": ended with exit code " + code));
        return code == ChildRun.OUT_OF_TIME ? 0 : code;
      }
      rows.add(next.name(), run.folder(), next.seed(), device);
      out.println("chain " + next.name() + ": its rows are in " + file);
    }
    return 0;
  }

  /** The first chain that fits, else none. */
  private Optional<Chain> next(List<Chain> missing, Map<String, Double> steps) {
    return missing.stream().filter(c -> c.seconds(step(c, steps)) <= left() - SAVING).findFirst();
  }

  /** Seconds of a step of the chain's dense network, measured once for each network. */
  private double step(Chain chain, Map<String, Double> steps) {
    return steps.computeIfAbsent(chain.arch() + chain.depth(), name -> measured(chain));
  }

  private double measured(Chain chain) {
    EngineSettings with = engine.settings(precisionOf(chain));
    try (Backend backend = with.open(Map.of()).backend()) {
      device = backend.describe();
      if (stepSeconds != null) {
        return stepSeconds;
      }
      NetworkSpec network = NetworkSpec.of(chain.arch(), chain.depth(), CLASSES);
      StepBench.Options options = new StepBench.Options(network, Chain.BATCH, 5, 2);
      return StepBench.run(backend, options).medianMs() * 1e-3;
    }
  }

  /** Searches in 8 bits choose for themselves. */
  private Precision precisionOf(Chain chain) {
    return chain.isLow() ? Precision.FP32 : precision.precision();
  }

  private List<String> options(Chain chain) {
    EngineSettings with = engine.settings();
    List<String> out = new ArrayList<>(words);
    if (precisionOf(chain) != Precision.FP32) {
      out.addAll(List.of("--precision", precisionOf(chain).label()));
    }
    out.addAll(List.of("--backend", with.backend(), "--threads", "" + with.threads()));
    if (with.device() != 0) {
      out.addAll(List.of("--device", "" + with.device()));
    }
    return out;
  }

  private void show(List<Chain> chains, LedgerRows rows) {
    PrintWriter out = spec.commandLine().getOut();
    List<MethodRun> runs = MethodRun.distinct(rows.runs());
    if (!runs.isEmpty()) {
      TableText table = new TableText(MethodTable.of(runs, Double.NaN));
      out.print(table.text());
      table.offThePaper(OFF).forEach(out::println);
    }
    List<String> open = missing(chains, rows.chains()).stream().map(Chain::name).toList();
    out.println(
        rows.chains().size()
            + " of "
            + chains.size()
            + " chains are done"
            + (open.isEmpty() ? "" : "; next: " + open.get(0)));
  }
}
