package io.earlybird.cli;

import io.earlybird.tickets.PruneResult;
import io.earlybird.training.EpochRow;
import io.earlybird.training.Metrics;
import io.earlybird.training.Progress;
import io.earlybird.training.Prune;
import io.earlybird.training.Search;
import io.earlybird.training.Ticket;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows a run: a bar within each epoch on a terminal, lines everywhere. */
final class ConsoleProgress implements Progress, AutoCloseable {
  private final PrintWriter out;
  private final int logInterval;
  private final boolean terminal;
  private Epoch epoch;
  private ProgressBar bar;
  private int lastLine;
  private String distances = "";
  private long begun;
  private int epochsDone;

  /**
   * Progress on an output.
   *
   * @param logInterval batches between two lines within an epoch where there is no terminal
   */
  ConsoleProgress(PrintWriter out, int logInterval) {
    this.out = out;
    this.logInterval = logInterval;
    // Bars of several runs would overwrite each other.
    this.terminal = Terminal.isOne() && !(out instanceof PrefixedLines);
  }

  @Override
  public void say(String line) {
    out.println(line);
    out.flush();
  }

  @Override
  public void epochBegins(Epoch now, int batchesDone) {
    if (epoch == null || !epoch.phase().equals(now.phase())) {
      begun = System.nanoTime();
      epochsDone = 0;
    }
    epoch = now;
    lastLine = batchesDone;
    if (terminal) {
      bar =
          new ProgressBarBuilder()
              .setTaskName(title())
              .setInitialMax(now.batches())
              .startsFrom(batchesDone, Duration.ZERO)
              .setUpdateIntervalMillis(200)
              .setStyle(ProgressBarStyle.ASCII)
              .setConsumer(new ConsoleProgressBarConsumer(System.err))
              .clearDisplayOnFinish()
              .build();
    }
  }

  private String title() {
    return String.format("%s %d/%d", epoch.phase(), epoch.epoch() + 1, epoch.epochs());
  }

  @Override
  public void batchesDone(int batches, Metrics soFar, double imagesPerSecond) {
    String figures =
        String.format(
            Locale.ROOT,
            "%,.0f img/s  loss %.3f  acc %.1f%%%s",
            imagesPerSecond,
            soFar.loss(),
            soFar.top1Percent(),
            distances.isEmpty() ? "" : "  distance " + distances);
    if (bar != null) {
      bar.stepTo(batches);
      bar.setExtraMessage(" " + figures + "  " + left((double) batches / epoch.batches()));
    } else if (batches - lastLine >= logInterval) {
      lastLine = batches;
      say(String.format("%s  batch %d/%d  %s", title(), batches, epoch.batches(), figures));
    }
  }

  /** Time until the last epoch of this training, from the epochs since it began here. */
  private String left(double ofThisEpoch) {
    double done = epochsDone + ofThisEpoch;
    if (done < 0.1) {
      return "";
    }
    double seconds = (System.nanoTime() - begun) * 1e-9;
    double wanted = epoch.epochs() - epoch.epoch() - ofThisEpoch;
    return duration(seconds / done * wanted) + " left";
  }

  static String duration(double seconds) {
    long s = Math.round(seconds);
    return s < 60
        ? s + " s"
        : s < 3600
            ? String.format("%d min %02d s", s / 60, s % 60)
            : String.format("%d h %02d min", s / 3600, s / 60 % 60);
  }

  @Override
  public void masks(int epochIndex, List<Sight> sights) {
    distances =
        sights.stream()
            .map(s -> String.format(Locale.ROOT, "%.3f", s.observation().largest()))
            .collect(Collectors.joining("/"));
  }

  @Override
  public void drawn(Ticket ticket) {
    say(
        ticket.drawn()
            ? String.format(
                Locale.ROOT,
                "drawn: %s%% at the start of epoch %d, largest mask distance %.3f: %s",
                Ticket.percent(ticket.ratio()),
                ticket.epoch() + 1,
                ticket.distance(),
                ticket.file())
            : String.format(
                "not drawn: %s%%; the mask at the start of epoch %d is taken (--else-last): %s",
                Ticket.percent(ticket.ratio()), ticket.epoch() + 1, ticket.file()));
  }

  @Override
  public void searched(List<Ticket> tickets, List<Search.Missed> missed, int epochs) {
    tickets.stream()
        .filter(Ticket::drawn)
        .mapToInt(Ticket::epoch)
        .max()
        .ifPresent(
            last -> {
              if (missed.isEmpty() && last < epochs) {
                say(
                    String.format(
                        "the search ends after %d of %d epochs: %d not needed",
                        last, epochs, epochs - last));
              }
            });
    missed.forEach(m -> say(describe(m)));
  }

  private static String describe(Search.Missed m) {
    String nearest =
        m.epoch() < 0
            ? "there were not masks enough to compare; give it more --epochs or a shorter --queue"
            : String.format(
                Locale.ROOT,
                "nearest was a distance of %.4f at the start of epoch %d; raise --limit or"
                    + " --epochs",
                m.nearest(),
                m.epoch() + 1);
    return String.format(
        "no ticket at %s%%: %s, or take the last mask with --else-last",
        Ticket.percent(m.ratio()), nearest);
  }

  @Override
  public void pruned(Prune.Pruned p) {
    say(
        String.format(
            Locale.ROOT,
            "pruned %s%%%s: %,d of %,d parameters, %.1f of %.1f MFLOP a picture (%.1f%%)",
            Ticket.percent(Math.round(1e4 * p.ratio()) / 1e4),
            Double.isNaN(p.cumulative())
                ? ""
                : String.format(Locale.ROOT, " (%.1f%% in all)", 100 * p.cumulative()),
            p.after().parameters(),
            p.before().parameters(),
            p.after().flops() / 1e6,
            p.before().flops() / 1e6,
            100 * p.flopRatio()));
    say("  widths " + widths(p.result().widths()));
    p.result().messages().forEach(message -> say("  " + message));
    say(
        String.format(
            Locale.ROOT,
            "  test accuracy masked %.2f%%, pruned %.2f%%: difference %.2f",
            p.masked().top1Percent(),
            p.pruned().top1Percent(),
            p.difference()));
  }

  private static String widths(List<PruneResult.LayerWidth> widths) {
    return widths.stream().map(w -> w.before() + ">" + w.after()).collect(Collectors.joining(" "));
  }

  @Override
  public void epochEnds(EpochRow row) {
    closeBar();
    epochsDone++;
    say(
        String.format(
            Locale.ROOT,
            "%-16s lr %-7s loss %.4f  train %6.2f%%  test %6.2f%%  %,8.0f img/s  %6.1f s%s%s",
            title(),
            rate(row.learningRate()),
            row.trainLoss(),
            row.trainTop1(),
            row.testTop1(),
            row.imagesPerSecond(),
            row.trainSeconds() + row.testSeconds(),
            reading(row),
            distances.isEmpty() ? "" : "  distance " + distances));
    distances = "";
  }

  /** What is told about the reading of pictures that are not in memory. */
  private static String reading(EpochRow row) {
    if (Double.isNaN(row.waitSeconds())) {
      return "";
    }
    String waited = String.format(Locale.ROOT, "  waited %.1f%%", 100 * row.waitShare());
    return row.skipped() == 0 ? waited : waited + "  skipped " + row.skipped();
  }

  private static String rate(double value) {
    return Float.toString((float) value);
  }

  @Override
  public void epochClosed() {
    closeBar();
  }

  private void closeBar() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }

  @Override
  public void close() {
    closeBar();
  }
}
