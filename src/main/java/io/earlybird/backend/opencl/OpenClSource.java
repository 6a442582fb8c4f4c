package io.earlybird.backend.opencl;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text of an OpenCL C file with the headers that it includes in their places, because drivers
 * compile texts, not folders.
 */
final class OpenClSource {
  private static final Pattern INCLUDE = Pattern.compile("#include \"([^\"]+)\"");

  private final StringBuilder text = new StringBuilder();
  private final Set<String> seen = new HashSet<>();

  private OpenClSource() {}

  /** The text of {@code native/opencl/name.cl} after the prelude. */
  static String of(String name) {
    OpenClSource source = new OpenClSource();
    source.add("opencl/prelude.h");
    source.add("opencl/" + name + ".cl");
    return source.text.toString();
  }

  private void add(String path) {
    if (!seen.add(path)) {
      return;
    }
    int number = 0;
    text.append("#line 1 \"").append(path).append("\"\n");
    for (String line : read(path).split("\n", -1)) {
      number++;
      Matcher include = INCLUDE.matcher(line);
      if (include.matches()) {
        String name = include.group(1);
        add(name.contains("/") ? name : path.substring(0, path.lastIndexOf('/') + 1) + name);
        text.append("#line ").append(number + 1).append(" \"").append(path).append("\"\n");
      } else {
        text.append(line).append('\n');
      }
    }
  }

  private static String read(String path) {
    try (InputStream in = OpenClSource.class.getResourceAsStream("source/" + path)) {
      if (in == null) {
        throw new IllegalStateException("the build lacks " + path);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
