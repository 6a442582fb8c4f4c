package io.earlybird.cli;

import io.earlybird.BuildInfo;
import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.Backends;
import io.earlybird.backend.DeviceException;
import io.earlybird.checkpoint.WriteException;
import io.earlybird.data.DataSource;
import io.earlybird.data.ImageFilter;
import io.earlybird.data.ImageSet;
import io.earlybird.data.Pictures;
import io.earlybird.data.ShapesSource;
import io.earlybird.data.Split;
import io.earlybird.data.ValidationSplit;
import io.earlybird.energy.EnergyMonitor;
import io.earlybird.energy.EnergyWindow;
import io.earlybird.energy.Phase;
import io.earlybird.energy.WindowEnergy;
import io.earlybird.models.Costs;
import io.earlybird.models.StandardNetwork;
import io.earlybird.training.DataSettings;
import io.earlybird.training.EngineSettings;
import io.earlybird.training.RunContext;
import io.earlybird.training.RunFolder;
import io.earlybird.training.RunReport;
import io.earlybird.training.Settings;
import io.earlybird.training.StopSignal;
import io.earlybird.training.StoppedException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * What the commands that leave a run folder have in common: a new run or one to continue, its data,
 * its backend, and an end that can be asked for.
 */
final class Runs {
  /** What a command does with an open run. */
  @FunctionalInterface
  interface Body {
    void run(RunContext context);
  }

  private final CommandSpec command;
  private final RunOptions options;
  private final PrintWriter out;

  Runs(CommandSpec command, RunOptions options) {
    this.command = command;
    this.options = options;
    this.out = command.commandLine().getOut();
  }

  /**
   * Does a run, new or continued.
   *
   * @param given the settings with defaults where no option was given
   * @return exit code
   * @throws EarlybirdException if it cannot begin, leaving nothing half-written, or fails
   */
  int execute(Settings given, Body body) {
    options.logInterval();
    options.resume();
    try (EnergyMonitor energy = options.energy().open()) {
      return options.resume() == null ? begin(given, body, energy) : resume(given, body, energy);
    }
  }

  private int begin(Settings settings, Body body, EnergyMonitor energy) {
    List<WindowEnergy> windows = new ArrayList<>();
    Data data = load(settings, energy, windows);
    settings.network().spec(data.train().classes(), data.train().height());
    try (Backend backend = open(settings.engine(), Map.of());
        RunFolder folder = RunFolder.create(newFolder(settings), settings)) {
      settings
          .training()
          .stepSchedule()
          .warning(settings.training().epochs())
          .ifPresent(line -> out.println("warning: " + line));
      try {
        EnergyRecords.begin(folder.path(), energy, windows);
        return run(settings, data, backend, folder, body, energy);
      } catch (RuntimeException | Error e) {
        folder.discard();
        throw e;
      }
    }
  }

  private int resume(Settings given, Body body, EnergyMonitor energy) {
    Path path = options.resume();
    try (RunFolder folder = RunFolder.open(path)) {
      Settings before = folder.settings();
      Settings settings = before.resumedWith(given, explicitOptions());
      List<String> changes = settings.checkResume(before, options.override());
      List<WindowEnergy> windows = new ArrayList<>();
      Data data = load(settings, energy, windows);
      try (Backend backend = open(settings.engine(), folder.kernels())) {
        changes.forEach(change -> out.println("changed: " + change));
        if (!changes.isEmpty()) {
          folder.writeSettings(settings);
        }
        EnergyRecords.begin(folder.path(), energy, windows);
        return run(settings, data, backend, folder, body, energy);
      }
    }
  }

  private Data load(Settings settings, EnergyMonitor energy, List<WindowEnergy> windows) {
    Downloads.fetch(command, settings.data());
    try (EnergyWindow window = energy.window(Phase.DATA_LOADING)) {
      Data data = Data.load(settings.data(), settings.training().seed());
      windows.add(window.result());
      return data;
    }
  }

  private int run(
      Settings settings,
      Data data,
      Backend backend,
      RunFolder folder,
      Body body,
      EnergyMonitor energy) {
    StopSignal stop = new StopSignal();
    PrintWriter err = command.commandLine().getErr();
    String resume = "continue with: " + resumeCommand(settings, folder.path());
    // The catch lies inside: once the interrupts are closed the process may end at any time.
    Interrupts interrupts = new Interrupts(stop, err, resume);
    try (ConsoleProgress progress = new ConsoleProgress(out, options.logInterval())) {
      RunContext context =
          new RunContext(
              folder, settings, backend, data.train(), data.test(), stop, progress, energy);
      energy.attach(backend.name(), backend::synchronize);
      out.println("energy: " + energy.describe());
      out.println("run folder " + folder.path());
      body.run(context);
      RunReport.write(folder.path(), folder.path().resolve(RunReport.FILE));
      out.print(EnergyRecords.summary(folder.path(), energy));
      return 0;
    } catch (StoppedException e) {
      err.println("earlybird: " + e.getMessage());
      err.println(resume);
      err.flush();
      return e.exitCode();
    } catch (DeviceException e) {
      if (!folder.isSaved()) {
        throw e;
      }
      throw new EarlybirdException(
          e.getMessage() + "; what was saved before stands: once the device works, " + resume, e);
    } catch (WriteException e) {
      if (!folder.isSaved()) {
        throw e;
      }
      throw new EarlybirdException(
          e.getMessage() + "; what was saved before is whole: make room, then " + resume, e);
    } finally {
      // The backend is closed before the meters are.
      energy.attach(backend.name(), () -> {});
      interrupts.close();
    }
  }

