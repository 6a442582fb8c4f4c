package io.earlybird.checkpoint.pickle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PickleReaderTest {
  /** An array of two by three little-endian 16-bit integers, as NumPy and protocol 2 write it. */
  private static final String ARRAY =
      "\u0080\u0002cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\u0085U\1b\u0087R"
          + "(K\1K\2K\3\u0086cnumpy\ndtype\nU\2i2K\0K\1\u0087R(K\3U\1<NNNJ\u00ff\u00ff\u00ff\u00ff"
          + "J\u00ff\u00ff\u00ff\u00ffK\0tb\u0089T\14\0\0\0\1\0\2\0\3\0\4\0\5\0\6\0tb.";

  @ParameterizedTest
  @CsvSource({
    "K\u0007., 7",
    "M\u0001\u0001., 257",
    "J\u00ff\u00ff\u00ff\u00ff., -1",
    "\u008a\u0000., 0",
    "\u008a\u0001\u00ff., -1",
    "\u008a\u0002\u00ff\u0000., 255",
    "\u008a\u0008\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0080., -9223372036854775808"
  })
  void integers(String pickle, long expected) {
    assertThat(read(pickle)).isEqualTo(expected);
  }

  @Test
  void otherPlainValues() {
    assertThat(read("N.")).isNull();
    assertThat(read("\u0088.")).isEqualTo(true);
    assertThat(read("\u0089.")).isEqualTo(false);
    assertThat(read("G\u00bf\u00f8\0\0\0\0\0\0.")).isEqualTo(-1.5);
    assertThat(read("X\2\0\0\0\u00c3\u00bc.")).isEqualTo("ü");
    assertThat(((PickleBytes) read("U\3a\u00ff\0.")).toArray()).containsExactly('a', 255, 0);
    assertThat(read("C\2ab.")).isEqualTo(read("T\2\0\0\0ab.")).isEqualTo(read("B\2\0\0\0ab."));
  }

  @Test
  void collectionsKeepOrderAndSharing() {
    PickleDict dict =
        (PickleDict) read("\u0080\2}q\1(U\1bK\1U\1a]q\2(K\2K\3eX\1\0\0\0ch\2U\1d(K\4K\5K\6K\7tu.");
    assertThat(dict.entries()).hasSize(4);
    assertThat(dict.get("b")).isEqualTo(1L);
    assertThat(dict.get("a")).isEqualTo(List.of(2L, 3L)).isSameAs(dict.get("c"));
    assertThat(dict.get("d")).isEqualTo(new PickleTuple(List.of(4L, 5L, 6L, 7L)));
    assertThat(dict.contains("c")).isTrue();
    assertThat(dict.contains("e")).isFalse();
    assertThat(dict.get("e")).isNull();
    assertThat(dict.entries().values()).first().isEqualTo(1L);
  }

  @Test
  void protocolFourFramesAndMemo() {
    String body = "]\u0094(\u008c\1x\u0094h\1e.";
    String frame = "\u0080\4\u0095" + (char) body.length() + "\0\0\0\0\0\0\0" + body;
    assertThat(read(frame)).isEqualTo(List.of("x", "x"));
  }

  @Test
  void numpyArrays() {
    NumpyArray array = (NumpyArray) read(ARRAY);
    assertThat(array.shape()).containsExactly(2, 3);
    assertThat(array.type()).isEqualTo("<i2");
    assertThat(array.fortranOrder()).isFalse();
    assertThat(array.data().remaining()).isEqualTo(12);
    assertThat(array.data().get(4)).isEqualTo((byte) 3);
  }

  @Test
  void theNextPickleInTheSameBufferFollows() {
    ByteBuffer buffer = ByteBuffer.wrap(bytes("K\1.K\2."));
    assertThat(reader(buffer).read()).isEqualTo(1L);
    assertThat(reader(buffer).read()).isEqualTo(2L);
    assertThat(buffer.hasRemaining()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cos\nsystem\n(X\4\0\0\0true\u0085R.",
        "c__builtin__\neval\n.",
        "\u0080\4\u008c\5posix\u008c\6system\u0093.",
        "cnumpy\ncore.multiarray._reconstruct\n.",
        "cnumpy.core.multiarray\nscalar\n."
      })
  void namesThatAreNotAllowedAreRefusedAndNamed(String pickle) {
    assertThatThrownBy(() -> read(pickle))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageMatching(
            "f\\.bin: not readable as a pickle at byte \\d+: it names .*, "
                + "which is not allowed");
  }

  @ParameterizedTest
  @CsvSource({
    "'', truncated",
    "K, truncated",
    "(K\u0001, truncated",
    "., a value is missing",
    "K\u0001K\u0002., left over",
    "(., a value is missing",
    "K\u0001t., mark",
    "h\u0005., never set",
    "T\u00ff\u00ff\u00ff\u00ff., negative length",
    "T\u00ff\u00ff\u00ff\u007f., truncated",
    "B\u00ff\u00ff\u00ff\u00ff., truncated",
    "X\u0001\u0000\u0000\u0000\u00ff., not UTF-8",
    "\u008a\u0009\u0001\u0001., truncated",
    "K\u0001Q., objects outside of itself",
    "}(K\u0001NK\u0001Nu., 'the key ''1'' stands twice'",
    "]q\u0001h\u0001a., contains itself",
    "\u0080\u0006N., protocol 6",
    "\u0080\u0001N., protocol 1",
    "K\u0001)R., not one of an allowed name",
    "}N}b., without any",
    "}]K\u0001s., a key of a dict",
    "}K\u0001K\u0002a., no list",
    "i., not allowed",
    "P., not allowed",
    "I., not allowed"
  })
  void damageIsDescribed(String pickle, String reason) {
    assertThatThrownBy(() -> read(pickle))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageStartingWith("f.bin: not readable as a pickle at byte ")
        .hasMessageContaining(reason);
  }

  @ParameterizedTest
  @CsvSource({
    "K\u0002K\u0003\u0086, K\u0002K\u0004\u0086, 'shape [2, 4] and type <i2 has 12 bytes'",
    "K\u0002K\u0003\u0086, N, state is not",
    "K\u0002K\u0003\u0086, J\u00ff\u00ff\u00ff\u00ffK\u0003\u0086, tuple of lengths",
    "K\u0002K\u0003\u0086, J\u00ff\u00ff\u00ff\u007fJ\u00ff\u00ff\u00ff\u007f\u0086, too large",
    "U\u0002i2, U\u0002O8, plain number: O8",
    "U\u0001<N, U\u0001?N, byte order",
    "U\u0001<N, U\u0001<), structured"
  })
  void arraysThatDoNotAgreeWithThemselvesAreRefused(String part, String other, String reason) {
    assertThat(ARRAY).contains(part);
    assertThatThrownBy(() -> read(ARRAY.replace(part, other)))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void anArrayWithoutStateIsEmpty() {
    NumpyArray array = (NumpyArray) read(ARRAY.substring(0, ARRAY.indexOf("(K\1K\2")) + ".");
    assertThat(array.shape()).containsExactly(0);
    assertThat(array.data().remaining()).isZero();
  }

  @Test
  void integersBeyond64Bits() {
    assertThat(read("\u008a\t\0\0\0\0\0\0\0\u0080\0.")).isEqualTo(BigInteger.ONE.shiftLeft(63));
    assertThat(read("\u008a\t\0\0\0\0\0\0\0\0\u00ff."))
        .isEqualTo(BigInteger.ONE.shiftLeft(64).negate());
  }

  @Test
  void orderedDictsBytesAndScalarsOfNumpy() {
    String ordered = "ccollections\nOrderedDict\n)R(X\1\0\0\0aK\1u}X\1\0\0\0mNsb.";
    assertThat(((PickleDict) python(ordered)).entries()).containsExactly(Map.entry("a", 1L));
    String pairs = "ccollections\nOrderedDict\n]](X\1\0\0\0bK\2ea\u0085R.";
    assertThat(((PickleDict) python(pairs)).get("b")).isEqualTo(2L);
    String encoded = "c_codecs\nencode\nX\2\0\0\0\u00c3\u00bfX\6\0\0\0latin1\u0086R.";
    assertThat(((PickleBytes) python(encoded)).toArray()).containsExactly(255);
    String scalar =
        "cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nU\2i2K\0K\1\u0087R(K\3U\1>NNNK\0K\0K\0tb"
            + "U\2\1\2\u0086R.";
    assertThat(python(scalar)).isEqualTo(new NumpyScalar("i2", 258L));
  }

  @Test
  void textThatIsTurnedIntoBytesAgainAndAgainIsRefused() {
    String text = "X\u0080\0\0\0" + "a".repeat(128) + "q\1";
    String encode = "c_codecs\nencode\nh\1X\6\0\0\0latin1\u0086R";
    String pickle = text + encode.repeat(40) + "\u0087.";
    assertThatThrownBy(() -> python(pickle))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining("bytes are longer than the text");
  }

  @Test
  void objectsOutsideComeFromWhoeverKnowsThem() {
    Object value =
        new PickleReader("f.bin", ByteBuffer.wrap(bytes("K\7Q.")), Map.of())
            .withPersistentObjects(id -> "object " + id)
            .read();
    assertThat(value).isEqualTo("object 7");
  }

  @Test
  void placesAreCountedFromTheFilesBeginning() {
    assertThatThrownBy(
            () ->
                new PickleReader("f.bin", ByteBuffer.wrap(bytes("NP.")), Map.of())
                    .withOffset(1000)
                    .read())
        .hasMessageContaining("at byte 1001:");
  }

  @Test
  void valuesThatDoubleAtEveryLevelAreRefused() {
    assertThatThrownBy(() -> read("K\1\u0085q\0" + "h\0\u0086q\0".repeat(40) + "."))
        .hasMessageContaining("more than " + PickleReader.MAX_ITEMS + " items");
    assertThatThrownBy(() -> read("N" + "\u0085".repeat(PickleReader.MAX_DEPTH + 1) + "."))
        .hasMessageContaining("nested deeper than " + PickleReader.MAX_DEPTH);
    assertThat(read("N" + "\u0085".repeat(PickleReader.MAX_DEPTH) + ".")).isNotNull();
  }

  @Test
  void manyOperationsAreRefused() {
    byte[] marks = new byte[PickleReader.MAX_OPERATIONS + 1];
    Arrays.fill(marks, (byte) 'N');
    assertThatThrownBy(() -> reader(ByteBuffer.wrap(marks)).read())
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining("operations");
  }

  /** Whatever the bytes are: a value or one clear exception, never another one. */
  @Test
  void damagedInputNeverEscapesAsAnotherException() {
    Random random = new Random(1);
    byte[] sound = bytes(ARRAY);
    List<String> escaped = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      byte[] bytes = sound.clone();
      int changes = 1 + random.nextInt(4);
      for (int k = 0; k < changes; k++) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      if (i % 3 == 0) {
        bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      }
      try {
        reader(ByteBuffer.wrap(bytes)).read();
      } catch (EarlybirdException expected) {
        assertThat(expected).hasMessageContaining("f.bin");
      } catch (RuntimeException e) {
        escaped.add(e + " for " + HexFormat.of().formatHex(bytes));
      }
    }
    assertThat(escaped).isEmpty();
  }

  private static Object read(String pickle) {
    return reader(ByteBuffer.wrap(bytes(pickle))).read();
  }

  private static Object python(String pickle) {
    byte[] bytes = bytes(pickle);
    return new PickleReader("f.bin", ByteBuffer.wrap(bytes), PythonGlobals.of(bytes.length)).read();
  }

  private static PickleReader reader(ByteBuffer buffer) {
    return new PickleReader("f.bin", buffer, NumpyArray.GLOBALS);
  }

  private static byte[] bytes(String latin1) {
    return latin1.getBytes(StandardCharsets.ISO_8859_1);
  }
}
