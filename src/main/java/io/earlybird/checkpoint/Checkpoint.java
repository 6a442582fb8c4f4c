package io.earlybird.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.EarlybirdException;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A complete checkpoint: every tensor of a run's state and everything else that continuing bit for
 * bit needs. Stored as one safetensors file, whose metadata hold {@link CheckpointInfo} as JSON and
 * a SHA-256 over the whole file, so that damage anywhere is noticed.
 *
 * @param tensors weights, momenta, running statistics and queues by name, in order
 * @param info everything else
 */
public record Checkpoint(Map<String, HostTensor> tensors, CheckpointInfo info) {
  /** The version of the format; files of other versions are refused. */
  public static final int FORMAT_VERSION = 1;

  private static final String FORMAT = "earlybird checkpoint";
  private static final String NO_DIGEST = "0".repeat(64);

  /** Copies the map and keeps its order. */
  public Checkpoint {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  /**
   * Creates or replaces a file atomically.
   *
   * @throws EarlybirdException if it cannot be written; an old file stays as it was
   */
  public void write(Path file) {
    Safetensors.Content content = new Safetensors.Content(tensors, metadata());
    List<String> places = Safetensors.places(tensors);
    byte[] header = SafetensorsHeader.format(content, places);
    MessageDigest digest = sha256();
    OutputStream hash = new DigestStream(digest);
    try {
      Safetensors.write(hash, header, content, places);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    byte[] hex = hex(digest).getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(hex, 0, header, indexOf(header, digestField(NO_DIGEST)), hex.length);
    AtomicFile.write(file, out -> Safetensors.write(out, header, content, places));
  }

  /**
   * Reads a file and checks that it is whole.
   *
   * @throws EarlybirdException if it is missing, truncated, damaged, no checkpoint or one of
   *     another format version
   */
  public static Checkpoint read(Path file) {
    return Safetensors.with(
        file,
        channel -> {
          SafetensorsHeader header = SafetensorsHeader.read(channel, file);
          CheckpointInfo info = checkedInfo(channel, header, file);
          return new Checkpoint(Safetensors.read(channel, header, file).tensors(), info);
        });
  }

  /**
   * Reads what a file says about itself, and checks that it is whole.
   *
   * @throws EarlybirdException as {@link #read}
   */
  public static CheckpointInfo readInfo(Path file) {
    return Safetensors.with(
        file, channel -> checkedInfo(channel, SafetensorsHeader.read(channel, file), file));
  }

  /**
   * Checks that the checkpoint is one of a given network.
   *
   * @param network description of the network in use
   * @param file named in the error
   * @throws EarlybirdException that lists each difference as {@code name: expected … found …}
   */
  public void requireNetwork(JsonNode network, Path file) {
    List<String> differences = JsonDifferences.list(network, info.network());
    if (!differences.isEmpty()) {
      throw new EarlybirdException(
          file
              + ": a checkpoint of another network (expected -> found): "
              + String.join(", ", differences));
    }
  }

  /**
   * Checks that every wanted tensor is there with the wanted type and shape.
   *
   * @param wanted by name
   * @param file named in the error
   * @throws EarlybirdException that names the first tensor that is missing or different
   */
  public void requireTensors(Map<String, TensorSpec> wanted, Path file) {
    wanted.forEach(
        (name, spec) -> {
          HostTensor tensor = tensors.get(name);
          if (tensor == null || !tensor.spec().equals(spec)) {
            throw new EarlybirdException(
                String.format(
                    "%s: tensor %s: expected %s, found %s",
                    file, name, spec, tensor == null ? "none" : tensor.spec()));
          }
        });
  }

  /**
   * SHA-256 over tensors: for each name in ascending order its UTF-8 bytes, then the raw
   * little-endian data.
   */
  public static String weightsSha256(Map<String, HostTensor> tensors) {
    MessageDigest digest = sha256();
    new TreeMap<>(tensors)
        .forEach(
            (name, tensor) -> {
              digest.update(name.getBytes(StandardCharsets.UTF_8));
              digest.update(tensor.buffer());
            });
    return hex(digest);
  }

  private Map<String, String> metadata() {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("format", FORMAT);
    metadata.put("format_version", Integer.toString(FORMAT_VERSION));
    metadata.put("sha256", NO_DIGEST);
    metadata.put("info", info.toJson());
    return metadata;
  }

  private static CheckpointInfo checkedInfo(
      FileChannel channel, SafetensorsHeader header, Path file) throws IOException {
    Map<String, String> metadata = header.metadata();
    if (!FORMAT.equals(metadata.get("format"))) {
      throw new EarlybirdException(
          file + ": expected an earlybird checkpoint, found another safetensors file");
    }
    String version = metadata.get("format_version");
    if (!Integer.toString(FORMAT_VERSION).equals(version)) {
      throw new EarlybirdException(
          String.format(
              "%s: expected checkpoint format version %d, found %s",
              file, FORMAT_VERSION, version));
    }
    checkDigest(channel, header, file);
    return CheckpointInfo.fromJson(metadata.get("info"), file);
  }

  private static void checkDigest(FileChannel channel, SafetensorsHeader header, Path file)
      throws IOException {
    String recorded = header.metadata().getOrDefault("sha256", "");
    byte[] bytes = SafetensorsHeader.bytes(channel, file);
    int at = recorded.length() == 64 ? indexOf(bytes, digestField(recorded)) : -1;
    MessageDigest digest = sha256();
    if (at >= 0) {
      ByteBuffer length = ByteBuffer.allocate(8);
      Safetensors.readFully(channel, length, 0, file);
      digest.update(length.array());
      System.arraycopy(NO_DIGEST.getBytes(StandardCharsets.US_ASCII), 0, bytes, at, 64);
      digest.update(bytes);
      ByteBuffer chunk = ByteBuffer.allocate(1 << 20);
      for (long from = header.dataAt(); channel.read(chunk.clear(), from) > 0; ) {
        from += chunk.position();
        digest.update(chunk.flip());
      }
    }
    if (at < 0 || !hex(digest).equals(recorded)) {
      throw new EarlybirdException(
          file + ": damaged: its contents don't match the SHA-256 it was written with");
    }
  }

  private static String digestField(String digest) {
    return "\"sha256\":\"" + digest;
  }

  /** Where the value begins of a field that ends with its 64 digits; -1 if it is not there. */
  private static int indexOf(byte[] header, String field) {
    int at = new String(header, StandardCharsets.ISO_8859_1).indexOf(field);
    return at < 0 ? -1 : at + field.length() - 64;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Hands what is written to a digest. */
  private static final class DigestStream extends OutputStream {
    private final MessageDigest digest;

    DigestStream(MessageDigest digest) {
      this.digest = digest;
    }

    @Override
    public void write(int b) {
      digest.update((byte) b);
    }

    @Override
    public void write(byte[] bytes, int from, int count) {
      digest.update(bytes, from, count);
    }
  }
}
