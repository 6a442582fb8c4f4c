package io.earlybird.backend.opencl;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How kernels that walk over elements are spread over a device.
 *
 * @param group work-items per group
 * @param span elements per work-item of kernels with a line of arithmetic per element
 * @param items rounds per work-item of kernels with a loop per round
 * @param width neighbouring channels per work-item of kernels that sum per channel; on GPUs of all
 *     kernels with values per channel
 * @param streamBytes operands and results of so many bytes leave the caches before they are read
 *     again, so that results may go past them
 */
record Spread(int group, int span, int items, int width, long streamBytes) {
  /** Floats of a line of the cache, and of a vector. */
  static final int LINE = 16;

  private static final int LEAST_WIDTH = 64;

  private static final Pattern TEXT =
      Pattern.compile(
          "groups of ([1-9]\\d{0,3}), ([1-9]\\d{0,6}) elements, ([1-9]\\d{0,3}) items,"
              + " ([1-9]\\d{0,3}) channels");

  /** Channels of rows that are made together. */
  private static final int WIDEST_TOGETHER = 1024;

  /** Long runs for the vector units of a processor. */
  static final Spread PROCESSOR = new Spread(1, 16384, 64, 512, 16L << 20);

  /** Neighbouring elements for the lanes of a GPU. */
  static final Spread GPU = new Spread(256, 4, 1, 1, Long.MAX_VALUE);

  static Spread of(OpenClDevice device) {
    return device.type() == OpenClDevice.Type.CPU ? PROCESSOR : GPU;
  }

  /** The spread that {@link #describe} describes; empty for anything else. */
  static Optional<Spread> parse(String text) {
    Matcher numbers = TEXT.matcher(text == null ? "" : text);
    if (!numbers.matches()) {
      return Optional.empty();
    }
    int group = Integer.parseInt(numbers.group(1));
    Spread kind = group == 1 ? PROCESSOR : GPU;
    return Optional.of(
        new Spread(
            group,
            Integer.parseInt(numbers.group(2)),
            Integer.parseInt(numbers.group(3)),
            Integer.parseInt(numbers.group(4)),
            kind.streamBytes));
  }

  /** For the run's record. */
  String describe() {
    return "groups of %d, %d elements, %d items, %d channels".formatted(group, span, items, width);
  }

  boolean isProcessor() {
    return group == 1;
  }

  /** As options of the compiler. */
  String defines() {
    return "-DEB_GROUP=" + group + " -DEB_SPAN=" + span + " -DEB_ITEMS_PER_WORKER=" + items;
  }

  /** The width of groups for a number of channels, as options of the compiler. */
  String widthDefines(int channels) {
    int taken = widthFor(channels);
    return "-DEB_WIDTH=" + taken + " -DEB_EXACT=" + (channels % taken == 0 ? 1 : 0);
  }

  /** Options of kernels that sum over rows: groups of channels, and how many at a time. */
  String sumDefines(int channels) {
    return widthDefines(channels) + " -DEB_LANES=" + lanes(channels);
  }

  /**
   * Options of kernels that write rows: a processor's work-items take whole ones.
   *
   * @param channels of a row of the result
   * @param least channels that every row has from which channels are picked, or that is spread
   */
  String rowDefines(int channels, int least) {
    if (!isProcessor()) {
      return widthDefines(channels) + " -DEB_LANES=1";
    }
    int whole = powerFrom(channels);
    return "-DEB_WIDTH="
        + whole
        + (" -DEB_EXACT=" + (channels == whole ? 1 : 0))
        + (" -DEB_LANES=" + (least >= LINE ? LINE : 1));
  }

  /** Whether rows of so many channels that a processor makes together end on a line (rows.h). */
  static boolean endsOnLines(int channels) {
    return channels % LINE == 0 || powerFrom(channels) <= WIDEST_TOGETHER;
  }

  /** Work-items beside each other in such a row. */
  int rowGroups(int channels) {
    return isProcessor() ? Math.min(1, channels) : groups(channels);
  }

  /** Groups of that width. */
  int groups(int channels) {
    int taken = widthFor(channels);
    return (channels + taken - 1) / taken;
  }

  /** A power of two: whole rows if they fit; else one that divides them, if it is large enough. */
  private int widthFor(int channels) {
    int whole = powerFrom(channels);
    if (whole <= width) {
      return whole;
    }
    int exact = Math.min(width, Integer.lowestOneBit(channels));
    return exact >= Math.min(width, LEAST_WIDTH) ? exact : width;
  }

  /** The least power of two that is at least so large. */
  static int powerFrom(int value) {
    return Integer.highestOneBit(Math.max(1, value) * 2 - 1);
  }

  Spread withGroup(int value) {
    return new Spread(value, span, items, width, streamBytes);
  }

  Spread withSpan(int value) {
    return new Spread(group, value, items, width, streamBytes);
  }

  Spread withItems(int value) {
    return new Spread(group, span, value, width, streamBytes);
  }

  Spread withWidth(int value) {
    return new Spread(group, span, items, value, streamBytes);
  }

  Spread withStreamBytes(long value) {
    return new Spread(group, span, items, width, value);
  }

  /** Random numbers that a work-item makes at a time, EB_TILE of philox_lanes.h. */
  int tile() {
    return isProcessor() ? 256 : 8;
  }

  /** Channels that a kernel sums at a time; a group that has any holds at least as many. */
  int lanes(int channels) {
    int last = channels % widthFor(channels);
    return isProcessor() && channels >= LINE && (last == 0 || last >= LINE) ? LINE : 1;
  }
}
