package io.earlybird.checkpoint;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.EarlybirdException;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The JSON header of a safetensors file.
 *
 * @param entries the tensors in the header's order
 * @param metadata free text by key
 * @param dataAt offset of the first tensor byte in the file
 */
record SafetensorsHeader(List<Entry> entries, Map<String, String> metadata, long dataAt) {
  /** The largest header that is read; a hundred times what the deepest network here needs. */
  static final long MAX_LENGTH = 1 << 24;

  private static final String METADATA = "__metadata__";
  private static final int MAX_DIMENSIONS = 32;

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /**
   * One tensor.
   *
   * @param begin offset of its first byte, counted from the first tensor byte
   * @param end offset after its last byte
   */
  record Entry(String name, TensorSpec spec, long begin, long end) {}

  /** The header's bytes, padded with blanks to a multiple of eight. */
  static byte[] format(Safetensors.Content content, List<String> places) {
    Map<String, Long> begins = new HashMap<>();
    long at = 0;
    for (String name : places) {
      begins.put(name, at);
      at += content.tensors().get(name).buffer().capacity();
    }
    ObjectNode root = JSON.createObjectNode();
    if (!content.metadata().isEmpty()) {
      ObjectNode metadata = root.putObject(METADATA);
      content.metadata().forEach(metadata::put);
    }
    content.tensors().forEach((name, tensor) -> put(root, name, tensor, begins.get(name)));
    try {
      byte[] text = JSON.writeValueAsBytes(root);
      byte[] padded = Arrays.copyOf(text, (text.length + 7) / 8 * 8);
      Arrays.fill(padded, text.length, padded.length, (byte) ' ');
      return padded;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void put(ObjectNode root, String name, HostTensor tensor, long begin) {
    if (name.equals(METADATA)) {
      throw new IllegalArgumentException("a tensor cannot be called " + name);
    }
    ObjectNode entry = root.putObject(name);
    entry.put("dtype", tensor.dtype().name());
    ArrayNode shape = entry.putArray("shape");
    for (int d : tensor.shape().dims()) {
      shape.add(d);
    }
    entry.putArray("data_offsets").add(begin).add(begin + tensor.buffer().capacity());
  }

  /** The header's bytes as they stand in the file, with its length checked. */
  static byte[] bytes(FileChannel channel, Path file) throws IOException {
    long size = channel.size();
    if (size < 8) {
      throw error(file, 0, "eight bytes with the header's length", "a file of " + size);
    }
    ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    Safetensors.readFully(channel, length, 0, file);
    long count = length.getLong(0);
    if (count < 2 || count > MAX_LENGTH) {
      throw error(
          file,
          0,
          "a header of 2 to " + MAX_LENGTH + " bytes (is this a safetensors file?)",
          Long.toUnsignedString(count));
    }
    if (count > size - 8) {
      throw error(file, 8, "a header of " + count + " bytes", "the file's end at " + size);
    }
    ByteBuffer header = ByteBuffer.allocate((int) count);
    Safetensors.readFully(channel, header, 8, file);
    if (header.get(0) != '{') {
      throw error(file, 8, "'{'", "byte " + (header.get(0) & 0xff));
    }
    return header.array();
  }

  /** Reads and checks the header against the file's length. */
  static SafetensorsHeader read(FileChannel channel, Path file) throws IOException {
    byte[] bytes = bytes(channel, file);
    SafetensorsHeader header = parse(bytes, file);
    header.checkPlaces(channel.size() - header.dataAt, file);
    return header;
  }

  private static SafetensorsHeader parse(byte[] bytes, Path file) throws IOException {
    JsonNode root;
    try {
      root = JSON.readTree(bytes);
    } catch (JsonProcessingException e) {
      long at = 8 + Math.max(0, e.getLocation().getByteOffset());
      throw error(file, at, "a JSON header", e.getOriginalMessage().replaceAll("\\s+", " "));
    }
    List<Entry> entries = new ArrayList<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : root.properties()) {
      if (field.getKey().equals(METADATA)) {
        metadata.putAll(metadata(field.getValue(), file));
      } else {
        entries.add(entry(field.getKey(), field.getValue(), file));
      }
    }
    return new SafetensorsHeader(entries, metadata, 8L + bytes.length);
  }

  private static Map<String, String> metadata(JsonNode node, Path file) {
    Map<String, String> metadata = new LinkedHashMap<>();
    if (!node.isObject()) {
      throw error(file, 8, METADATA + " to be an object", node.getNodeType().name());
    }
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!field.getValue().isTextual()) {
        throw error(file, 8, METADATA + " to hold text for " + field.getKey(), "something else");
      }
      metadata.put(field.getKey(), field.getValue().asText());
    }
    return metadata;
  }

  private static Entry entry(String name, JsonNode node, Path file) {
    String tensor = "tensor '" + name + "'";
    JsonNode shape = node.path("shape");
    JsonNode offsets = node.path("data_offsets");
    if (node.size() != 3
        || !node.path("dtype").isTextual()
        || !integers(shape)
        || !integers(offsets)
        || offsets.size() != 2) {
      throw error(file, 8, tensor + " to have dtype, shape, data_offsets and no more", "another");
    }
    DType dtype = dtype(node.get("dtype").asText(), tensor, file);
    if (shape.size() > MAX_DIMENSIONS) {
      throw error(file, 8, tensor + " to have at most " + MAX_DIMENSIONS + " dimensions", "more");
    }
    int[] dims = new int[shape.size()];
    long bytes = dtype.bytes();
    for (int i = 0; i < dims.length; i++) {
      long dim = shape.get(i).asLong();
      if (dim > Integer.MAX_VALUE || (bytes *= dim) > Integer.MAX_VALUE) {
        throw error(file, 8, tensor + " to be smaller than 2 GiB", "shape " + shape);
      }
      dims[i] = (int) dim;
    }
    long begin = offsets.get(0).asLong();
    long end = offsets.get(1).asLong();
    if (end - begin != bytes) {
      throw error(
          file, 8, tensor + " to take " + bytes + " bytes for " + dtype + shape, end - begin + "");
    }
    return new Entry(name, new TensorSpec(Shape.of(dims), dtype), begin, end);
  }

  private static DType dtype(String name, String tensor, Path file) {
    for (DType dtype : DType.values()) {
      if (dtype.name().equals(name)) {
        return dtype;
      }
    }
    throw error(
        file,
        8,
        tensor + " to be of a type among " + Arrays.toString(DType.values()),
        "'" + name + "'");
  }

  private static boolean integers(JsonNode array) {
    if (!array.isArray()) {
      return false;
    }
    for (JsonNode number : array) {
      if (!number.isIntegralNumber() || !number.canConvertToLong() || number.asLong() < 0) {
        return false;
      }
    }
    return true;
  }

  /** No gap, no overlap, and nothing after the last tensor. */
  private void checkPlaces(long dataLength, Path file) {
    List<Entry> sorted = new ArrayList<>(entries);
    sorted.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    long at = 0;
    for (Entry entry : sorted) {
      if (entry.begin() != at) {
        throw error(
            file,
            dataAt + at,
            "tensor '" + entry.name() + "' to begin here, without gap or overlap",
            "offset " + (dataAt + entry.begin()));
      }
      at = entry.end();
    }
    if (at != dataLength) {
      throw error(file, dataAt, at + " bytes of tensors", dataLength + "");
    }
  }

  private static EarlybirdException error(Path file, long at, String expected, String found) {
    return new EarlybirdException(
        file + ": offset " + at + ": expected " + expected + ", found " + found);
  }
}
