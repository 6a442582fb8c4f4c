package io.earlybird.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpyTest {
  @TempDir Path folder;

  @Test
  void writtenArraysAreReadBack() {
    Path file = folder.resolve("a.npy");
    Npy.of(new float[] {1, -0f, Float.NaN, 4, 5, 6}, 2, 3).write(file);
    Npy back = Npy.read(file);
    assertThat(back.type()).isEqualTo(NpyType.F4);
    assertThat(back.shape()).containsExactly(2, 3);
    assertThat(back.floats()).containsExactly(1, -0f, Float.NaN, 4, 5, 6);

    Npy.of(new double[] {0.1}, new int[0]).write(file);
    assertThat(Npy.read(file).shape()).isEmpty();
    assertThat(Npy.read(file).doubles()).containsExactly(0.1);

    Npy.of(new long[] {Long.MIN_VALUE, 7}, 2).write(file);
    assertThat(Npy.read(file).longs()).containsExactly(Long.MIN_VALUE, 7);

    Npy.of(new byte[] {(byte) 255, 0, 1}, 3).write(file);
    assertThat(Npy.read(file).longs()).containsExactly(255, 0, 1);

    Npy.of(new float[0], 0, 5).write(file);
    assertThat(Npy.read(file).floats()).isEmpty();
    assertThat(folder).isDirectoryNotContaining(p -> p.toString().endsWith(".tmp"));
  }

  @Test
  void dataBeginAtAMultipleOf64AsNumpyWritesThem() throws IOException {
    Path file = folder.resolve("a.npy");
    Npy.of(new float[] {1}, 1).write(file);
    byte[] bytes = Files.readAllBytes(file);
    assertThat(bytes).hasSize(128 + 4);
    assertThat(new String(bytes, 10, 118, StandardCharsets.US_ASCII))
        .startsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }")
        .endsWith(" \n");
  }

  @Test
  void everyTypeIsReadAsWhatItIs() {
    assertThat(npy("<f2", "(5,)", shorts(0x3c00, 0x8001, 0x7bff, 0xfc00, 0x0400)).floats())
        .containsExactly(1, -0x1p-24f, 65504, Float.NEGATIVE_INFINITY, 0x1p-14f);
    assertThat(npy("|i1", "(2,)", new byte[] {-1, 5}).longs()).containsExactly(-1, 5);
    assertThat(npy("|u1", "(2,)", new byte[] {-1, 5}).floats()).containsExactly(255, 5);
    assertThat(npy("|b1", "(2,)", new byte[] {1, 0}).longs()).containsExactly(1, 0);
    assertThat(npy("<i2", "(2,)", shorts(0xffff, 3)).doubles()).containsExactly(-1, 3);
    assertThat(npy("<u2", "(2,)", shorts(0xffff, 3)).longs()).containsExactly(65535, 3);
    byte[] four = bytes(4).putInt(-2).array();
    assertThat(npy("<i4", "(1,)", four).longs()).containsExactly(-2);
    assertThat(npy("<u4", "(1,)", four).longs()).containsExactly(0xfffffffeL);
    assertThat(npy("<f4", "()", bytes(4).putFloat(0.1f).array()).doubles()).containsExactly(0.1f);
  }

  @Test
  void version2IsRead() {
    byte[] header = "{'shape': (1,), 'fortran_order': False, 'descr': '<i4'}".getBytes();
    ByteBuffer file = bytes(12 + header.length + 4);
    file.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0});
    file.putInt(header.length).put(header).putInt(9);
    assertThat(Npy.parse(file.array(), "x").longs()).containsExactly(9);
  }

  @Test
  void valuesThatWouldLoseBitsAreRefused() {
    assertThatThrownBy(() -> Npy.of(new double[] {1}, 1).floats())
        .hasMessageContaining("found <f8");
    assertThatThrownBy(() -> Npy.of(new long[] {1}, 1).doubles()).hasMessageContaining("<i8");
    assertThatThrownBy(() -> Npy.of(new float[] {1}, 1).longs()).hasMessageContaining("integers");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{'descr': '>f4', 'fortran_order': False, 'shape': (1,)};offset 20;big-endian",
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,)};offset 20;objects are never read",
        "{'descr': '<c8', 'fortran_order': False, 'shape': (1,)};offset 20;'<c8'",
        "{'descr': '<f4', 'fortran_order': True, 'shape': (1,)};offset;C order",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)};offset;expected 8 bytes of data",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (0,)};offset;expected 0 bytes of data",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (65536, 65536)};offset;less than 2 GiB",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,)};offset;at most 2147",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)};offset;expected a size",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1)};offset;a tuple",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 1};offset;expected '('",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)};offset;True or False",
        "{'descr': '<f4', 'shape': (1,)};offset;without one of them",
        "{'descr': '<f4', 'descr': '<f4', 'shape': (1,)};offset 27;one each",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1};offset;one each",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} + 1;offset;end of the header",
        "[1];offset 10;expected '{'"
      })
  void badHeadersAreRefusedWithOffsetAndExpectation(String header, String where, String what) {
    assertThatThrownBy(() -> parse(header, new byte[4]))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageStartingWith("bad.npy: ")
        .hasMessageContaining(where)
        .hasMessageContaining(what)
        .hasMessageNotContaining("\n");
  }

  @Test
  void otherDamageIsRefused() {
    byte[] good = file("{'descr': '|b1', 'fortran_order': False, 'shape': (2,)}", new byte[2]);
    for (int length = 0; length < good.length; length++) {
      byte[] cut = Arrays.copyOf(good, length);
      assertThatThrownBy(() -> Npy.parse(cut, "cut")).isInstanceOf(EarlybirdException.class);
    }
    byte[] longer = Arrays.copyOf(good, good.length + 1);
    assertThatThrownBy(() -> Npy.parse(longer, "long")).hasMessageContaining("expected 2 bytes");
    byte[] two = good.clone();
    two[good.length - 1] = 2;
    assertThatThrownBy(() -> Npy.parse(two, "two")).hasMessageContaining("boolean 0 or 1, found 2");
    byte[] version = good.clone();
    version[6] = 3;
    assertThatThrownBy(() -> Npy.parse(version, "v")).hasMessageContaining("version 1.0 or 2.0");
    byte[] magic = good.clone();
    magic[0] = 'x';
    assertThatThrownBy(() -> Npy.parse(magic, "m")).hasMessageContaining("offset 0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"missing.npy", "."})
  void aFileThatCannotBeReadIsNamed(String name) {
    assertThatThrownBy(() -> Npy.read(folder.resolve(name)))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining(folder.resolve(name).toString());
  }

  private static Npy npy(String descr, String shape, byte[] data) {
    String header = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }";
    return parse(header, data);
  }

  private static Npy parse(String header, byte[] data) {
    return Npy.parse(file(header, data), "bad.npy");
  }

  private static byte[] file(String header, byte[] data) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
    out.writeBytes(new byte[] {(byte) header.length(), (byte) (header.length() >> 8)});
    out.writeBytes(header.getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(data);
    return out.toByteArray();
  }

  private static byte[] shorts(int... values) {
    ByteBuffer buffer = bytes(2 * values.length);
    for (int value : values) {
      buffer.putShort((short) value);
    }
    return buffer.array();
  }

  private static ByteBuffer bytes(int count) {
    return ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
  }
}
