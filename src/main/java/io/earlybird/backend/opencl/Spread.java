package io.earlybird.backend.opencl;

/**
 * How kernels that walk over elements are spread over a device.
 *
 * @param group work-items per group
 * @param span elements per work-item of kernels with a line of arithmetic per element
 * @param items rounds per work-item of kernels with a loop per round
 * @param width neighbouring channels per work-item of kernels with values per channel
 */
record Spread(int group, int span, int items, int width) {
  private static final int LEAST_WIDTH = 8;

  /** Long runs for the vector units of a processor. */
  static final Spread PROCESSOR = new Spread(1, 16384, 64, 64);

  /** Neighbouring elements for the lanes of a GPU. */
  static final Spread GPU = new Spread(256, 4, 1, 1);

  static Spread of(OpenClDevice device) {
    return device.type() == OpenClDevice.Type.CPU ? PROCESSOR : GPU;
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

  /** Groups of that width. */
  int groups(int channels) {
    int taken = widthFor(channels);
    return (channels + taken - 1) / taken;
  }

  /** The largest width that divides a number of channels, or the full one if only tiny ones do. */
  private int widthFor(int channels) {
    int exact = width;
    while (exact > LEAST_WIDTH && channels % exact != 0) {
      exact /= 2;
    }
    return channels % exact == 0 ? exact : width;
  }
}
