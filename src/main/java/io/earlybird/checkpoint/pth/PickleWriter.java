package io.earlybird.checkpoint.pth;

import io.earlybird.tensor.HostTensor;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes values as one pickle of protocol 2, with the few operations that PyTorch's strict reader
 * ({@code weights_only=True}) knows. Tensors refer to storages, which come out beside it.
 */
final class PickleWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final List<HostTensor> storages = new ArrayList<>();
  private final Map<HostTensor, Integer> keys = new IdentityHashMap<>();

  /**
   * A dict that becomes an OrderedDict.
   *
   * @param entries values by key
   */
  record OrderedDict(Map<String, ?> entries) {}

  /**
   * A tensor under another shape of equal size.
   *
   * @param tensor elements and type
   * @param shape extents; none for a single number
   */
  record Shaped(HostTensor tensor, int[] shape) {}

  /** The pickle of a value: null, text, numbers, lists, maps, the records above, tensors. */
  byte[] pickle(Object value) {
    out.write(0x80);
    out.write(2);
    put(value);
    out.write('.');
    return out.toByteArray();
  }

  /** The tensors whose bytes the storages are; the place in the list is the storage's key. */
  List<HostTensor> storages() {
    return storages;
  }

  private void put(Object value) {
    if (value == null) {
      out.write('N');
    } else if (value instanceof Boolean b) {
      out.write(b ? 0x88 : 0x89);
    } else if (value instanceof Integer || value instanceof Long) {
      integer(((Number) value).longValue());
    } else if (value instanceof Double d) {
      out.write('G');
      bytes(ByteBuffer.allocate(8).putDouble(0, d));
    } else if (value instanceof String text) {
      text(text);
    } else if (value instanceof List<?> list) {
      out.write(']');
      out.write('(');
      list.forEach(this::put);
      out.write('e');
    } else if (value instanceof Map<?, ?> map) {
      out.write('}');
      entries(map);
    } else if (value instanceof OrderedDict dict) {
      global("collections", "OrderedDict");
      out.write(')');
      out.write('R');
      entries(dict.entries());
    } else if (value instanceof HostTensor tensor) {
      tensor(tensor, tensor.shape().dims());
    } else if (value instanceof Shaped shaped) {
      tensor(shaped.tensor(), shaped.shape());
    } else {
      throw new IllegalArgumentException("cannot be written: " + value.getClass());
    }
  }

  private void entries(Map<?, ?> map) {
    out.write('(');
    map.forEach(
        (key, value) -> {
          put(key);
          put(value);
        });
    out.write('u');
  }

  private void tensor(HostTensor tensor, int[] shape) {
    global("torch._utils", "_rebuild_tensor_v2");
    out.write('(');
    storage(tensor);
    integer(0);
    tuple(shape);
    tuple(strides(shape));
    put(false);
    put(new OrderedDict(Map.of()));
    out.write('t');
    out.write('R');
  }

  private void storage(HostTensor tensor) {
    int key =
        keys.computeIfAbsent(
            tensor,
            t -> {
              storages.add(t);
              return storages.size() - 1;
            });
    out.write('(');
    text("storage");
    global("torch", TorchType.of(tensor.dtype()).storageName());
    text(Integer.toString(key));
    text("cpu");
    integer(tensor.shape().size());
    out.write('t');
    out.write('Q');
  }

  private void tuple(int[] values) {
    out.write('(');
    for (int value : values) {
      integer(value);
    }
    out.write('t');
  }

  private static int[] strides(int[] shape) {
    int[] strides = new int[shape.length];
    int stride = 1;
    for (int d = shape.length - 1; d >= 0; d--) {
      strides[d] = stride;
      stride *= Math.max(1, shape[d]);
    }
    return strides;
  }

  private void integer(long value) {
    if (value >= 0 && value < 1 << 8) {
      out.write('K');
      out.write((int) value);
    } else if (value >= 0 && value < 1 << 16) {
      out.write('M');
      bytes(littleEndian(2).putShort(0, (short) value));
    } else if (value == (int) value) {
      out.write('J');
      bytes(littleEndian(4).putInt(0, (int) value));
    } else {
      byte[] bigEndian = BigInteger.valueOf(value).toByteArray();
      out.write(0x8A);
      out.write(bigEndian.length);
      for (int i = bigEndian.length - 1; i >= 0; i--) {
        out.write(bigEndian[i]);
      }
    }
  }

  private void text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    out.write('X');
    bytes(littleEndian(4).putInt(0, utf8.length));
    out.writeBytes(utf8);
  }

  private void global(String module, String name) {
    out.writeBytes(("c" + module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
  }

  private static ByteBuffer littleEndian(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void bytes(ByteBuffer buffer) {
    out.writeBytes(buffer.array());
  }
}
