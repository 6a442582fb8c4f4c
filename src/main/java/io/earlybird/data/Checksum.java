package io.earlybird.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What a file must add up to.
 *
 * @param algorithm as {@link MessageDigest} calls it, such as {@code MD5}
 * @param value in lower-case hexadecimal
 */
record Checksum(String algorithm, String value) {
  private static final int BUFFER = 1 << 16;

  /** The same sum over a file. */
  String of(Path file) throws IOException, NoSuchAlgorithmException {
    MessageDigest digest = MessageDigest.getInstance(algorithm);
    byte[] buffer = new byte[BUFFER];
    try (InputStream in = Files.newInputStream(file)) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        digest.update(buffer, 0, count);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
