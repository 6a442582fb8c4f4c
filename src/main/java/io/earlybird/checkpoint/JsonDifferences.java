package io.earlybird.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Differences between two JSON objects, such as the settings of a run then and now. */
public final class JsonDifferences {
  private JsonDifferences() {}

  /**
   * Lists the fields that differ, in the order of their names, as {@code name: first -> second};
   * fields within objects as {@code outer.inner}. Whole numbers and fractions of the same value are
   * equal; a missing field is {@code none}.
   */
  public static List<String> list(JsonNode first, JsonNode second) {
    return list(first, second, Set.of());
  }

  /**
   * As {@link #list(JsonNode, JsonNode)}, but skips some fields.
   *
   * @param ignored names of fields (as printed) whose values don't matter
   */
  public static List<String> list(JsonNode first, JsonNode second, Set<String> ignored) {
    List<String> differences = new ArrayList<>();
    compare("", first, second, ignored, differences);
    return differences;
  }

  private static void compare(
      String path, JsonNode first, JsonNode second, Set<String> ignored, List<String> found) {
    if (ignored.contains(path)) {
      return;
    }
    if (first.isObject() && second.isObject()) {
      Set<String> names = new TreeSet<>();
      first.fieldNames().forEachRemaining(names::add);
      second.fieldNames().forEachRemaining(names::add);
      for (String name : names) {
        String inner = path.isEmpty() ? name : path + "." + name;
        compare(inner, first.path(name), second.path(name), ignored, found);
      }
    } else if (!equal(first, second)) {
      found.add((path.isEmpty() ? "value" : path) + ": " + text(first) + " -> " + text(second));
    }
  }

  private static boolean equal(JsonNode first, JsonNode second) {
    if (first.isNumber() && second.isNumber()) {
      return first.decimalValue().compareTo(second.decimalValue()) == 0;
    }
    if (first.isArray() && second.isArray() && first.size() == second.size()) {
      for (int i = 0; i < first.size(); i++) {
        if (!equal(first.get(i), second.get(i))) {
          return false;
        }
      }
      return true;
    }
    return first.equals(second);
  }

  private static String text(JsonNode node) {
    return node.isMissingNode() ? "none" : node.isTextual() ? node.asText() : node.toString();
  }
}
