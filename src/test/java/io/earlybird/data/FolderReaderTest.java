package io.earlybird.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import io.earlybird.data.FolderReader.OnDamage;
import io.earlybird.data.picture.DamagedPictureException;
import io.earlybird.data.picture.PictureTransform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderReaderTest {
  private static final int SIDE = 16;
  private static final int PIXELS = SIDE * SIDE * 3;
  private static final int[] ORDER = {3, 1, 9, 0, 8, 2, 7, 4, 6, 5};

  @TempDir Path root;

  @BeforeEach
  void write() throws IOException {
    PictureFiles.folder(root, 5);
  }

  private ImageFolder train() {
    return (ImageFolder) DataSource.open("imagenet", root, SIDE).load(Split.TRAIN);
  }

  private FolderReader reader(int workers, OnDamage onDamage) {
    PictureTransform transform = PictureTransform.training(SIDE, 7);
    return new FolderReader(train(), transform, 4, workers, onDamage);
  }

  /** Pictures and labels of the batches from a first one on, as text. */
  private static List<String> epoch(FolderReader reader, long epoch, int first, Set<Object> seen) {
    List<String> pictures = new ArrayList<>();
    reader.begin(epoch, ORDER, first);
    for (int b = first; b < 3; b++) {
      FolderReader.Batch batch = reader.next();
      seen.add(batch);
      byte[] bytes = batch.pixels().buffer().array();
      for (int i = 0; i < batch.size(); i++) {
        byte[] one = Arrays.copyOfRange(bytes, i * PIXELS, (i + 1) * PIXELS);
        pictures.add((int) batch.labels().get(i) + " " + Arrays.hashCode(one));
      }
      reader.release(batch);
    }
    return pictures;
  }

  private static List<String> epoch(FolderReader reader, long epoch, int first) {
    return epoch(reader, epoch, first, Collections.newSetFromMap(new IdentityHashMap<>()));
  }

  @Test
  void threadsAndTheBeginningDoNotMatterAndBuffersAreUsedAgain() {
    Set<Object> buffers = Collections.newSetFromMap(new IdentityHashMap<>());
    try (FolderReader one = reader(1, OnDamage.FAIL);
        FolderReader many = reader(5, OnDamage.FAIL)) {
      List<String> expected = epoch(one, 0, 0, buffers);
      assertThat(expected).hasSize(10).doesNotHaveDuplicates();
      assertThat(epoch(many, 0, 0)).isEqualTo(expected);
      assertThat(epoch(many, 1, 0)).isNotEqualTo(expected);
      assertThat(epoch(many, 0, 1)).isEqualTo(expected.subList(4, 10));
      for (int e = 1; e < 5; e++) {
        epoch(one, e, 0, buffers);
      }
      assertThat(buffers).hasSize(3);
    }
  }

  @Test
  void labelsFollowTheOrder() {
    try (FolderReader reader = reader(2, OnDamage.FAIL)) {
      assertThat(epoch(reader, 0, 0).stream().map(p -> p.substring(0, 1)))
          .containsExactly("0", "0", "1", "0", "1", "0", "1", "0", "1", "1");
    }
  }

  @Test
  void anEpochCanBeGivenUp() {
    try (FolderReader reader = reader(3, OnDamage.FAIL)) {
      List<String> expected = epoch(reader, 0, 0);
      reader.begin(0, ORDER, 0);
      reader.release(reader.next());
      assertThat(epoch(reader, 0, 0)).isEqualTo(expected);
    }
  }

  @Test
  void aDamagedPictureIsNamed() throws IOException {
    PictureFiles.truncate(root.resolve("train/ant/picture1.jpg"), 0.95);
    try (FolderReader reader = reader(2, OnDamage.FAIL)) {
      assertThatThrownBy(() -> epoch(reader, 0, 0))
          .isInstanceOf(DamagedPictureException.class)
          .hasMessageContaining("train/ant/picture1.jpg")
          .hasMessageContaining("truncated");
    }
  }

  @Test
  void theNextSoundPictureTakesItsPlaceInTraining() throws IOException {
    List<String> sound;
    try (FolderReader reader = reader(2, OnDamage.FAIL)) {
      sound = epoch(reader, 0, 0);
    }
    PictureFiles.truncate(root.resolve("train/ant/picture1.jpg"), 0.95);
    PictureFiles.truncate(root.resolve("train/ant/picture2.png"), 0.95);
    try (FolderReader reader = reader(2, OnDamage.REPLACE)) {
      List<String> replaced = epoch(reader, 0, 0);
      // Numbers 1 and 2 become 3, which comes first in the order.
      sound.set(1, sound.get(0));
      sound.set(5, sound.get(0));
      assertThat(replaced).isEqualTo(sound);
      assertThat(reader.damaged()).isEqualTo(2);
    }
  }

  @Test
  void inAnEvaluationItIsLeftOut() throws IOException {
    List<String> sound;
    try (FolderReader reader = reader(2, OnDamage.FAIL)) {
      sound = epoch(reader, 0, 0);
    }
    // The second and the last of the first batch.
    PictureFiles.truncate(root.resolve("train/ant/picture1.jpg"), 0.95);
    PictureFiles.truncate(root.resolve("train/ant/picture0.jpg"), 0.95);
    try (FolderReader reader = reader(2, OnDamage.LEAVE_OUT)) {
      List<String> left = epoch(reader, 0, 0);
      sound.remove(3);
      sound.remove(1);
      assertThat(left).isEqualTo(sound);
      assertThat(reader.damaged()).isEqualTo(2);
      assertThat(epoch(reader, 0, 0)).isEqualTo(sound);
      assertThat(reader.damaged()).isEqualTo(2);
    }
  }

  @Test
  void withoutAnySoundPictureItEnds() throws IOException {
    ImageFolder folder = train();
    for (int i = 0; i < folder.size(); i++) {
      Files.writeString(folder.file(i), "no picture");
    }
    try (FolderReader reader = reader(2, OnDamage.REPLACE)) {
      assertThatThrownBy(() -> epoch(reader, 0, 0))
          .isInstanceOf(EarlybirdException.class)
          .hasMessageContaining("every picture is damaged");
    }
  }

  /** The least of a few measurements: other programs may keep a thread from running. */
  @Test
  void stepsHardlyWaitWhereDecodingIsFasterThanThey() throws IOException {
    byte[] picture = PictureFiles.bytes(PictureFiles.picture(20, 20, 1), "png");
    Path many = root.resolve("many");
    for (String split : List.of("train", "val")) {
      for (String of : List.of("ant", "bee")) {
        Path folder = Files.createDirectories(many.resolve(split).resolve(of));
        for (int i = 0; i < 250; i++) {
          Files.write(folder.resolve(i + ".png"), picture);
        }
      }
    }
    ImageFolder folder = (ImageFolder) DataSource.open("imagenet", many, SIDE).load(Split.TRAIN);
    PictureTransform slow = (p, e, i, resampler, out, o) -> LockSupport.parkNanos(1_000_000);
    double least = 1;
    try (FolderReader reader = new FolderReader(folder, slow, 4, 1, OnDamage.FAIL)) {
      for (int tries = 0; tries < 3 && least > 0.02; tries++) {
        long decoding = pass(reader, folder.size(), 0)[0];
        long step = (long) (1.2 * decoding / (folder.size() / 4));
        long[] times = pass(reader, folder.size(), step);
        least = Math.min(least, (double) times[1] / times[0]);
      }
    }
    assertThat(least).as("share of the time that steps waited").isLessThanOrEqualTo(0.02);
  }

  /** Nanoseconds of an epoch whose steps take some, and those that they waited. */
  private static long[] pass(FolderReader reader, int size, long step) {
    int[] order = new int[size];
    Arrays.setAll(order, i -> i);
    long begin = System.nanoTime();
    reader.begin(0, order, 0);
    long waited = 0;
    for (int b = 0; b < size / 4; b++) {
      long from = System.nanoTime();
      FolderReader.Batch batch = reader.next();
      waited += System.nanoTime() - from;
      reader.release(batch);
      long end = System.nanoTime() + step;
      while (System.nanoTime() < end) {
        LockSupport.parkNanos(end - System.nanoTime());
      }
    }
    return new long[] {System.nanoTime() - begin, waited};
  }
}
