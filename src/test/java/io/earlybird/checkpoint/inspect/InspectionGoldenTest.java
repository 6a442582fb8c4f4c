package io.earlybird.checkpoint.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.golden.GoldenCase;
import io.earlybird.golden.GoldenRegistry;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What is listed of recorded files: the same for both layouts, with the recorded checksums. */
class InspectionGoldenTest {
  @TestFactory
  Stream<DynamicTest> objects() {
    return GoldenRegistry.cases("checkpoints/object").stream()
        .map(c -> DynamicTest.dynamicTest(c.toString(), () -> check(c)));
  }

  private static void check(GoldenCase c) {
    JsonNode zip = Inspection.of(c.file(".zip.pth.tar"));
    JsonNode legacy = Inspection.of(c.file(".legacy.pth.tar"));
    for (String part : new String[] {"keys", "values", "tensors", "cfg", "epoch", "best"}) {
      assertThat(legacy.path(part)).as(part).isEqualTo(zip.path(part));
    }
    assertThat(zip.has("problem")).as("problem").isFalse();
    Map<String, Long> expected = new LinkedHashMap<>();
    collect("", c.meta().get("contents"), expected);
    Map<String, Long> found = new LinkedHashMap<>();
    for (JsonNode tensor : zip.get("tensors")) {
      String key = tensor.get("key").asText();
      if (expected.containsKey(key)) {
        found.put(key, Long.parseLong(tensor.get("crc32").asText(), 16));
      }
    }
    assertThat(found).isNotEmpty().containsExactlyEntriesOf(expected);
  }

  private static void collect(String path, JsonNode node, Map<String, Long> into) {
    if (node.has("crc32")) {
      into.put(path, node.get("crc32").asLong());
    } else if (node.isObject() && !node.has("__tensor__")) {
      String prefix = path.isEmpty() ? "" : path + ".";
      node.properties()
          .forEach(e -> collect(prefix + e.getKey().replace("int:", ""), e.getValue(), into));
    }
  }
}
