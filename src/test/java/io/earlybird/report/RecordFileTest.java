package io.earlybird.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecordFileTest {
  @TempDir Path folder;

  @Test
  void rowsStandAsInTheOriginal() {
    Locale locale = Locale.getDefault();
    try {
      Locale.setDefault(Locale.GERMANY);
      Path file = folder.resolve("record.txt");
      RecordFile record = RecordFile.create(file, 3);
      record.add(2.302272, 8.33, 8.33);
      record.add(Double.NaN, 100, Double.NEGATIVE_INFINITY);
      assertThat(file)
          .hasContent("   2.30227,   8.33000,   8.33000\n       nan, 100.00000,      -inf\n");
      assertThat(RecordFile.read(file, 3).get(1))
          .containsExactly(Double.NaN, 100, Double.NEGATIVE_INFINITY);
    } finally {
      Locale.setDefault(locale);
    }
  }

  @Test
  void resumingKeepsTheRowsOfCompletedEpochs() {
    Path file = folder.resolve("record.txt");
    RecordFile record = RecordFile.create(file, 4);
    for (int epoch = 0; epoch < 3; epoch++) {
      record.add(epoch, 1, 2, 3);
    }
    RecordFile resumed = RecordFile.resume(file, 4, 2);
    assertThat(resumed.rows()).hasSize(2);
    resumed.add(9, 1, 2, 3);
    assertThat(RecordFile.read(file, 4)).hasSize(3);
    assertThat(RecordFile.read(file, 4).get(2)).containsExactly(9, 1, 2, 3);
    assertThatThrownBy(() -> RecordFile.resume(file, 4, 4))
        .isInstanceOf(EarlybirdException.class)
        .hasMessage(file + ": expected rows of 4 epochs, found 3");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1,2", "1,2,3,4", "1,2,x", "", "1;2;3"})
  void rowsOfAnythingElseAreRefused(String row) throws IOException {
    Path file = folder.resolve("record.txt");
    Files.writeString(file, "1,2,3\n" + row + "\n");
    assertThatThrownBy(() -> RecordFile.read(file, 3))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageStartingWith(file + ": line 2: expected 3 numbers");
  }

  @Test
  void missingAndBinaryFilesAreNamed() throws IOException {
    Path file = folder.resolve("record.txt");
    assertThatThrownBy(() -> RecordFile.read(file, 3))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining(file.toString());
    Files.write(file, new byte[] {(byte) 0xff, 1});
    assertThatThrownBy(() -> RecordFile.read(file, 3)).hasMessageContaining("found no text");
    assertThatThrownBy(() -> RecordFile.create(file, 3).add(1, 2))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
