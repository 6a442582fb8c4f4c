package io.earlybird.tickets;

import io.earlybird.EarlybirdException;
import java.math.BigDecimal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.OptionalInt;

/**
 * Notices when the mask of one pruning ratio has settled (paper, section 3.2, algorithm 1). It is
 * shown the mask at the start of every epoch and draws the ticket when the masks of the last epochs
 * are close enough to each other. Not safe for use by several threads at once.
 */
public final class EarlyBirdDetector {
  /** Which distances must be small. */
  public enum Rule {
    /** The newest mask to each of the other masks in a queue of {@code queue} masks. */
    QUEUE,
    /** Each of the last {@code queue} distances between the masks of consecutive epochs. */
    CONSECUTIVE
  }

  /**
   * What a detector looks for.
   *
   * @param ratio fraction of channels to prune, in [0,1)
   * @param limit largest distance that still passes, in [0,1]; itself passes
   * @param queue masks in the queue, or consecutive distances; at least 2
   * @param rule which distances are meant
   */
  public record Settings(double ratio, double limit, int queue, Rule rule) {
    /** The paper's limit: 0.1. */
    public static final double DEFAULT_LIMIT = 0.1;

    /** The paper's queue: 5. */
    public static final int DEFAULT_QUEUE = 5;

    /**
     * Checks the settings.
     *
     * @throws EarlybirdException if one is out of its range
     */
    public Settings {
      ChannelThreshold.checkRatio(ratio);
      if (!(limit >= 0 && limit <= 1)) {
        throw new EarlybirdException("distance limit " + limit + ": expected 0 <= limit <= 1");
      }
      if (queue < 2) {
        throw new EarlybirdException("mask queue " + queue + ": expected at least 2");
      }
    }

    /** The paper's settings for one ratio. */
    public static Settings of(double ratio) {
      return new Settings(ratio, DEFAULT_LIMIT, DEFAULT_QUEUE, Rule.QUEUE);
    }

    /** Masks that are remembered: one more than distances where those are of consecutive epochs. */
    public int masks() {
      return rule == Rule.QUEUE ? queue : queue + 1;
    }
  }

  /**
   * What one epoch's mask showed.
   *
   * @param epoch index of the epoch that begins with this mask
   * @param distances for {@link Rule#QUEUE} the newest mask to the {@code queue - 1} older ones,
   *     oldest first; for {@link Rule#CONSECUTIVE} the last {@code queue} distances, oldest first;
   *     all 1 until there are masks enough
   * @param largest the largest of them
   * @param settled true if there are masks enough and no distance exceeds the limit
   * @param drawn true if settled for the first time: the ticket is this epoch's mask
   */
  public record Observation(
      int epoch, double[] distances, double largest, boolean settled, boolean drawn) {}

  /**
   * Everything that a resumed detector needs.
   *
   * @param masks the masks in the queue, oldest first
   * @param lastEpoch index of the last epoch that was observed, -1 if none
   * @param drawnEpoch index of the epoch in which the ticket was drawn, -1 if none
   * @param nearest smallest value that an epoch's largest distance has had; 1 if none was measured
   * @param nearestEpoch index of the first epoch that had it, -1 if none was measured
   */
  public record State(
      List<ChannelMask> masks, int lastEpoch, int drawnEpoch, double nearest, int nearestEpoch) {
    /** Copies the list. */
    public State {
      masks = List.copyOf(masks);
    }
  }

  private final Settings settings;
  private final Deque<ChannelMask> masks = new ArrayDeque<>();
  private int lastEpoch = -1;
  private int drawnEpoch = -1;
  private double nearest = 1;
  private int nearestEpoch = -1;

  /** A detector that has seen nothing. */
  public EarlyBirdDetector(Settings settings) {
    this.settings = settings;
  }

  /**
   * A detector that continues where another stopped.
   *
   * @throws EarlybirdException if the state holds more masks than these settings remember
   */
  public EarlyBirdDetector(Settings settings, State state) {
    this(settings);
    if (state.masks().size() > settings.masks()) {
      throw new EarlybirdException(
          String.format(
              "detector for ratio %s: expected at most %d masks in its saved queue, found %d",
              settings.ratio(), settings.masks(), state.masks().size()));
    }
    masks.addAll(state.masks());
    lastEpoch = state.lastEpoch();
    drawnEpoch = state.drawnEpoch();
    nearest = state.nearest();
    nearestEpoch = state.nearestEpoch();
  }

  /** What this detector looks for. */
  public Settings settings() {
    return settings;
  }

  /** Everything that another detector needs to continue. */
  public State state() {
    return new State(new ArrayList<>(masks), lastEpoch, drawnEpoch, nearest, nearestEpoch);
  }

  /** Index of the epoch in which the ticket was drawn. */
  public OptionalInt drawnEpoch() {
    return drawnEpoch < 0 ? OptionalInt.empty() : OptionalInt.of(drawnEpoch);
  }

  /** Smallest value that an epoch's largest distance has had; 1 until there were masks enough. */
  public double nearest() {
    return nearest;
  }

  /** The mask seen last; null before the first. */
  public ChannelMask newest() {
    return masks.peekLast();
  }

  /**
   * Takes the mask at the start of an epoch from the network's scales.
   *
   * @param epoch index of the epoch about to be trained; epochs must follow one another
   * @param scales batch-norm scales, one array {@code [C]} per layer in the network's order
   */
  public Observation observe(int epoch, List<float[]> scales) {
    return observe(epoch, ChannelMask.of(scales, settings.ratio()));
  }

  /**
   * Takes the mask at the start of an epoch.
   *
   * @param epoch index of the epoch about to be trained; epochs must follow one another
   * @throws IllegalArgumentException if an epoch was left out or the mask is of another network
   */
  public Observation observe(int epoch, ChannelMask mask) {
    if (epoch < 0 || (lastEpoch >= 0 && epoch != lastEpoch + 1)) {
      throw new IllegalArgumentException("epoch " + epoch + " after " + lastEpoch);
    }
    masks.addLast(mask);
    if (masks.size() > settings.masks()) {
      masks.removeFirst();
    }
    lastEpoch = epoch;
    boolean full = masks.size() == settings.masks();
    double[] distances = full ? distances() : unknown();
    double largest = Arrays.stream(distances).max().orElse(1);
    if (full && (nearestEpoch < 0 || largest < nearest)) {
      nearest = largest;
      nearestEpoch = epoch;
    }
    boolean settled = full && largest <= settings.limit();
    boolean drawn = settled && drawnEpoch < 0;
    if (drawn) {
      drawnEpoch = epoch;
    }
    return new Observation(epoch, distances, largest, settled, drawn);
  }

  /**
   * The original's name for the ticket of a ratio: {@code EB-30-35} for ratio 0.3, drawn at the
   * start of epoch index 34.
   */
  public static String ticketName(double ratio, int epoch) {
    BigDecimal percent = BigDecimal.valueOf(ratio).movePointRight(2).stripTrailingZeros();
    return "EB-" + percent.toPlainString() + "-" + (epoch + 1);
  }

  private double[] unknown() {
    double[] distances = new double[settings.masks() - 1];
    Arrays.fill(distances, 1);
    return distances;
  }

  private double[] distances() {
    List<ChannelMask> queue = new ArrayList<>(masks);
    ChannelMask last = queue.get(queue.size() - 1);
    double[] distances = new double[queue.size() - 1];
    for (int i = 0; i < distances.length; i++) {
      ChannelMask with = settings.rule() == Rule.QUEUE ? last : queue.get(i + 1);
      distances[i] = MaskDistance.between(queue.get(i), with);
    }
    return distances;
  }
}
