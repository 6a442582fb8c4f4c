package io.earlybird.cli;

import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.AtomicFile;
import io.earlybird.energy.EnergyBars;
import io.earlybird.energy.MethodRun;
import io.earlybird.energy.MethodTable;
import io.earlybird.energy.TableText;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The paper's energy table, from runs that exist or that it makes. */
@Command(
    name = "table",
    sortOptions = false,
    description = {
      "Compares methods by accuracy, FLOPs and joules, beside the paper's figures. Reads finished"
          + " runs (--runs), or makes them (--save, with the options of 'run' after --): a run that"
          + " is finished is used again, one that was stopped or killed goes on."
    })
final class EnergyTableCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--runs",
      arity = "1..*",
      paramLabel = "DIR",
      description = "Run folders to read.")
  private List<Path> runs = List.of();

  @Option(
      names = "--save",
      paramLabel = "DIR",
      description = "Folder for the runs that are made, a folder each, and for the table's files.")
  private Path save;

  @Option(
      names = "--repeats",
      paramLabel = "N",
      defaultValue = "1",
      description = "Runs of each method, with the seeds 1 to N. Default: ${DEFAULT-VALUE}.")
  private int repeats;

  @Option(
      names = "--methods",
      split = ",",
      paramLabel = "NAME",
      defaultValue = "lottery-ticket,network-slimming,reinit,inherit,lf,ll",
      description =
          "Rows beside the dense network: lottery-ticket (one shot), network-slimming, EB Train as"
              + " reinit, inherit, lf and ll (search in 8 bits; training in full, or in 8 bits)."
              + " Methods that share a search share a run. Default: ${DEFAULT-VALUE}.")
  private List<String> methods;

  @Option(
      names = "--grid-factor",
      paramLabel = "G",
      description = "Grams of CO2 equivalent per kWh of your electricity; without, none are given.")
  private Double gridFactor;

  @Parameters(
      arity = "0..*",
      paramLabel = "RUN-OPTION",
      description = "Options of 'run'; put -- before them.")
  private List<String> words = List.of();

  @Override
  public Integer call() {
    if (repeats < 1) {
      throw new EarlybirdException("--repeats must be at least 1, not " + repeats);
    }
    if (gridFactor != null && !(gridFactor >= 0)) {
      throw new EarlybirdException("--grid-factor must be at least 0, not " + gridFactor);
    }
    if (runs.isEmpty() && save == null) {
      throw new ParameterException(
          spec.commandLine(),
          "name runs to read with --runs, or a folder for new ones with --save");
    }
    List<Path> folders = new ArrayList<>(runs);
    if (runs.isEmpty()) {
      EnumSet<TableRuns.Method> wanted = wanted();
      for (int seed = 1; seed <= repeats; seed++) {
        for (WantedRun run : TableRuns.of(wanted, save, words, seed)) {
          int code = run.make(spec.commandLine().getOut(), spec.commandLine().getErr());
          if (code != 0) {
            return code;
          }
          folders.add(run.folder());
        }
      }
    }
    return show(MethodRun.readAll(folders));
  }

  private EnumSet<TableRuns.Method> wanted() {
    EnumSet<TableRuns.Method> out = EnumSet.noneOf(TableRuns.Method.class);
    methods.forEach(name -> out.add(TableRuns.Method.of(name)));
    return out;
  }

  private int show(List<MethodRun> read) {
    MethodTable table = MethodTable.of(read, gridFactor == null ? Double.NaN : gridFactor);
    TableText text = new TableText(table);
    PrintWriter out = spec.commandLine().getOut();
    out.print(text.text());
    if (save != null) {
      try {
        Files.createDirectories(save);
      } catch (IOException e) {
        throw new EarlybirdException(save + ": cannot be created: " + e.getMessage(), e);
      }
      write("energy.csv", text.csv());
      write("energy.json", text.json());
      write("energy.tex", text.latex());
      write("energy.svg", EnergyBars.svg(table));
      out.println("energy.csv, .json, .tex and .svg are in " + save);
    }
    out.flush();
    return 0;
  }

  private void write(String name, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(save.resolve(name), out -> out.write(bytes));
  }
}
