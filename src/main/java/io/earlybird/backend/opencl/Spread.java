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
    int exact = width;
    while (exact > 8 && channels % exact != 0) {
      exact /= 2;
    }
    boolean divides = channels % exact == 0;
    return "-DEB_WIDTH=" + (divides ? exact : width) + " -DEB_EXACT=" + (divides ? 1 : 0);
  }

  /** Groups of that width. */
  int groups(int channels) {
    int exact = width;
    while (exact > 8 && channels % exact != 0) {
      exact /= 2;
    }
    int taken = channels % exact == 0 ? exact : width;
    return (channels + taken - 1) / taken;
  }
}
