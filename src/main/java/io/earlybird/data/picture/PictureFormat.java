package io.earlybird.data.picture;

/** The formats that are decoded. */
enum PictureFormat {
  JPEG(0xFF, 0xD8, 0xFF),
  PNG(0x89, 'P', 'N', 'G', 0x0D, 0x0A, 0x1A, 0x0A);

  private final int[] signature;

  PictureFormat(int... signature) {
    this.signature = signature;
  }

  /** What the first bytes say; null if neither. */
  static PictureFormat of(byte[] bytes, int length) {
    for (PictureFormat format : values()) {
      if (format.begins(bytes, length)) {
        return format;
      }
    }
    return null;
  }

  private boolean begins(byte[] bytes, int length) {
    if (length < signature.length) {
      return false;
    }
    for (int i = 0; i < signature.length; i++) {
      if ((bytes[i] & 0xFF) != signature[i]) {
        return false;
      }
    }
    return true;
  }
}
