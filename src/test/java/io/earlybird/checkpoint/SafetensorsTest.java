package io.earlybird.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
  @TempDir Path folder;

  @Test
  void everyTypeComesBackInOrder() {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    for (DType dtype : DType.values()) {
      tensors.put(
          "t." + dtype, HostTensor.ofDoubles(TensorSpec.of(dtype, 3, 1), new double[] {1, 0, 3}));
    }
    tensors.put("scalar", HostTensor.ofDoubles(TensorSpec.of(DType.F32), new double[] {2.5}));
    tensors.put("empty", HostTensor.zeros(TensorSpec.of(DType.F32, 0, 3)));
    tensors.put("name \"with\" ünïcode", HostTensor.of(new float[] {Float.NaN, -0f}, 2));
    Path file = folder.resolve("a.safetensors");
    Map<String, String> metadata = Map.of("key", "value\nwith \"quotes\"");
    Safetensors.write(file, new Safetensors.Content(tensors, metadata));
    Safetensors.Content back = Safetensors.read(file);
    assertThat(back.tensors()).isEqualTo(tensors);
    assertThat(back.tensors().keySet()).containsExactlyElementsOf(tensors.keySet());
    assertThat(back.metadata()).isEqualTo(metadata);
    assertThat(Safetensors.metadata(file)).isEqualTo(metadata);
  }

  @Test
  void dataAreAlignedToTheirElements() throws IOException {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    tensors.put("bytes", HostTensor.of(new byte[] {7}, 1));
    tensors.put("longs", HostTensor.scalar(Long.MAX_VALUE));
    Path file = folder.resolve("a");
    Safetensors.write(file, new Safetensors.Content(tensors, Map.of()));
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int dataAt = 8 + (int) bytes.getLong(0);
    assertThat(dataAt % 8).isZero();
    assertThat(bytes.getLong(dataAt)).isEqualTo(Long.MAX_VALUE);
    assertThat(bytes.get(dataAt + 8)).isEqualTo((byte) 7);
    assertThat(bytes.capacity()).isEqualTo(dataAt + 9);
  }

  @Test
  void anEmptyFileAndAHeaderAloneAreFine() throws IOException {
    Path file = folder.resolve("a");
    Safetensors.write(file, new Safetensors.Content(Map.of(), Map.of()));
    assertThat(Safetensors.read(file).tensors()).isEmpty();
    assertThat(Safetensors.read(file("{}", 0)).tensors()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]};offset;JSON header",
        "{\"a\":1};offset 8;dtype, shape, data_offsets",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"x\":1}};offset 8;no more",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}};offset 8;tensor 'a'",
        "{\"a\":{\"dtype\":\"F8\",\"shape\":[8],\"data_offsets\":[0,8]}};offset 8;found 'F8'",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}};offset 8;tensor 'a'",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}};offset 8;tensor 'a'",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}};offset 8;12 bytes",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}};offset 8;8 bytes",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[99999,99999],\"data_offsets\":[0,8]}};offset;2 GiB",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}};offset;4 bytes of"
            + " tensors",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}};offset;without gap",
        "{\"__metadata__\":{\"a\":1}};offset 8;to hold text",
        "{\"__metadata__\":[]};offset 8;to be an object",
        "{} {};offset;JSON header",
        "[];offset 8;'{'"
      })
  void badHeadersAreRefused(String header, String where, String what) {
    Path file = file(header, 8);
    assertThatThrownBy(() -> Safetensors.read(file))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageStartingWith(file + ": " + where)
        .hasMessageContaining(what)
        .hasMessageNotContaining("\n");
  }

  @Test
  void repeatedNamesAndOverlapsAreRefused() {
    String entry = "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[%d,%d]}";
    String twice = "{" + String.format(entry, 0, 4) + "," + String.format(entry, 4, 8) + "}";
    assertThatThrownBy(() -> Safetensors.read(file(twice, 8)))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining("Duplicate");
    String overlap =
        "{"
            + String.format(entry, 0, 4)
            + ","
            + String.format(entry, 0, 4).replace("\"a\"", "\"b\"")
            + "}";
    assertThatThrownBy(() -> Safetensors.read(file(overlap, 8)))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining("gap or overlap");
  }

  @Test
  void lengthsThatCannotBeAreRefused() throws IOException {
    for (long length : List.of(-1L, 0L, 1L, 1L << 24 | 1, Long.MAX_VALUE, 100L)) {
      Path file = folder.resolve("length");
      Files.write(
          file, ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array());
      assertThatThrownBy(() -> Safetensors.read(file))
          .as("" + length)
          .isInstanceOf(EarlybirdException.class)
          .hasMessageContaining("offset");
    }
    Path file = folder.resolve("short");
    Files.write(file, new byte[7]);
    assertThatThrownBy(() -> Safetensors.read(file)).hasMessageContaining("eight bytes");
    assertThatThrownBy(() -> Safetensors.read(folder.resolve("none")))
        .hasMessageContaining("no such file");
    assertThatThrownBy(() -> Safetensors.read(folder)).isInstanceOf(EarlybirdException.class);
  }

  @Test
  void everyTruncationIsRefused() throws IOException {
    Path file = folder.resolve("a");
    Safetensors.write(
        file, new Safetensors.Content(Map.of("a", HostTensor.of(new float[] {1, 2}, 2)), Map.of()));
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> Safetensors.read(file)).isInstanceOf(EarlybirdException.class);
    }
    Files.write(file, Arrays.copyOf(whole, whole.length + 1));
    assertThatThrownBy(() -> Safetensors.read(file)).hasMessageContaining("8 bytes of tensors");
  }

  private Path file(String header, int dataLength) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + text.length + dataLength).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(text.length).put(text);
    Path file = folder.resolve("bad.safetensors");
    AtomicFile.write(file, out -> out.write(bytes.array()));
    return file;
  }
}
