package io.earlybird.cli;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.Backends;
import io.earlybird.backend.cpu.CpuBackend;
import io.earlybird.backend.cpu.CpuLibrary;
import io.earlybird.training.EngineSettings;
import io.earlybird.verify.FailedCases;
import io.earlybird.verify.Verifier;
import io.earlybird.verify.VerifyOptions;
import io.earlybird.verify.VerifyReport;
import io.earlybird.verify.VerifyRow;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Judges kernels. */
@Command(
    name = "verify",
    sortOptions = false,
    description =
        "Judges every op of a backend against the reference, and every gradient against"
            + " differences. Exit code 1 if any fails.")
final class VerifyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private EnginePrecisionOption precision;
  @Mixin private EngineOptions engine;

  @Option(
      names = "--op",
      paramLabel = "NAME",
      split = ",",
      description = "Only these ops, such as Conv2d or max_pool2d. Default: all.")
  private Set<String> ops = new LinkedHashSet<>();

  @Option(names = "--quick", description = "Few cases of each op.")
  private boolean quick;

  @Option(
      names = "--cases",
      paramLabel = "N",
      description = "Cases of each op. Default: 60, with --quick 4.")
  private Integer cases;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of the cases. Default: " + VerifyOptions.DEFAULT_SEED + ".")
  private Long seed;

  @Option(
      names = "--plugin",
      paramLabel = "LIB",
      description = "Judge the kernels that this shared library exports; see docs/plugins.md.")
  private Path plugin;

  @Option(
      names = "--replay",
      paramLabel = "FILE",
      description = "Run the failed cases of an earlier verification again, and nothing else.")
  private Path replay;

  @Option(
      names = "--failures",
      paramLabel = "FILE",
      defaultValue = "verify-failures.json",
      description = "Where failed cases are written. Default: ${DEFAULT-VALUE}.")
  private Path failures;

  @Option(names = "--json", description = "Print one JSON object instead of the table.")
  private boolean json;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    VerifyOptions options = replay == null ? options() : null;
    FailedCases again = replay == null ? null : FailedCases.read(replay);
    List<String> replaced = plugin == null ? List.of() : CpuLibrary.loadPlugin(plugin);
    try (Backend backend = open(again)) {
      if (!json) {
        out.println(backend.describe());
        if (plugin != null) {
          out.println(plugin + " replaces " + String.join(", ", replaced));
        }
        out.print(VerifyReport.header());
        out.flush();
      }
      Consumer<VerifyRow> progress = row -> show(row, out);
      List<Backend> judged = List.of(backend);
      VerifyReport report =
          again == null
              ? new Verifier(judged, options).run(progress)
              : again.replay(judged, progress);
      finish(report, out);
      return report.ok() ? 0 : EarlybirdException.DEFAULT_EXIT_CODE;
    } finally {
      if (plugin != null) {
        CpuLibrary.unloadPlugin();
      }
    }
  }

  private VerifyOptions options() {
    VerifyOptions usual = quick ? VerifyOptions.quick() : VerifyOptions.full();
    int count = cases == null ? usual.cases() : cases;
    if (count < 1) {
      throw new ParameterException(spec.commandLine(), "--cases must be at least 1, not " + count);
    }
    int gradients = cases == null ? usual.gradientCases() : Math.min(count, usual.gradientCases());
    return new VerifyOptions(
        count, gradients, seed == null ? VerifyOptions.DEFAULT_SEED : seed, ops);
  }

  /**
   * The backend asked for; with a plugin or cases to repeat, {@code auto} is the one they are of.
   */
  private Backend open(FailedCases again) {
    if (again != null && (quick || cases != null || seed != null || !ops.isEmpty())) {
      throw new ParameterException(
          spec.commandLine(), "--replay takes ops, cases and seed from its file");
    }
    EngineSettings with = engine.settings(precision.precision());
    String name = with.backend();
    if (name.equals(Backends.AUTO) && plugin != null) {
      name = "cpu";
    } else if (name.equals(Backends.AUTO) && again != null) {
      name = again.backend().orElse(name);
    }
    Backend backend = with.named(name).open(Map.of()).backend();
    if (plugin != null && !(backend instanceof CpuBackend)) {
      backend.close();
      throw new EarlybirdException(
          "--plugin replaces kernels of the cpu backend, not of " + backend.name());
    }
    return backend;
  }

  private void show(VerifyRow row, PrintWriter out) {
    if (!json) {
      out.print(VerifyReport.line(row));
      out.flush();
    }
  }

  private void finish(VerifyReport report, PrintWriter out) {
    if (json) {
      out.println(report.toJson());
    } else {
      report.rows().stream()
          .filter(row -> !row.detail().isEmpty())
          .forEach(row -> out.println(row.op() + " on " + row.backend() + ": " + row.detail()));
      out.println(report.verdict());
    }
    if (!report.ok() && replay == null) {
      FailedCases.of(report).write(failures);
      if (!json) {
        String with = plugin == null ? "" : " --plugin " + plugin;
        out.printf("the failed cases run again with: verify --replay %s%s%n", failures, with);
      }
    }
    out.flush();
  }
}
