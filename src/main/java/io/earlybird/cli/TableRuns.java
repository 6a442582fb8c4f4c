package io.earlybird.cli;

import io.earlybird.EarlybirdException;
import io.earlybird.training.Baseline;
import io.earlybird.training.RetrainSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The runs that the energy table needs. Methods that share a search share a run: one in full
 * precision, and one in low precision, for every seed.
 */
final class TableRuns {
  /** A row of the paper's table. */
  enum Method {
    /** One-shot lottery ticket: train, prune, train again from the first weights. */
    LOTTERY_TICKET,
    /** Network slimming: train, prune, train on. */
    NETWORK_SLIMMING,
    /** EB Train with fresh weights. */
    REINIT,
    /** EB Train with the ticket's weights. */
    INHERIT,
    /** EB Train, searched in low precision, trained in full. */
    LF,
    /** EB Train, all in low precision. */
    LL;

    /**
     * The method of a name.
     *
     * @throws EarlybirdException if there is none, naming all
     */
    static Method of(String name) {
      return EnumSet.allOf(Method.class).stream()
          .filter(m -> m.toString().equalsIgnoreCase(name.strip()))
          .findFirst()
          .orElseThrow(
              () ->
                  new EarlybirdException(
                      "unknown method '" + name + "': expected " + EnumSet.allOf(Method.class)));
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  private static final Set<Method> LOW = EnumSet.of(Method.LF, Method.LL);

  private TableRuns() {}

  /**
   * The runs of one seed.
   *
   * @param methods the rows
   * @param folder in which each has its own
   * @param options of 'run', as the user gave them
   * @throws EarlybirdException if an option is given that the table chooses
   */
  static List<WantedRun> of(Set<Method> methods, Path folder, List<String> options, int seed) {
    for (String own : List.of("--save", "--resume", "--seed", "--method", "--baselines")) {
      if (options.stream().anyMatch(o -> o.equals(own) || o.startsWith(own + "="))) {
        throw new EarlybirdException(
            own + ": the table chooses this itself (--methods, --repeats, --save before the --)");
      }
    }
    boolean saysBits =
        options.stream().anyMatch(o -> o.startsWith("--precision") || o.startsWith("--wl-"));
    Set<Method> low = EnumSet.noneOf(Method.class);
    Set<Method> full = EnumSet.noneOf(Method.class);
    methods.forEach(m -> (LOW.contains(m) ? low : full).add(m));
    if (saysBits && !low.isEmpty() && !full.isEmpty()) {
      throw new EarlybirdException(
          "a precision after -- goes to every run: leave lf and ll out of --methods, or it");
    }
    List<WantedRun> out = new ArrayList<>();
    if (!full.isEmpty()) {
      List<String> words =
          words(options, seed, full.contains(Method.REINIT) && !full.contains(Method.INHERIT));
      List<Baseline> baselines = new ArrayList<>();
      if (full.contains(Method.REINIT) && full.contains(Method.INHERIT)) {
        baselines.add(Baseline.REINIT);
      }
      if (full.contains(Method.LOTTERY_TICKET)) {
        baselines.add(Baseline.LOTTERY_TICKET);
      }
      if (full.contains(Method.NETWORK_SLIMMING)) {
        baselines.add(Baseline.NETWORK_SLIMMING);
      }
      compareWith(words, baselines);
      out.add(new WantedRun(folder.resolve("full-" + seed), words));
    }
    if (!low.isEmpty()) {
      List<String> words = words(options, seed, false);
      if (!saysBits) {
        words.addAll(List.of("--precision", "bfp8"));
      }
      if (low.equals(EnumSet.of(Method.LF))) {
        words.addAll(List.of("--retrain-precision", "fp32"));
      } else if (low.contains(Method.LF)) {
        compareWith(words, List.of(Baseline.FULL_PRECISION));
      }
      out.add(new WantedRun(folder.resolve("low-" + seed), words));
    }
    return out;
  }

  private static List<String> words(List<String> options, int seed, boolean fresh) {
    RetrainSettings.Method method =
        fresh ? RetrainSettings.Method.REINIT : RetrainSettings.Method.INHERIT;
    List<String> words = new ArrayList<>(options);
    words.addAll(List.of("--method", method.label(), "--seed", Integer.toString(seed)));
    return words;
  }

  private static void compareWith(List<String> words, List<Baseline> baselines) {
    if (!baselines.isEmpty()) {
      String names = baselines.stream().map(Baseline::label).collect(Collectors.joining(","));
      words.addAll(List.of("--baselines", names));
    }
  }
}