  /**
   * Checks that a run that begins later has something to train.
   *
   * @param epoch index of its first epoch
   */
  static void requireEpochsLeft(int epoch, RunContext context) {
    int epochs = context.settings().training().epochs();
    if (epoch >= epochs) {
      throw new EarlybirdException(
          "nothing to train: the run begins with epoch index "
              + epoch
              + " (--start-epoch), and --epochs is "
              + epochs);
    }
  }

  /** What the user types to go on, fit for a shell. */
  static String resumeCommand(Settings settings, Path folder) {
    return String.join(
        " ",
        CommandWords.program(),
        settings.command(),
        "--resume",
        CommandWords.quoted(folder.toString()));
  }

  /** The data of a run: in memory, or the names of its files. */
  record Data(Pictures train, Pictures test) {
    /**
     * Loads both splits; with a validation split, its pictures stand for the test pictures.
     *
     * @param seed what a validation split is drawn from
     * @throws EarlybirdException if they are missing, damaged or smaller than asked for
     */
    static Data load(DataSettings settings, long seed) {
      DataSource source = source(settings);
      Pictures train =
          prepared(source.load(Split.TRAIN), settings, settings.trainImages(), "--train-images");
      if (settings.valSplit() == null) {
        return new Data(train, test(source, settings));
      }
      ValidationSplit.Parts parts = ValidationSplit.parse(settings.valSplit()).apply(train, seed);
      return new Data(parts.training(), parts.validation());
    }

    /** Loads the test split alone. */
    static Pictures test(DataSettings settings) {
      return test(source(settings), settings);
    }

    private static Pictures test(DataSource source, DataSettings settings) {
      return prepared(source.load(Split.TEST), settings, settings.testImages(), "--test-images");
    }

    private static DataSource source(DataSettings settings) {
      if (settings.dataset().equals("shapes")) {
        // Pictures are drawn, and each depends on its number alone: no more than wanted.
        return new ShapesSource(
            ShapesSource.SEED,
            wanted(settings.trainImages(), ShapesSource.TRAIN_SIZE),
            wanted(settings.testImages(), ShapesSource.TEST_SIZE));
      }
      return DataSource.open(
          settings.dataset(),
          settings.data() == null ? null : Path.of(settings.data()),
          settings.folderSize());
    }

    private static int wanted(int images, int all) {
      return images == 0 ? all : Math.min(images, all);
    }

    /** So many of the pictures, filtered. */
    private static Pictures prepared(
        Pictures set, DataSettings settings, int wanted, String option) {
      Pictures some = first(set, wanted, option);
      Pictures filtered =
          some instanceof ImageSet inMemory
              ? new ImageFilter(settings.filter(), settings.sigma()).apply(inMemory)
              : some;
      return filtered.normalizedBy(filtered.normalization().above((float) settings.sparsityGt()));
    }

    private static Pictures first(Pictures set, int wanted, String option) {
      if (wanted > set.size()) {
        throw new EarlybirdException(
            option + " " + wanted + ": " + set.name() + " has only " + set.size());
      }
      return wanted == 0 ? set : set.first(wanted);
    }
  }

  private Backend open(EngineSettings engine, Map<String, String> kernels) {
    return open(out, engine, kernels);
  }

  /** Opens a backend and says which one and why. */
  static Backend open(PrintWriter out, EngineSettings engine, Map<String, String> kernels) {
    Backends.Opened opened = engine.open(kernels);
    out.println("earlybird " + BuildInfo.version() + ", " + opened.why());
    return opened.backend();
  }

  private Path newFolder(Settings settings) {
    return options.save() != null ? options.save() : DefaultFolder.next(settings.command());
  }

  /** The folder of a run, from itself or from a file in it. */
  static Path runFolderOf(Path path) {
    if (!Files.exists(path)) {
      throw new EarlybirdException(path + ": there is no such run folder");
    }
    Path folder = findRunFolder(path);
    if (folder == null) {
      throw new EarlybirdException(
          path + " holds no run to resume: there is no " + RunFolder.CONFIG + " in it");
    }
    return folder;
  }

  /** As {@link #runFolderOf}; null if there is none. */
  static Path findRunFolder(Path path) {
    for (Path p = path.toAbsolutePath(); p != null; p = p.getParent()) {
      if (Files.exists(p.resolve(RunFolder.CONFIG))) {
        return p.equals(path.toAbsolutePath()) ? path : p;
      }
    }
    return null;
  }

  /** Long names, without dashes, of the options that were given. */
  private Set<String> explicitOptions() {
    Set<String> names = new LinkedHashSet<>();
    for (OptionSpec option : command.options()) {
      if (command.commandLine().getParseResult().hasMatchedOption(option)) {
        for (String name : option.names()) {
          names.add(name.replaceFirst("^--?", ""));
        }
      }
    }
    return names;
  }

  /** One line on a network: widths, parameters, FLOPs. */
  static String describe(StandardNetwork network) {
    Costs costs = Costs.of(network);
    return String.format(
        Locale.ROOT,
        "%s: %,d parameters, %.1f MFLOP a picture",
        network.spec(),
        costs.parameters(),
        costs.flops() / 1e6);
  }
}
