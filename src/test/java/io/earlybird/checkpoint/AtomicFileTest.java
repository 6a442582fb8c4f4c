package io.earlybird.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.earlybird.EarlybirdException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir Path folder;

  @Test
  void createsAndReplaces() throws IOException {
    Path file = folder.resolve("f");
    AtomicFile.write(file, out -> out.write(1));
    AtomicFile.write(file, out -> out.write(new byte[] {2, 3}));
    assertThat(Files.readAllBytes(file)).containsExactly(2, 3);
    assertThat(folder).isDirectoryContaining(file::equals).isDirectoryNotContaining("glob:.*");
  }

  @Test
  void aFailureKeepsTheOldFileAndLeavesNothingElse() throws IOException {
    Path file = folder.resolve("f");
    AtomicFile.write(file, out -> out.write(1));
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    file,
                    out -> {
                      out.write(new byte[1 << 20]);
                      throw new IOException("No space left on device");
                    }))
        .isInstanceOf(EarlybirdException.class)
        .hasMessage(file + ": cannot be written: No space left on device");
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    file,
                    out -> {
                      throw new IllegalStateException("bug");
                    }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(Files.readAllBytes(file)).containsExactly(1);
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void aFullDiskIsAClearError() {
    Path full = Path.of("/dev/full");
    assumeThat(Files.exists(full)).isTrue();
    Path link = folder.resolve("f");
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    link,
                    out -> {
                      try (var device = Files.newOutputStream(full)) {
                        device.write(1);
                      }
                    }))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining("No space left on device");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void foldersThatAreMissingOrInTheWayAreNamed() throws IOException {
    Path missing = folder.resolve("no/f");
    assertThatThrownBy(() -> AtomicFile.write(missing, out -> {}))
        .hasMessage(
            missing + ": cannot be written: the folder " + missing.getParent() + " does not exist");
    assertThatThrownBy(() -> AtomicFile.write(folder, out -> {})).hasMessageContaining("a folder");
    Path file = Files.createFile(folder.resolve("plain"));
    assertThatThrownBy(() -> AtomicFile.write(file.resolve("f"), out -> {}))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining("cannot be written");
  }

  @Test
  void aReadOnlyFolderIsNamed() throws IOException {
    Path locked = Files.createDirectory(folder.resolve("locked"));
    Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("r-xr-xr-x"));
    assumeThat(Files.isWritable(locked)).as("the user is root").isFalse();
    assertThatThrownBy(() -> AtomicFile.write(locked.resolve("f"), out -> {}))
        .hasMessageContaining("no permission to write in " + locked);
  }

  @Test
  void aFolderOfTheSystemThatTakesNoFilesIsAClearError() {
    Path system = Path.of("/sys");
    assumeThat(Files.isDirectory(system)).isTrue();
    assertThatThrownBy(() -> AtomicFile.write(system.resolve("earlybird"), out -> {}))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageStartingWith("/sys/earlybird: cannot be written: ")
        .hasMessageNotContaining(".tmp");
  }
}
