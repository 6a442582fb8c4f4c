package io.earlybird.checkpoint.pth;

import io.earlybird.checkpoint.pickle.PickleBytes;
import io.earlybird.checkpoint.pickle.PickleGlobal;
import io.earlybird.checkpoint.pickle.PickleTuple;
import io.earlybird.checkpoint.pickle.Printable;
import io.earlybird.checkpoint.pickle.PythonGlobals;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The names that a PyTorch file may use, and the storages it refers to. One per file. */
final class TorchGlobals {
  /** Bytes that views may have beyond the storages they look into. */
  private static final long FREE_BYTES = 16 << 20;

  /** How often, on average, each byte of a storage may be looked at. */
  private static final int MAX_SHARING = 4;

  private final Map<String, PickleGlobal> names;
  private final Map<String, TorchStorage> storages = new LinkedHashMap<>();
  private long viewed;

  /** A class of storages, such as torch.FloatStorage. */
  private record StorageClass(TorchType type) implements PickleGlobal {
    @Override
    public Object call(PickleTuple arguments) {
      throw new IllegalArgumentException("a storage is made without the file's own bytes");
    }
  }

  /**
   * Prepares for one file.
   *
   * @param inputSize bytes of its pickle
   */
  TorchGlobals(long inputSize) {
    names = PythonGlobals.of(inputSize);
    for (TorchType type : TorchType.values()) {
      names.put("torch." + type.torchName(), type);
      if (type.storageName() != null) {
        names.put("torch." + type.storageName(), new StorageClass(type));
      }
    }
    names.put("torch.storage.UntypedStorage", new StorageClass(TorchType.UINT8));
    names.put("torch.UntypedStorage", new StorageClass(TorchType.UINT8));
    names.put("torch._utils._rebuild_tensor", a -> tensor(a, 4, 4));
    names.put("torch._utils._rebuild_tensor_v2", a -> tensor(a, 6, 7));
    names.put("torch._utils._rebuild_tensor_v3", this::typedTensor);
    names.put("torch._utils._rebuild_parameter", a -> parameter(a, 3));
    names.put("torch._utils._rebuild_parameter_with_state", a -> parameter(a, 4));
    names.put("torch.Size", TorchGlobals::size);
    names.put("torch.device", TorchGlobals::device);
  }

  Map<String, PickleGlobal> names() {
    return names;
  }

  /** The storages that were named, by key; views are not among them. */
  Map<String, TorchStorage> storages() {
    return storages;
  }

  /**
   * Checks that copying every tensor takes no absurd amount of memory.
   *
   * @throws IllegalArgumentException if tensors look at the same few bytes too often
   */
  void checkSharing() {
    long stored = storages.values().stream().mapToLong(TorchStorage::bytes).sum();
    require(
        viewed <= MAX_SHARING * stored + FREE_BYTES,
        "its tensors have %d bytes, but their storages only %d".formatted(viewed, stored));
  }

  /** The storage for ('storage', class, key, device, size) and, in old files, a view or None. */
  Object storage(Object id) {
    require(
        id instanceof PickleTuple t
            && (t.size() == 5 || t.size() == 6)
            && "storage".equals(PickleBytes.text(t.get(0)))
            && t.get(1) instanceof StorageClass
            && t.get(4) instanceof Long,
        "it refers to something that is no storage");
    PickleTuple parts = (PickleTuple) id;
    TorchType type = ((StorageClass) parts.get(1)).type();
    String key = text(parts.get(2), "the key of a storage");
    String device = text(parts.get(3), "the device of a storage");
    long size = (Long) parts.get(4);
    require(
        size >= 0 && size <= Integer.MAX_VALUE / type.bytes(),
        "storage %s has %d elements, more than 2 GiB or less than none"
            .formatted(Printable.of(key), size));
    TorchStorage storage =
        storages.computeIfAbsent(key, k -> TorchStorage.of(k, type, size, device));
    require(
        storage.type() == type && storage.size() == size,
        "storage %s is once %s[%d] and once %s[%d]"
            .formatted(
                Printable.of(key),
                storage.type().torchName(),
                storage.size(),
                type.torchName(),
                size));
    Object view = parts.size() == 6 ? parts.get(5) : null;
    return view == null ? storage : view(storage, view);
  }

