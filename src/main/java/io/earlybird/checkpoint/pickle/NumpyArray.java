package io.earlybird.checkpoint.pickle;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A NumPy array as it lies in a pickle: shape, element type and raw bytes, checked against each
 * other.
 */
public final class NumpyArray implements PickleGlobal.Buildable {
  /**
   * The names that NumPy's arrays need, in the form {@link PickleReader} takes: {@code
   * numpy.core.multiarray._reconstruct}, {@code numpy.ndarray}, {@code numpy.dtype}.
   */
  public static final Map<String, PickleGlobal> GLOBALS =
      Map.of(
          "numpy.core.multiarray._reconstruct", arguments -> new NumpyArray(),
          "numpy.ndarray", NumpyArray::notCalled,
          "numpy.dtype", NumpyType::of);

  /** The name of the function that makes an empty array. */
  static final String RECONSTRUCT = "numpy.core.multiarray._reconstruct";

  private static final int MAX_DIMENSIONS = 32;

  // As _reconstruct makes it, an array without state is empty.
  private int[] shape = {0};
  private String type = "|i1";
  private boolean fortranOrder;
  private PickleBytes data = new PickleBytes(ByteBuffer.allocate(0));
  private boolean built;

  private NumpyArray() {}

  private static Object notCalled(PickleTuple arguments) {
    throw new IllegalArgumentException("numpy.ndarray is only made by _reconstruct");
  }

  /** Lengths of the axes. */
  public int[] shape() {
    return shape.clone();
  }

  /** Element type in NumPy's letters with byte order, e.g. {@code |u1} or {@code <f8}. */
  public String type() {
    return type;
  }

  /** Whether the first axis is the fastest one, instead of the last. */
  public boolean fortranOrder() {
    return fortranOrder;
  }

  /** The elements' bytes, read-only. */
  public ByteBuffer data() {
    return data.content().duplicate();
  }

  /** Takes (version, shape, dtype, is-Fortran, bytes). */
  @Override
  public void build(Object state) {
    require(!built, "the state of an array is given twice");
    require(
        state instanceof PickleTuple t
            && t.size() == 5
            && t.get(1) instanceof PickleTuple
            && t.get(2) instanceof NumpyType
            && t.get(3) instanceof Boolean
            && t.get(4) instanceof PickleBytes,
        "an array's state is not (version, shape, dtype, order, bytes)");
    PickleTuple parts = (PickleTuple) state;
    int[] axes = axes(((PickleTuple) parts.get(1)).items());
    NumpyType element = (NumpyType) parts.get(2);
    PickleBytes bytes = (PickleBytes) parts.get(4);
    long expected = element.size();
    for (int axis : axes) {
      require(axis == 0 || expected <= Integer.MAX_VALUE / axis, "an array is too large");
      expected *= axis;
    }
    require(
        bytes.size() == expected,
        "an array of shape %s and type %s has %d bytes, expected %d"
            .formatted(Arrays.toString(axes), element.name(), bytes.size(), expected));
    shape = axes;
    type = element.name();
    fortranOrder = (Boolean) parts.get(3);
    data = bytes;
    built = true;
  }

  private static int[] axes(List<Object> items) {
    require(items.size() <= MAX_DIMENSIONS, "an array has too many dimensions");
    int[] axes = new int[items.size()];
    for (int i = 0; i < axes.length; i++) {
      require(
          items.get(i) instanceof Long n && n >= 0 && n <= Integer.MAX_VALUE,
          "an array's shape is not a tuple of lengths");
      axes[i] = (int) (long) items.get(i);
    }
    return axes;
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }
}
