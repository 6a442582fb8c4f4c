package io.earlybird.cli;

import io.earlybird.training.RunReport;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The page on a run. */
@Command(
    name = "report",
    sortOptions = false,
    description =
        "Writes one self-contained HTML page on a run: results, curves, mask distances, layers,"
            + " epochs, settings. Runs write it themselves when they end; this looks at one that"
            + " is still going on, or was stopped.")
final class ReportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DIR", description = "The run's folder.")
  private Path folder;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "The page. Default: report.html in the run's folder.")
  private Path file;

  @Override
  public Integer call() {
    Path page = file == null ? folder.resolve(RunReport.FILE) : file;
    RunReport.write(folder, page);
    spec.commandLine().getOut().println(page);
    return 0;
  }
}
