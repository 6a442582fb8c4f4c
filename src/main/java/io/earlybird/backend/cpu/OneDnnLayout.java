package io.earlybird.backend.cpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.LongPointer;

/**
 * A layout that oneDNN chose: the value of a memory descriptor. Equal layouts place equal elements
 * at equal offsets.
 */
final class OneDnnLayout {
  private final List<List<Long>> key;
  private final byte[] blob;

  private OneDnnLayout(List<List<Long>> key, byte[] blob) {
    this.key = key;
    this.blob = blob;
  }

  /** The layout of a descriptor, which may be freed afterwards. */
  static OneDnnLayout of(memory.desc descriptor) {
    BytePointer bytes = descriptor.get_blob();
    byte[] blob = new byte[(int) bytes.limit()];
    bytes.get(blob);
    List<Long> padded = longs(descriptor.get_padded_dims());
    List<Long> strides = new ArrayList<>(longs(descriptor.get_strides()));
    for (int i = 0; i < strides.size(); i++) {
      if (padded.get(i) == 1) {
        strides.set(i, 0L); // never stepped along, whatever it says
      }
    }
    return new OneDnnLayout(
        List.of(
            longs(descriptor.get_dims()),
            padded,
            strides,
            longs(descriptor.get_inner_blks()),
            longs(descriptor.get_inner_idxs())),
        blob);
  }

  private static List<Long> longs(LongPointer pointer) {
    if (pointer == null) { // an empty list: nothing is blocked
      return List.of();
    }
    long[] values = new long[(int) pointer.limit()];
    pointer.get(values);
    return Arrays.stream(values).boxed().toList();
  }

  /** A new descriptor with this layout. */
  memory.desc descriptor() {
    return new memory.desc(blob.clone());
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof OneDnnLayout layout && key.equals(layout.key);
  }

  @Override
  public int hashCode() {
    return key.hashCode();
  }

  /**
   * oneDNN's notation: dimensions from the outermost to the innermost, capital where also blocked,
   * then the blocks; {@code Acdb16a} is blocks of 16 output channels.
   */
  @Override
  public String toString() {
    List<Long> strides = key.get(2);
    List<Long> blocks = key.get(3);
    List<Long> indexes = key.get(4);
    StringBuilder text = new StringBuilder();
    IntStream.range(0, strides.size())
        .boxed()
        .sorted((a, b) -> Long.compare(strides.get(b), strides.get(a)))
        .forEach(d -> text.append((char) ((indexes.contains((long) d) ? 'A' : 'a') + d)));
    for (int i = 0; i < blocks.size(); i++) {
      text.append(blocks.get(i)).append((char) ('a' + indexes.get(i)));
    }
    return text.toString();
  }
}
