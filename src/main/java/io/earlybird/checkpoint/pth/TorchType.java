package io.earlybird.checkpoint.pth;

import io.earlybird.checkpoint.pickle.PickleGlobal;
import io.earlybird.checkpoint.pickle.PickleTuple;
import io.earlybird.tensor.DType;

/** PyTorch's element types. As a name in a pickle it is the dtype object, such as torch.float32. */
public enum TorchType implements PickleGlobal {
  FLOAT32("float32", "FloatStorage", 4, DType.F32),
  FLOAT64("float64", "DoubleStorage", 8, DType.F64),
  FLOAT16("float16", "HalfStorage", 2, DType.F32),
  BFLOAT16("bfloat16", "BFloat16Storage", 2, DType.BF16),
  INT64("int64", "LongStorage", 8, DType.I64),
  INT32("int32", "IntStorage", 4, DType.I32),
  INT16("int16", "ShortStorage", 2, DType.I32),
  INT8("int8", "CharStorage", 1, DType.I32),
  UINT8("uint8", "ByteStorage", 1, DType.U8),
  BOOL("bool", "BoolStorage", 1, DType.U8),
  UINT16("uint16", null, 2, DType.I32),
  UINT32("uint32", null, 4, DType.I64),
  UINT64("uint64", null, 8, null),
  COMPLEX64("complex64", "ComplexFloatStorage", 8, null),
  COMPLEX128("complex128", "ComplexDoubleStorage", 16, null);

  private final String torchName;
  private final String storageName;
  private final int bytes;
  private final DType host;

  TorchType(String torchName, String storageName, int bytes, DType host) {
    this.torchName = torchName;
    this.storageName = storageName;
    this.bytes = bytes;
    this.host = host;
  }

  /** PyTorch's name without {@code torch.}, e.g. {@code float32}. */
  public String torchName() {
    return torchName;
  }

  /** Name of the class of its storages, e.g. {@code FloatStorage}; null if it has none. */
  String storageName() {
    return storageName;
  }

  /** Size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** The narrowest of our types that holds every value exactly; null if none does. */
  public DType host() {
    return host;
  }

  /** The type in which PyTorch keeps one of our types. */
  static TorchType of(DType type) {
    return switch (type) {
      case F32 -> FLOAT32;
      case F64 -> FLOAT64;
      case BF16 -> BFLOAT16;
      case U8 -> UINT8;
      case I32 -> INT32;
      case I64 -> INT64;
    };
  }

  @Override
  public Object call(PickleTuple arguments) {
    throw new IllegalArgumentException("torch." + torchName + " is called like a function");
  }

  @Override
  public String toString() {
    return "torch." + torchName;
  }
}
