package io.earlybird.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsWriterTest {
  @TempDir Path folder;

  @Test
  void everyLineIsThereAtOnce() throws IOException {
    Path file = folder.resolve("metrics.jsonl");
    Files.writeString(file, "old\n");
    try (MetricsWriter writer = MetricsWriter.create(file)) {
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("epoch", 1);
      values.put("loss", Double.NaN);
      values.put("rate", Float.POSITIVE_INFINITY);
      values.put("name", "a\n\"b\"");
      values.put("distances", List.of(0.1, 1.0));
      values.put("nothing", null);
      values.put("ok", true);
      writer.write(values);
      assertThat(file)
          .hasContent(
              "{\"epoch\":1,\"loss\":null,\"rate\":null,\"name\":\"a\\n\\\"b\\\"\","
                  + "\"distances\":[0.1,1.0],\"nothing\":null,\"ok\":true}\n");
      writer.write(Map.of("epoch", 2));
      assertThat(Files.readAllLines(file)).hasSize(2);
    }
  }

  @Test
  void resumingKeepsTheWantedWholeLines() throws IOException {
    Path file = folder.resolve("metrics.jsonl");
    Files.writeString(file, "{\"epoch\":0}\n{\"epoch\":1}\n{\"epoch\":2}\n{\"epoch\":3,\"lo");
    try (MetricsWriter writer =
        MetricsWriter.resume(file, line -> line.path("epoch").asInt() < 2)) {
      writer.write(Map.of("epoch", 2));
    }
    assertThat(file).hasContent("{\"epoch\":0}\n{\"epoch\":1}\n{\"epoch\":2}\n");
    Path none = folder.resolve("none.jsonl");
    MetricsWriter.resume(none, line -> true).close();
    assertThat(none).isEmptyFile();
  }

  @Test
  void nestedNumbersThatJsonLacksBecomeNull() throws IOException {
    Path file = folder.resolve("m");
    try (MetricsWriter writer = MetricsWriter.create(file)) {
      writer.write(Map.of("d", new double[] {0.5, Double.NaN}));
    }
    assertThat(file).hasContent("{\"d\":[0.5,null]}\n");
  }

  @Test
  void aFolderThatIsNotThereIsNamed() {
    Path file = folder.resolve("no/metrics.jsonl");
    assertThatThrownBy(() -> MetricsWriter.create(file))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining(file.toString());
  }
}
