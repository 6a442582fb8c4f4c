package io.earlybird.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CifarSourceTest {
  private static final int RECORDS = 7;
  private static final CifarLayout TEN = CifarLayout.CIFAR10.withRecords(RECORDS);
  private static final CifarLayout HUNDRED = CifarLayout.CIFAR100.withRecords(RECORDS);

  @TempDir Path folder;

  @Test
  void bothSetsReadTheSameFromAllFourForms() throws IOException {
    for (CifarLayout layout : List.of(TEN, HUNDRED)) {
      for (CifarLayout.Form form : List.of(layout.binary(), layout.python())) {
        for (boolean packed : new boolean[] {false, true}) {
          Path place = Files.createTempDirectory(folder, "form");
          CifarFiles files = new CifarFiles(layout, place);
          if (packed) {
            files.writeArchive(form);
            place = Files.move(place, place.resolveSibling(place.getFileName() + " with blanks"));
          } else {
            files.writeFolder(form);
          }
          check(CifarSource.find(layout, place), layout);
          Path inner = place.resolve(packed ? form.archive() : form.folder());
          check(CifarSource.find(layout, inner), layout);
        }
      }
    }
  }

  private static void check(CifarSource source, CifarLayout layout) {
    for (Split split : Split.values()) {
      ImageSet set = source.load(split);
      List<CifarLayout.Part> parts = layout.binary().parts(split);
      assertThat(set.size()).isEqualTo(RECORDS * parts.size());
      assertThat(set.classes()).isEqualTo(layout.classes());
      assertThat(set.name()).isEqualTo(layout.name() + " " + split.label());
      for (int i = 0; i < set.size(); i++) {
        CifarFiles.Content content = CifarFiles.Content.of(layout, parts.get(i / RECORDS));
        assertThat(set.labels()[i]).isEqualTo(content.labels()[i % RECORDS]);
        byte[] planes = content.planes()[i % RECORDS];
        for (int row : new int[] {0, 13, 31}) {
          for (int column : new int[] {0, 7, 31}) {
            for (int c = 0; c < 3; c++) {
              assertThat(set.pixels()[((i * 32 + row) * 32 + column) * 3 + c])
                  .isEqualTo(planes[(c * 32 + row) * 32 + column]);
            }
          }
        }
      }
    }
  }

  @Test
  void filesMayLieInTheFolderItself() throws IOException {
    new CifarFiles(TEN, folder).writeFolder(TEN.binary());
    Path plain = Files.move(folder.resolve(TEN.binary().folder()), folder.resolve("plain"));
    check(CifarSource.find(TEN, plain), TEN);
  }

  @Test
  void namesOfClassesAreTheOfficialOnes() {
    assertThat(TEN.classNames())
        .hasSize(10)
        .startsWith("airplane", "automobile", "bird")
        .endsWith("truck");
    assertThat(HUNDRED.classNames())
        .hasSize(100)
        .startsWith("apple", "aquarium_fish")
        .endsWith("worm")
        .isSorted();
  }

  @Test
  void nothingThereSaysWhatToPutWhere() {
    fails(() -> DataSource.open("cifar10", folder))
        .hasMessageContaining(folder.toString())
        .hasMessageContaining("cifar-10-binary.tar.gz")
        .hasMessageContaining("cifar-10-python.tar.gz")
        .hasMessageContaining("--data");
    fails(() -> DataSource.open("cifar100", folder.resolve("nowhere")))
        .hasMessageContaining("cifar-100-binary.tar.gz");
    fails(() -> DataSource.open("cifar10", null)).hasMessageContaining("data.cifar10");
    fails(() -> DataSource.open("cifar11", folder))
        .hasMessage("unknown data set 'cifar11'; known: cifar10, cifar100, imagenet, shapes");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3072, RECORDS * 3073 - 1, RECORDS * 3073 + 1, RECORDS * 3073 + 3073})
  void wrongSizesNameTheFileAndBothSizes(int size) throws IOException {
    Path file = binaryFile("data_batch_3.bin");
    Files.write(file, Arrays.copyOf(Files.readAllBytes(file), size));
    fails(() -> CifarSource.find(TEN, folder).load(Split.TRAIN))
        .hasMessageContaining(file.toString())
        .hasMessageContaining("has " + size + " bytes, expected 21511 (7 records of 3073)");
    assertThat(CifarSource.find(TEN, folder).load(Split.TEST).size()).isEqualTo(RECORDS);
  }

  @Test
  void officialSizesAreEnforced() throws IOException {
    binaryFile("data_batch_1.bin");
    fails(() -> DataSource.open("cifar10", folder).load(Split.TRAIN))
        .hasMessageContaining("expected 30730000 (10000 records of 3073)");
  }

  @Test
  void aMissingFileIsNamed() throws IOException {
    Path file = binaryFile("data_batch_5.bin");
    Files.delete(file);
    fails(() -> CifarSource.find(TEN, folder).load(Split.TRAIN))
        .hasMessage(file + " is missing; unpack a complete cifar-10-binary.tar.gz again");
  }

  @Test
  void aLabelOutOfRangeNamesFileAndRecord() throws IOException {
    Path file = binaryFile("test_batch.bin");
    byte[] bytes = Files.readAllBytes(file);
    bytes[4 * 3073] = 10;
    Files.write(file, bytes);
    fails(() -> CifarSource.find(TEN, folder).load(Split.TEST))
        .hasMessage(file + ": record 4 has label 10; labels of CIFAR-10 are 0 to 9");
  }

  @Test
  void aLabelOutOfRangeInAPythonFileNamesFileAndRecord() throws IOException {
    new CifarFiles(HUNDRED, folder).writeFolder(HUNDRED.python());
    Path file = folder.resolve("cifar-100-python/test");
    byte[] bytes = Files.readAllBytes(file);
    int list = indexOf(bytes, new byte[] {']', 'q', 5, '('});
    bytes[list + 5] = (byte) 200;
    Files.write(file, bytes);
    fails(() -> CifarSource.find(HUNDRED, folder).load(Split.TEST))
        .hasMessage(file + ": record 0 has label 200; labels of CIFAR-100 are 0 to 99");
  }

  @Test
  void pythonFilesOfAnotherSetOrSizeAreRefused() throws IOException {
    new CifarFiles(TEN, folder).writeFolder(TEN.python());
    Path batches = folder.resolve("cifar-10-batches-py");
    Path hundred = Files.createDirectories(folder.resolve("hundred"));
    Files.copy(batches.resolve("test_batch"), hundred.resolve("test"));
    fails(() -> CifarSource.find(HUNDRED, hundred).load(Split.TEST))
        .hasMessageContaining("not a file of CIFAR-100")
        .hasMessageContaining("fine_labels");
    CifarLayout more = CifarLayout.CIFAR10.withRecords(RECORDS + 1);
    fails(() -> CifarSource.find(more, folder).load(Split.TEST))
        .hasMessageContaining("is not [8,3072] of unsigned bytes");
  }

  @Test
  void aTruncatedPythonFileIsRefusedAtEveryLength() throws IOException {
    new CifarFiles(TEN, folder).writeFolder(TEN.python());
    Path file = folder.resolve("cifar-10-batches-py/test_batch");
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length += length < 300 ? 1 : 997) {
      Files.write(file, Arrays.copyOf(whole, length));
      fails(() -> CifarSource.find(TEN, folder).load(Split.TEST))
          .hasMessageContaining(file.toString())
          .hasMessageContaining("truncated");
    }
  }

  @Test
  void damagedArchivesAreRefused() throws IOException {
    new CifarFiles(TEN, folder).writeArchive(TEN.binary());
    Path archive = folder.resolve("cifar-10-binary.tar.gz");
    byte[] whole = Files.readAllBytes(archive);
    List<Integer> lengths = new ArrayList<>(List.of(0, 5, 11, 300));
    for (int length = 1000; length < whole.length / 2; length += 9973) {
      lengths.add(length);
    }
    for (int length : lengths) {
      Files.write(archive, Arrays.copyOf(whole, length));
      fails(() -> CifarSource.find(TEN, folder).load(Split.TRAIN))
          .hasMessageContaining(archive.toString());
    }
    byte[] noise = whole.clone();
    Arrays.fill(noise, 0, 10, (byte) 7);
    Files.write(archive, noise);
    fails(() -> CifarSource.find(TEN, folder).load(Split.TRAIN))
        .hasMessageContaining("not a sound gzip file");
  }

  @Test
  void anArchiveWithoutAFileIsRefused() throws IOException {
    CifarLayout.Form form = TEN.binary();
    CifarLayout.Form partial =
        new CifarLayout.Form(form.folder(), form.archive(), form.train().subList(0, 4), List.of());
    CifarLayout layout =
        new CifarLayout("cifar10", "CIFAR-10", 10, 1, "labels", partial, TEN.python());
    new CifarFiles(layout, folder).writeArchive(partial);
    fails(() -> CifarSource.find(TEN, folder).load(Split.TRAIN))
        .hasMessageContaining("cifar-10-binary.tar.gz: cifar-10-batches-bin/data_batch_5.bin")
        .hasMessageContaining("is missing");
  }

  private Path binaryFile(String name) throws IOException {
    new CifarFiles(TEN, folder).writeFolder(TEN.binary());
    return folder.resolve(TEN.binary().folder()).resolve(name);
  }

  private static AbstractThrowableAssert<?, ? extends Throwable> fails(ThrowingCallable call) {
    return assertThatThrownBy(call)
        .isInstanceOf(EarlybirdException.class)
        .hasMessageNotContaining("\n");
  }

  private static int indexOf(byte[] bytes, byte[] wanted) {
    for (int i = 0; i + wanted.length <= bytes.length; i++) {
      if (Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
        return i;
      }
    }
    throw new AssertionError("not found");
  }
}
