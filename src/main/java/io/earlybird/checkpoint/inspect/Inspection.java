package io.earlybird.checkpoint.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.Checkpoint;
import io.earlybird.checkpoint.CheckpointInfo;
import io.earlybird.checkpoint.Npy;
import io.earlybird.checkpoint.Safetensors;
import io.earlybird.checkpoint.pth.OriginalCheckpoint;
import io.earlybird.checkpoint.pth.PthFile;
import io.earlybird.tensor.HostTensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * What a file holds: PyTorch's in both layouts, our own checkpoints, any safetensors file, NumPy's
 * arrays. The kind is told from the content, not from the name.
 */
public final class Inspection {
  static final ObjectMapper JSON = new ObjectMapper();

  private static final String OWN_FORMAT = "earlybird checkpoint";

  private Inspection() {}

  /**
   * Describes a file as {@code {file, format, bytes, sha256, …, tensors: [{key, type, shape,
   * crc32}]}}. PyTorch's files have {@code layout}, {@code keys}, {@code values: [{key, type,
   * value}]}; checkpoints have {@code epoch}, {@code best}, {@code cfg} and {@code network} as far
   * as they are known. {@code crc32} is that of the little-endian bytes in row-major order.
   *
   * @throws EarlybirdException if the file is missing, damaged or none of these
   */
  public static ObjectNode of(Path file) {
    ObjectNode out = JSON.createObjectNode();
    out.put("file", file.toString());
    byte[] start = start(file, out);
    if (start.length >= 6 && start[0] == (byte) 0x93 && start[1] == 'N') {
      npy(file, out);
    } else if (start.length > 8 && start[8] == '{') {
      safetensors(file, out);
    } else {
      pth(file, out);
    }
    return out;
  }

  /** Notes size and digest; returns the first bytes. */
  private static byte[] start(Path file, ObjectNode out) {
    if (Files.isDirectory(file)) {
      throw new EarlybirdException(file + ": expected a file, found a folder");
    }
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] start = in.readNBytes(16);
      digest.update(start);
      long size = start.length;
      byte[] chunk = new byte[1 << 16];
      for (int count; (count = in.read(chunk)) > 0; size += count) {
        digest.update(chunk, 0, count);
      }
      out.put("format", "");
      out.put("bytes", size);
      out.put("sha256", HexFormat.of().formatHex(digest.digest()));
      return start;
    } catch (NoSuchFileException e) {
      throw new EarlybirdException(file + ": no such file", e);
    } catch (IOException e) {
      throw new EarlybirdException(file + ": cannot be read: " + e.getMessage(), e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void npy(Path file, ObjectNode out) {
    Npy array = Npy.read(file);
    out.put("format", "npy");
    tensor(
        out.putArray("tensors"),
        "",
        array.type().descr(),
        array.shape(),
        ByteBuffer.wrap(array.bytes()));
  }

  private static void safetensors(Path file, ObjectNode out) {
    Map<String, String> metadata = Safetensors.metadata(file);
    Map<String, HostTensor> tensors;
    if (OWN_FORMAT.equals(metadata.get("format"))) {
      Checkpoint checkpoint = Checkpoint.read(file);
      CheckpointInfo info = checkpoint.info();
      out.put("format", OWN_FORMAT);
      out.put("command", info.command());
      out.put("epoch", info.epoch());
      out.put("step", info.step());
      if (!Double.isNaN(info.best())) {
        out.put("best", info.best());
      }
      JsonNode cfg = info.network().path("cfg");
      if (!cfg.isMissingNode()) {
        out.set("cfg", cfg);
      }
      out.set("network", info.network());
      out.set("configuration", info.configuration());
      out.put("version", info.productVersion());
      tensors = checkpoint.tensors();
      out.put("weights_sha256", Checkpoint.weightsSha256(tensors));
    } else {
      out.put("format", "safetensors");
      tensors = Safetensors.read(file).tensors();
      ObjectNode texts = out.putObject("metadata");
      metadata.forEach(texts::put);
    }
    ArrayNode list = out.putArray("tensors");
    tensors.forEach((key, t) -> tensor(list, key, t.dtype().name(), t.shape().dims(), t.buffer()));
  }

  private static void pth(Path file, ObjectNode out) {
    PthFile content = PthFile.read(file);
    out.put("format", "pytorch");
    out.put("layout", content.layout().name().toLowerCase(Locale.ROOT));
    PthContents contents = new PthContents(content.root());
    out.set("keys", contents.keys());
    if (contents.isCheckpoint()) {
      checkpoint(content, out);
    }
    out.set("values", contents.values());
    out.set("tensors", contents.tensors());
  }

  private static void checkpoint(PthFile content, ObjectNode out) {
    try {
      OriginalCheckpoint checkpoint = OriginalCheckpoint.of(content);
      checkpoint.epoch().ifPresent(epoch -> out.put("epoch", epoch));
      checkpoint.best().ifPresent(best -> out.put("best", best));
      checkpoint.learningRate().ifPresent(rate -> out.put("learning_rate", rate));
      out.put("low_precision", checkpoint.isLowPrecision());
      checkpoint
          .cfg()
          .or(() -> checkpoint.network().map(network -> network.widths()))
          .ifPresent(cfg -> out.set("cfg", JSON.valueToTree(cfg)));
      checkpoint.network().ifPresent(network -> out.set("network", JSON.valueToTree(network)));
      out.put("weights_sha256", Checkpoint.weightsSha256(checkpoint.state()));
    } catch (EarlybirdException e) {
      out.put("problem", e.getMessage());
    }
  }

  /** Adds a tensor's line. */
  static void tensor(ArrayNode list, String key, String type, int[] shape, ByteBuffer data) {
    CRC32 crc = new CRC32();
    crc.update(data);
    ObjectNode tensor = list.addObject();
    tensor.put("key", key);
    tensor.put("type", type);
    tensor.set("shape", JSON.valueToTree(Arrays.stream(shape).boxed().toList()));
    tensor.put("crc32", "%08x".formatted(crc.getValue()));
  }
}
