package io.earlybird.data;

import java.net.URI;
import java.nio.file.Path;

/** Hears how a download goes on. Every method may be ignored. */
public interface DownloadProgress {
  /** Tells nobody. */
  DownloadProgress SILENT = new DownloadProgress() {};

  /**
   * Bytes are about to come; called again when a cut connection is taken up again.
   *
   * @param from the address
   * @param to the file
   * @param present bytes of it that are there from an earlier try
   * @param total bytes of the whole file, or -1 if the server does not tell
   */
  default void begins(URI from, Path to, long present, long total) {}

  /**
   * So much is there.
   *
   * @param present bytes, 0 up to the total
   */
  default void advances(long present) {}

  /** The file is complete and its checksum right. */
  default void ends(Path file) {}
}
