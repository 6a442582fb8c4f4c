package io.earlybird.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The generator against its own vectors and against the check sums of every generated state. */
class GeneratorGoldenTest {
  private static final Pattern CALL =
      Pattern.compile(
          "(\\w+?)(?:_\\d+\\.\\.\\d+(?: of (\\d+) )?)?\\((\\d+),\"([^\"]+)\"(?:,0\\.\\.\\d+)?\\)");

  @TestFactory
  Stream<DynamicTest> vectors() {
    return GoldenRegistry.tests(
        getClass(), "generator", c -> c.meta().properties().forEach(this::vector));
  }

  @TestFactory
  Stream<DynamicTest> generatedStates() {
    return GoldenRegistry.cases().stream()
        .filter(c -> c.meta().has("generator_seed") && checks(c.meta()) != null)
        .map(c -> DynamicTest.dynamicTest("state of " + c.name(), () -> state(c)));
  }

  @TestFactory
  Stream<DynamicTest> generatedInputs() {
    return GoldenRegistry.cases().stream()
        .filter(c -> c.meta().has("input_crc32"))
        .map(c -> DynamicTest.dynamicTest("input of " + c.name(), () -> input(c)));
  }

  private void vector(Map.Entry<String, JsonNode> vector) {
    String key = vector.getKey();
    JsonNode expected = vector.getValue();
    if (key.startsWith("fnv1a64(")) {
      String text = key.substring(key.indexOf('"') + 1, key.lastIndexOf('"'));
      assertThat(Generator.fnv1a64(text)).isEqualTo(parse(expected));
      return;
    }
    if (key.startsWith("input_value")) {
      return;
    }
    Matcher call = CALL.matcher(key);
    assertThat(call.matches()).as(key).isTrue();
    long seed = Long.parseLong(call.group(3));
    String name = call.group(4);
    switch (call.group(1)) {
      case "u" ->
          each(
              expected,
              (i, value) ->
                  assertThat(Generator.uniform(seed, name, i)).as(key).isEqualTo(value.asDouble()));
      case "scale_factor" ->
          assertThat(GeneratedState.batchNormScale(seed, name))
              .isCloseTo(expected.asDouble(), within(1e-15));
      case "bn_weight" -> {
        Map<String, int[]> shapes = Map.of(name, new int[] {expected.size()});
        float[] weights = GeneratedState.fill(seed, shapes).get(name).floats();
        each(
            expected,
            (i, value) -> assertThat(weights[i]).as(key).isEqualTo((float) value.asDouble()));
      }
      case "label" -> {
        int[] labels = Generator.labels(seed, expected.size(), Integer.parseInt(call.group(2)));
        each(expected, (i, value) -> assertThat(labels[i]).as(key).isEqualTo(value.asInt()));
      }
      default -> throw new AssertionError("unknown vector " + key);
    }
  }

  private static long parse(JsonNode hex) {
    return Long.parseUnsignedLong(hex.asText().substring(2), 16);
  }

  private static void each(JsonNode values, BiConsumer<Integer, JsonNode> check) {
    assertThat(values).isNotEmpty();
    for (int i = 0; i < values.size(); i++) {
      check.accept(i, values.get(i));
    }
  }

  private static JsonNode checks(JsonNode meta) {
    return meta.has("state_checks") && meta.has("weights_from_generator")
        ? meta.get("state_checks")
        : meta.get("input_state_checks");
  }

  private static void state(GoldenCase c) {
    JsonNode checks = checks(c.meta());
    Map<String, int[]> shapes =
        GeneratedState.shapes(checks, c.meta().path("key_prefix").asText(""));
    Map<String, GoldenTensor> state = new LinkedHashMap<>(GeneratedState.fill(c.seed(), shapes));
    c.meta()
        .path("selection_kept")
        .properties()
        .forEach(
            kept ->
                state.computeIfPresent(
                    kept.getKey(),
                    (key, ones) -> GeneratedState.selection(key, ones.size(), kept.getValue())));
    int i = 0;
    for (GoldenTensor tensor : state.values()) {
      JsonNode check = checks.get(i++);
      assertThat(tensor.crc32()).as(tensor.toString()).isEqualTo(check.required("crc32").asLong());
      assertThat(tensor.sum()).isCloseTo(check.required("sum").asDouble(), within(1e-9));
    }
  }

  private static void input(GoldenCase c) {
    GoldenTensor input = Generator.input(c.seed(), Bundle.ints(c.meta().required("input_shape")));
    assertThat(input.crc32()).isEqualTo(c.meta().get("input_crc32").asLong());
    if (c.has("x.npy")) {
      assertThat(c.floats("x.npy")).isEqualTo(input.floats());
    }
    int classes = c.npy("eval_logits.npy").shape()[1];
    long[] labels = c.npy("labels.npy").longs();
    int[] expected = Generator.labels(c.seed(), labels.length, classes);
    for (int i = 0; i < labels.length; i++) {
      assertThat(labels[i]).isEqualTo(expected[i]);
    }
  }
}
