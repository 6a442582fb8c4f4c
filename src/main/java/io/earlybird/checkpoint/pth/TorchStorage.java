package io.earlybird.checkpoint.pth;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A flat piece of memory that tensors look into, or a part of another one. Its bytes come after the
 * pickle that names it.
 */
public final class TorchStorage {
  private final String key;
  private final TorchType type;
  private final long size;
  private final String device;
  private final TorchStorage root;
  private final long start;
  private byte[] data;

  private TorchStorage(
      String key, TorchType type, long size, String device, TorchStorage root, long start) {
    this.key = key;
    this.type = type;
    this.size = size;
    this.device = device;
    this.root = root;
    this.start = start;
  }

  /** A storage of {@code size} elements. */
  static TorchStorage of(String key, TorchType type, long size, String device) {
    return new TorchStorage(key, type, size, device, null, 0);
  }

  /** The part of a storage of {@code size} elements from element {@code start} on. */
  TorchStorage view(String viewKey, long from, long count) {
    if (from < 0 || count < 0 || from > size - count) {
      throw new IllegalArgumentException(
          "a view of elements %d to %d lies outside of storage %s of %d elements"
              .formatted(from, from + count, key, size));
    }
    return new TorchStorage(viewKey, type, count, device, this, from);
  }

  /** The name by which the file refers to it. */
  public String key() {
    return key;
  }

  /** Element type. */
  public TorchType type() {
    return type;
  }

  /** Number of elements. */
  public long size() {
    return size;
  }

  /** Number of bytes. */
  public long bytes() {
    return size * type.bytes();
  }

  /** Where it lay when it was saved, e.g. {@code cpu} or {@code cuda:0}. */
  public String device() {
    return device;
  }

  /** Takes over the bytes, of which there must be {@link #bytes()}. */
  void fill(byte[] content) {
    data = content;
  }

  /** All elements, little-endian. */
  ByteBuffer content() {
    if (root != null) {
      int from = Math.toIntExact(start * type.bytes());
      return root.content().slice(from, Math.toIntExact(bytes())).order(ByteOrder.LITTLE_ENDIAN);
    }
    return ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public String toString() {
    return "storage " + key + " " + type.torchName() + "[" + size + "]";
  }
}
