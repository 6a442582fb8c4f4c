package io.earlybird.checkpoint.pth;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.checkpoint.pickle.NumpyArray;
import io.earlybird.checkpoint.pickle.NumpyScalar;
import io.earlybird.checkpoint.pickle.PickleDict;
import io.earlybird.checkpoint.pickle.PickleTuple;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/** Compares what was read with the recorded description of a file's contents. */
final class GoldenContents {
  private GoldenContents() {}

  static void compare(String at, JsonNode expected, Object actual) {
    if (expected.has("__tensor__")) {
      tensor(at, expected, (TorchTensor) actual);
    } else if (expected.has("__numpy_scalar__")) {
      NumpyScalar scalar = (NumpyScalar) actual;
      assertThat(name(scalar.type())).as(at).isEqualTo(expected.get("__numpy_scalar__").asText());
      compare(at, expected.get("value"), scalar.value());
    } else if (expected.has("__numpy_array__")) {
      array(at, expected, (NumpyArray) actual);
    } else if (expected.isObject()) {
      dict(at, expected, (PickleDict) actual);
    } else if (expected.isArray()) {
      List<?> items = actual instanceof PickleTuple tuple ? tuple.items() : (List<?>) actual;
      assertThat(items).as(at).hasSize(expected.size());
      for (int i = 0; i < items.size(); i++) {
        compare(at + "[" + i + "]", expected.get(i), items.get(i));
      }
    } else if (expected.isNull()) {
      assertThat(actual).as(at).isNull();
    } else if (expected.isTextual()) {
      assertThat(actual).as(at).isEqualTo(expected.asText());
    } else if (expected.isBoolean()) {
      assertThat(actual).as(at).isEqualTo(expected.asBoolean());
    } else if (expected.isIntegralNumber()) {
      BigInteger value = actual instanceof BigInteger big ? big : BigInteger.valueOf((Long) actual);
      assertThat(value).as(at).isEqualTo(expected.bigIntegerValue());
    } else {
      assertThat(actual).as(at).isEqualTo(expected.asDouble());
    }
  }

  private static void dict(String at, JsonNode expected, PickleDict actual) {
    List<String> keys = new ArrayList<>();
    for (Object key : actual.entries().keySet()) {
      keys.add(key instanceof String text ? text : "int:" + key);
    }
    List<String> names = new ArrayList<>();
    expected.fieldNames().forEachRemaining(names::add);
    assertThat(keys).as(at).isEqualTo(names);
    for (Map.Entry<Object, Object> entry : actual.entries().entrySet()) {
      Object key = entry.getKey();
      String name = key instanceof String text ? text : "int:" + key;
      compare(at + "." + name, expected.get(name), entry.getValue());
    }
  }

  private static void tensor(String at, JsonNode expected, TorchTensor actual) {
    assertThat(actual.type().torchName()).as(at).isEqualTo(expected.get("__tensor__").asText());
    assertThat(actual.shape()).as(at).isEqualTo(ints(expected.get("shape")));
    if (expected.has("crc32")) {
      CRC32 crc = new CRC32();
      crc.update(actual.bytes());
      assertThat(crc.getValue()).as(at).isEqualTo(expected.get("crc32").asLong());
    }
    if (expected.has("values")) {
      double[] values = doubles(expected.get("values"));
      assertThat(actual.toHost().doubles()).as(at).isEqualTo(values);
    }
  }

  private static void array(String at, JsonNode expected, NumpyArray actual) {
    assertThat(name(actual.type().substring(1)))
        .as(at)
        .isEqualTo(expected.get("__numpy_array__").asText());
    assertThat(actual.shape()).as(at).isEqualTo(ints(expected.get("shape")));
    double[] values = new double[expected.get("values").size()];
    actual.data().order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().get(values);
    assertThat(values).as(at).isEqualTo(doubles(expected.get("values")));
  }

  /** NumPy's long name of letters such as {@code f4}. */
  private static String name(String letters) {
    String kind = Map.of("f", "float", "i", "int", "u", "uint").get(letters.substring(0, 1));
    return kind + 8 * Integer.parseInt(letters.substring(1));
  }

  private static int[] ints(JsonNode list) {
    int[] values = new int[list.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = list.get(i).asInt();
    }
    return values;
  }

  private static double[] doubles(JsonNode list) {
    double[] values = new double[list.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = list.get(i).asDouble();
    }
    return values;
  }
}
