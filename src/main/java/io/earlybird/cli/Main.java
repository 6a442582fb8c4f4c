package io.earlybird.cli;

import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * The command line. Exit codes: 0 success, 1 failure (or the code that the failure carries), 2
 * wrong usage, 70 an error of the program itself. A failure is one line on the error stream; {@code
 * --stacktrace} or {@code EARLYBIRD_DEBUG=1} adds where it came from.
 */
@Command(
    name = "earlybird",
    description = "Finds, prunes and trains Early-Bird tickets.",
    versionProvider = Version.class)
public final class Main implements Runnable {
  /** Every command; a new one needs its class and a line here. */
  static final List<Class<?>> COMMANDS =
      List.of(
          QuickstartCommand.class,
          RunCommand.class,
          SearchCommand.class,
          PruneCommand.class,
          RetrainCommand.class,
          EvaluateCommand.class,
          ExistenceCommand.class,
          MaskDistanceCommand.class,
          DetectCommand.class,
          ReportCommand.class,
          CompareCommand.class,
          VerifyCommand.class,
          BenchCommand.class,
          InspectCommand.class,
          EnergyCommand.class,
          LedgerCommand.class,
          DoctorCommand.class);

  @Spec private CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this help and exit.")
  private boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show version, commit, instruction set and Java, and exit.")
  private boolean version;

  @Option(
      names = "--stacktrace",
      scope = ScopeType.INHERIT,
      description = "Show where a failure came from (or set EARLYBIRD_DEBUG=1).")
  private boolean stacktrace;

  /** Runs the command line and ends the process with its exit code. */
  public static void main(String[] args) {
    System.exit(run(args, new PrintWriter(System.out, true), new PrintWriter(System.err, true)));
  }

  /**
   * Runs the command line.
   *
   * @param args its words
   * @param out where help, version and results go
   * @param err where failures go
   * @return the exit code
   */
  static int run(String[] args, PrintWriter out, PrintWriter err) {
    return run(COMMANDS, args, out, err);
  }

  static int run(List<Class<?>> commands, String[] args, PrintWriter out, PrintWriter err) {
    Main main = new Main();
    CommandLine line = new CommandLine(main);
    commands.forEach(line::addSubcommand);
    OriginalPrograms.addTo(line);
    line.setOut(out)
        .setErr(err)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpAutoWidth(true)
        .setAbbreviatedOptionsAllowed(false)
        .setOverwrittenOptionsAllowed(true)
        .setExecutionStrategy(
            parsed -> {
              OriginalPrograms.tell(parsed);
              return new CommandLine.RunLast().execute(parsed);
            })
        .setParameterExceptionHandler(Failures::wrongUsage)
        .setExecutionExceptionHandler(
            (failure, command, parsed) -> Failures.report(failure, err, main.showsTraces()));
    try {
      return line.execute(args);
    } catch (OutOfMemoryError | LinkageError e) {
      return Failures.report(e, err, main.showsTraces());
    } finally {
      out.flush(); // a writer flushes lines by itself, but not what print() says
      err.flush();
    }
  }

  /** Without a command there is nothing to do. */
  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  private boolean showsTraces() {
    String debug = System.getenv("EARLYBIRD_DEBUG");
    return stacktrace || (debug != null && !debug.isEmpty() && !debug.equals("0"));
  }
}
