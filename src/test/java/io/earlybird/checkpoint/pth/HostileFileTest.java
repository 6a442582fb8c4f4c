package io.earlybird.checkpoint.pth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files made to do harm: each is refused with one line. */
class HostileFileTest {
  private static final String STORAGE =
      "(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0000X\3\0\0\0cpuK\4tQ";
  private static final String TENSOR =
      "ctorch._utils\n_rebuild_tensor_v2\n(" + STORAGE + "%s%s%s\u0089}tR";

  @Test
  void aSmallArchiveIsRead() {
    TorchTensor tensor = (TorchTensor) read(archive(pickle("K\0", "K\4\u0085", "K\1\u0085")));
    assertThat(tensor.toHost().floats()).containsExactly(1, 2, 3, 4);
    assertThat(tensor.storage().device()).isEqualTo("cpu");
  }

  @ParameterizedTest
  @CsvSource(
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "K\u0001,K\u0004\u0085,K\u0001\u0085,reaches beyond",
        "J\u00ff\u00ff\u00ff\u00ff,K\u0004\u0085,K\u0001\u0085,reaches beyond",
        "K\u0000,K\u0004\u0085,K\u0002\u0085,reaches beyond",
        "K\u0000,K\u0004\u0085,J\u00ff\u00ff\u00ff\u00ff\u0085,reaches beyond",
        "K\u0000,K\u0004\u0085,K\u0001K\u0001\u0086,as many strides",
        "K\u0000,J\u00ff\u00ff\u00ff\u00ff\u0085,K\u0001\u0085,an extent",
        "K\u0000,J\u00ff\u00ff\u00ff\u007f\u0085,K\u0000\u0085,2 GiB",
        "K\u0000,J\u0000\u0000\u0000\u0010\u0085,K\u0000\u0085,'have 1073741824 bytes'",
        "K\u0000,K\u0004,K\u0001\u0085,no integers",
        "K\u0000,N\u0085,K\u0001\u0085,an extent",
        "N,K\u0004\u0085,K\u0001\u0085,no integers"
      })
  void tensorsThatDoNotFitTheirStorage(String at, String shape, String strides, String reason) {
    refused(archive(pickle(at, shape, strides)), reason);
  }

  @Test
  void numbersThatOverflow() {
    String big = "\u008a\u0008\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f";
    refused(archive(pickle("K\0", "K\2\u0085", big + "\u0085")), "reaches beyond");
    refused(archive(pickle(big, "K\2\u0085", "K\1\u0085")), "reaches beyond");
    refused(archive(pickle("K\0", "K\2K\2\u0086", big + big + "\u0086")), "reaches beyond");
    String wide = pickle("K\0", "K\4\u0085", "K\1\u0085").replace("cpuK\4", "cpu" + big);
    refused(archive(wide), "2 GiB");
    String huge = "\u008a\u0009" + "\u00ff".repeat(8) + "\u007f";
    refused(archive(pickle(huge, "K\2\u0085", "K\1\u0085")), "no integers");
  }

  @Test
  void storagesThatContradictThemselves() {
    String two = STORAGE + STORAGE.replace("K\4", "K\5") + "\u0086.";
    refused(archive("\u0080\2" + two), "once float32[4] and once float32[5]");
    refused(archive("\u0080\2" + STORAGE.replace("Float", "Half") + "."), "expected 8 bytes");
    refused(archive("\u0080\2K\1Q."), "no storage");
    refused(archive("\u0080\2ctorch\nFloatStorage\n)R."), "without the file's own bytes");
    refused(archive("\u0080\2ctorch\nload\n)R."), "torch.load, which is not allowed");
  }

  @Test
  void anUnpackedEntryThatIsAbsurdlyLarge() {
    Map<String, byte[]> entries = entries("\u0080\2N.");
    entries.put("a/data.pkl", new byte[10 << 20]);
    refused(zip(entries, true), "'a/data.pkl' to unpack to at most 100 times its size");
    entries = entries(pickle("K\0", "K\4\u0085", "K\1\u0085"));
    entries.put("a/data/0", new byte[20 << 20]);
    refused(zip(entries, true), "expected 16 bytes for storage 0 float32[4], found 20971520");
    assertThat(((TorchTensor) read(zip(entries(pickle("K\0", "K\4\u0085", "K\1\u0085")), true))))
        .hasToString("float32[4]");
  }

  @Test
  void sizesThatLie() {
    byte[] sound = archive(pickle("K\0", "K\4\u0085", "K\1\u0085")).bytes();
    int directory = find(sound, ZipArchive.DIRECTORY);
    for (int field : new int[] {20, 24, 42}) {
      for (int value : new int[] {1, 1 << 20, 0x7FFFFFFF, -2, -1}) {
        byte[] bytes = sound.clone();
        buffer(bytes).putInt(directory + field, value);
        refused(new Bytes(bytes), "expected");
      }
    }
    int end = find(sound, ZipArchive.END);
    for (int value : new int[] {0, 1, 2, 4, 0x7FFFFFFF, -1}) {
      byte[] bytes = sound.clone();
      buffer(bytes).putInt(end + 16, value);
      refused(new Bytes(bytes), "expected");
    }
    byte[] encrypted = sound.clone();
    encrypted[directory + 8] |= 1;
    refused(new Bytes(encrypted), "encryption");
  }

  @Test
  void twoEntriesOfOneName() {
    Map<String, byte[]> entries = entries("\u0080\2N.");
    entries.put("a/version", "3\n".getBytes(StandardCharsets.US_ASCII));
    entries.put("a/versiom", "3\n".getBytes(StandardCharsets.US_ASCII));
    byte[] bytes = zip(entries, false).bytes();
    for (int at = 0; at + 9 < bytes.length; at++) {
      if (new String(bytes, at, 9, StandardCharsets.ISO_8859_1).equals("a/versiom")) {
        bytes[at + 8] = 'n';
      }
    }
    refused(new Bytes(bytes), "'a/version' twice");
  }

  @Test
  void aDamagedByteOfAStorage() {
    byte[] bytes = archive(pickle("K\0", "K\4\u0085", "K\1\u0085")).bytes();
    int at = find(bytes, Float.floatToIntBits(3));
    bytes[at + 1] ^= 1;
    refused(new Bytes(bytes), "to have the checksum");
  }

  @Test
  void archivesOfOtherKinds() {
    refused(zip(Map.of("hello.txt", new byte[3]), false), "without an entry FOLDER/data.pkl");
    refused(zip(Map.of("a/b/data.pkl", new byte[3]), false), "without an entry FOLDER/data.pkl");
    Map<String, byte[]> entries = entries("\u0080\2N.");
    entries.put("a/constants.pkl", new byte[1]);
    refused(zip(entries, false), "TorchScript");
    entries = entries("\u0080\2N.");
    entries.put("b/data.pkl", new byte[1]);
    refused(zip(entries, false), "one entry/data.pkl");
    entries = entries("\u0080\2N.");
    entries.put("a/byteorder", "big".getBytes(StandardCharsets.US_ASCII));
    refused(zip(entries, false), "byteorder 'little', found 'big'");
    entries = entries("\u0080\2N.");
    entries.put("a/version", "99".getBytes(StandardCharsets.US_ASCII));
    refused(zip(entries, false), "a version from 1 to 10, found '99'");
    refused(archive("\u0080\2N.N"), "the pickle's end");
  }

  @Test
  void whatIsNoFile(@TempDir Path folder) {
    assertThatThrownBy(() -> PthFile.read(folder))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining("found a folder");
    assertThatThrownBy(() -> PthFile.read(folder.resolve("none")))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining("no such file");
  }

  private static String pickle(String at, String shape, String strides) {
    return "\u0080\2" + TENSOR.formatted(at, shape, strides) + ".";
  }

  /** Bytes of a file. */
  private record Bytes(byte[] bytes) {}

  private static Object read(Bytes file) {
    return PthFile.parse(file.bytes(), "f.pth").root();
  }

  private static void refused(Bytes file, String reason) {
    assertThatThrownBy(() -> read(file))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageStartingWith("f.pth")
        .hasMessageContaining(reason)
        .hasMessageNotContaining("\n");
  }

  private static Map<String, byte[]> entries(String pickle) {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("a/data.pkl", pickle.getBytes(StandardCharsets.ISO_8859_1));
    ByteBuffer data = buffer(new byte[16]);
    for (int i = 0; i < 4; i++) {
      data.putFloat(4 * i, i + 1);
    }
    entries.put("a/data/0", data.array());
    return entries;
  }

  private static Bytes archive(String pickle) {
    return zip(entries(pickle), false);
  }

  private static Bytes zip(Map<String, byte[]> entries, boolean deflated) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.setMethod(deflated ? ZipOutputStream.DEFLATED : ZipOutputStream.STORED);
      for (Map.Entry<String, byte[]> e : entries.entrySet()) {
        ZipEntry entry = new ZipEntry(e.getKey());
        CRC32 crc = new CRC32();
        crc.update(e.getValue());
        entry.setCrc(crc.getValue());
        entry.setSize(e.getValue().length);
        zip.putNextEntry(entry);
        zip.write(e.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Bytes(out.toByteArray());
  }

  private static int find(byte[] bytes, int word) {
    int at = 0;
    while (buffer(bytes).getInt(at) != word) {
      at++;
    }
    return at;
  }

  private static ByteBuffer buffer(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
