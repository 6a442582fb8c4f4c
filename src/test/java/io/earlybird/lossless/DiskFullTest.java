package io.earlybird.lossless;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run on a disk that is full at every write in turn: each time one clear line, nothing lost and
 * nothing half-written; with a little more room it goes on, and ends with the bits of a run that
 * had room from the beginning.
 */
class DiskFullTest {
  private static final String RUN =
      Child.RUN
          .replace("--epochs 6 --schedule 4", "--epochs 3 --schedule 2")
          .replace("--ratios 0.3,0.5,0.7 --queue 4", "--ratios 0.5 --queue 2");

  private static final int ROOM = 100_000;
  private static final int MOST_STARTS = 100;

  @TempDir private Path temp;

  @Test
  void withTooFewFilesAndThenMoreItEndsWithTheSameBits() throws Exception {
    // The first inode is the disk's own folder.
    growing(new int[] {ROOM, 2}, limits -> limits[1]++);
  }

  @Test
  void withTooLittleRoomAndThenMoreItEndsWithTheSameBits() throws Exception {
    SplittableRandom random = new SplittableRandom(7);
    growing(new int[] {4, ROOM}, limits -> limits[0] += 4 * random.nextInt(1, 6));
  }

  private interface Growth {
    void grow(int[] limits);
  }

  private void growing(int[] limits, Growth growth) throws Exception {
    assumeTrue(TinyDisk.isPossible(), "no disk can be mounted here");
    Path expected = temp.resolve("whole");
    Path cache = temp.resolve("cache");
    assertThat(Child.start(cache, Child.runOrResume(RUN, expected)).exitCode()).isZero();
    Path place = Files.createDirectory(temp.resolve("disk"));
    int failures = 0;
    try (TinyDisk disk = new TinyDisk(place)) {
      Path run = place.resolve("run");
      boolean done = false;
      while (!done) {
        disk.resize(limits[0], limits[1]);
        TinyDisk.Answer answer = disk.run(command(disk, run, cache));
        done = answer.status() == 0;
        if (!done) {
          requireClear(answer);
          assertThat(disk.run("find " + place + " -name '*.tmp'").lines()).isEmpty();
          requireWhole(disk, run);
          assertThat(++failures).isLessThan(MOST_STARTS);
          growth.grow(limits);
        }
      }
      Path copy = copy(disk, run);
      RunFiles.requireSame(copy, expected);
    }
    assertThat(failures).isGreaterThan(10);
  }

  /** The disk is not seen from here, so the shell in there looks whether the run has begun. */
  private static String command(TinyDisk disk, Path run, Path cache) throws Exception {
    boolean begun = disk.run("test -e " + run.resolve("config.json")).status() == 0;
    List<String> words = new ArrayList<>(Child.javaCommand());
    words.addAll(begun ? List.of("run", "--resume") : List.of((RUN + " --save").split(" ")));
    words.add(run.toString());
    return "XDG_CACHE_HOME="
        + cache
        + " "
        + words.stream().map(TinyDisk::quoted).collect(Collectors.joining(" "))
        + " 2>&1 >/dev/null";
  }

  private static void requireClear(TinyDisk.Answer answer) {
    assertThat(answer.status()).as("%s", answer.lines()).isEqualTo(1);
    assertThat(answer.lines()).hasSize(1);
    assertThat(answer.lines().get(0)).startsWith("earlybird: ").contains("No space left on device");
  }

  private void requireWhole(TinyDisk disk, Path run) throws Exception {
    if (disk.run("test -d " + run).status() == 0) {
      RunFiles.requireWhole(copy(disk, run));
    }
  }

  private Path copy(TinyDisk disk, Path run) throws Exception {
    Path copy = temp.resolve("copy");
    assertThat(disk.run("rm -rf " + copy + " && cp -r " + run + " " + copy).lines()).isEmpty();
    return copy;
  }
}