  private static TorchStorage view(TorchStorage storage, Object view) {
    require(
        view instanceof PickleTuple t
            && t.size() == 3
            && t.get(1) instanceof Long
            && t.get(2) instanceof Long,
        "the view of a storage is not (key, offset, size)");
    PickleTuple parts = (PickleTuple) view;
    String key = text(parts.get(0), "the key of a view");
    return storage.view(key, (Long) parts.get(1), (Long) parts.get(2));
  }

  /** (storage, offset, shape, strides[, requires gradient, hooks[, metadata]]). */
  private TorchTensor tensor(PickleTuple arguments, int atLeast, int atMost) {
    require(
        arguments.size() >= atLeast
            && arguments.size() <= atMost
            && arguments.get(0) instanceof TorchStorage,
        "a tensor is not made from a storage, offset, shape and strides");
    return view(arguments, ((TorchStorage) arguments.get(0)).type());
  }

  /** As {@link #tensor}, then the type. */
  private TorchTensor typedTensor(PickleTuple arguments) {
    require(
        (arguments.size() == 7 || arguments.size() == 8)
            && arguments.get(0) instanceof TorchStorage storage
            && storage.type() == TorchType.UINT8
            && arguments.get(6) instanceof TorchType,
        "a tensor is not made from bytes, offset, shape, strides and a type");
    return view(arguments, (TorchType) arguments.get(6));
  }

  private TorchTensor view(PickleTuple arguments, TorchType type) {
    require(
        arguments.get(1) instanceof Long
            && arguments.get(2) instanceof PickleTuple
            && arguments.get(3) instanceof PickleTuple,
        "the offset, shape or strides of a tensor are no integers");
    List<Object> extents = ((PickleTuple) arguments.get(2)).items();
    List<Object> steps = ((PickleTuple) arguments.get(3)).items();
    int[] shape = new int[extents.size()];
    for (int i = 0; i < shape.length; i++) {
      require(
          extents.get(i) instanceof Long n && n >= 0 && n <= Integer.MAX_VALUE,
          "an extent of a tensor is no number from 0 to 2^31 - 1");
      shape[i] = (int) (long) extents.get(i);
    }
    long[] strides = new long[steps.size()];
    for (int i = 0; i < strides.length; i++) {
      require(steps.get(i) instanceof Long, "a stride of a tensor is no integer");
      strides[i] = (Long) steps.get(i);
    }
    TorchStorage storage = (TorchStorage) arguments.get(0);
    TorchTensor tensor = new TorchTensor(type, storage, (Long) arguments.get(1), shape, strides);
    viewed += tensor.byteCount();
    return tensor;
  }

  /** (tensor, requires gradient, hooks[, state]). */
  private static Object parameter(PickleTuple arguments, int count) {
    require(
        arguments.size() == count && arguments.get(0) instanceof TorchTensor,
        "a parameter is not made from a tensor");
    return arguments.get(0);
  }

  private static Object size(PickleTuple arguments) {
    require(
        arguments.size() == 1 && arguments.get(0) instanceof PickleTuple,
        "a size is not made from a tuple");
    return arguments.get(0);
  }

  private static Object device(PickleTuple arguments) {
    require(
        arguments.size() == 1 || (arguments.size() == 2 && arguments.get(1) instanceof Long),
        "a device is not made from a name and a number");
    String name = text(arguments.get(0), "a device");
    return arguments.size() == 1 ? name : name + ":" + arguments.get(1);
  }

  private static String text(Object value, String what) {
    String text = PickleBytes.text(value);
    require(text != null && text.length() <= 256, what + " is no short text");
    return text;
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }
}
