package io.earlybird.cli;

import io.earlybird.energy.Energy;
import io.earlybird.energy.MethodRun;
import io.earlybird.models.Network;
import io.earlybird.training.Beginning;
import io.earlybird.training.Comparison;
import io.earlybird.training.Pipeline;
import io.earlybird.training.RunContext;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;

/** Runs the pipeline and tells how it ended. */
final class PipelineReport {
  private PipelineReport() {}

  /** Does what is left to do in a run folder and prints the comparison. */
  static Comparison run(RunContext context, PrintWriter out) {
    return run(context, Optional.empty(), out);
  }

  /** As {@link #run(RunContext, PrintWriter)}, from where another training ended. */
  static Comparison run(RunContext context, Optional<Beginning> beginning, PrintWriter out) {
    out.println(Runs.describe(Network.of(context.networkSpec())));
    Pipeline.Outcome outcome = new Pipeline(context, beginning).run();
    Comparison comparison = outcome.comparison();
    out.println();
    List<Double> joules = joules(context);
    out.print(comparison.toTable(joules));
    if (joules.isEmpty()) {
      out.println(
          context.energy().measures()
              ? "joules: not measurable: a part of this run had no meter"
              : "joules: " + context.energy().describe());
    }
    if (context.settings().data().valSplit() != null) {
      out.println(
          "judged by "
              + context.test().size()
              + " held-back training pictures (--val-split); 'evaluate' takes the test pictures");
    }
    comparison.savingSentence().ifPresent(out::println);
    comparison
        .entries()
        .forEach(e -> out.println("weights of " + e.name() + ": SHA-256 " + e.sha256()));
    out.println("records and checkpoints are in " + context.folder().path());
    return comparison;
  }

  /** What a meter counted for each network; empty unless it did so for all. */
  private static List<Double> joules(RunContext context) {
    List<MethodRun> runs = MethodRun.read(context.folder().path());
    return runs.stream().allMatch(r -> r.total().filter(Energy::isMeasured).isPresent())
        ? runs.stream().map(r -> r.total().orElseThrow().joules()).toList()
        : List.of();
  }
}
