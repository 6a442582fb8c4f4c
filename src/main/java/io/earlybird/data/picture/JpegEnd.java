package io.earlybird.data.picture;

/**
 * Finds out whether the coded data of a JPEG file reach its end marker. The decoder fills what is
 * missing of a truncated picture with grey and only counts a warning, as it does for bytes that do
 * no harm.
 */
final class JpegEnd {
  private static final int MARKER = 0xFF;
  private static final int RESTART_0 = 0xD0;
  private static final int RESTART_7 = 0xD7;
  private static final int END = 0xD9;
  private static final int SCAN = 0xDA;
  private static final int TEMPORARY = 0x01;

  private JpegEnd() {}

  /** Whether an end marker follows the last scan. */
  static boolean isThere(byte[] bytes, int length) {
    int at = 2;
    while (at + 1 < length) {
      if ((bytes[at] & 0xFF) != MARKER || !isMarker(bytes[at + 1] & 0xFF)) {
        at++; // Coded data, or padding between segments.
        continue;
      }
      int marker = bytes[at + 1] & 0xFF;
      if (marker == END) {
        return true;
      }
      at += 2 + (hasLength(marker) ? length(bytes, at + 2, length) : 0);
    }
    return false;
  }

  /** Neither a stuffed zero nor a byte that fills up. */
  private static boolean isMarker(int code) {
    return code != 0 && code != MARKER;
  }

  private static boolean hasLength(int marker) {
    return marker != TEMPORARY && (marker < RESTART_0 || marker > RESTART_7) || marker == SCAN;
  }

  private static int length(byte[] bytes, int at, int length) {
    return at + 1 < length ? (bytes[at] & 0xFF) << 8 | bytes[at + 1] & 0xFF : 0;
  }
}
