package io.earlybird.checkpoint.pickle;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** The names of Python's own library and of NumPy that data files use. */
public final class PythonGlobals {
  private PythonGlobals() {}

  /**
   * OrderedDict, bytes, and NumPy's arrays and scalars.
   *
   * @param inputSize bytes of the pickle; limits what text that is turned into bytes may take
   */
  public static Map<String, PickleGlobal> of(long inputSize) {
    Map<String, PickleGlobal> globals = new HashMap<>(NumpyArray.GLOBALS);
    globals.put("numpy._core.multiarray._reconstruct", globals.get(NumpyArray.RECONSTRUCT));
    globals.put("numpy.core.multiarray.scalar", NumpyScalar::of);
    globals.put("numpy._core.multiarray.scalar", NumpyScalar::of);
    globals.put("collections.OrderedDict", PickleOrderedDict::of);
    globals.put("_codecs.encode", new Encoder(inputSize));
    globals.put("__builtin__.bytes", PythonGlobals::noBytes);
    globals.put("builtins.bytes", PythonGlobals::noBytes);
    return globals;
  }

  private static Object noBytes(PickleTuple arguments) {
    if (arguments.size() != 0) {
      throw new IllegalArgumentException("bytes are made from something else than nothing");
    }
    return new PickleBytes(ByteBuffer.allocate(0));
  }

  /** {@code _codecs.encode(text, 'latin1')}, the form of bytes up to protocol 2. */
  private static final class Encoder implements PickleGlobal {
    private long left;

    Encoder(long limit) {
      this.left = limit;
    }

    @Override
    public Object call(PickleTuple arguments) {
      if (arguments.size() != 2
          || !(arguments.get(0) instanceof String text)
          || !"latin1".equals(PickleBytes.text(arguments.get(1)))) {
        throw new IllegalArgumentException("_codecs.encode is not given text and 'latin1'");
      }
      left -= text.length();
      if (left < 0) {
        throw new IllegalArgumentException("bytes are longer than the text they are made from");
      }
      byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
      for (int i = 0; i < text.length(); i++) {
        if (text.charAt(i) > 0xFF) {
          throw new IllegalArgumentException("a character does not fit into latin1");
        }
      }
      return new PickleBytes(ByteBuffer.wrap(bytes));
    }
  }
}
