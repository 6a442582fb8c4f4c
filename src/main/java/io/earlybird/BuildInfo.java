package io.earlybird;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** What the build recorded about itself: the version, and the commit where git knew one. */
public final class BuildInfo {
  private static final Properties PROPERTIES = read();

  private BuildInfo() {}

  /** Version of earlybird, such as {@code 0.1.0}. */
  public static String version() {
    return PROPERTIES.getProperty("version");
  }

  /**
   * Abbreviated commit that was built, with {@code -dirty} appended where sources were changed
   * since; empty if it was built outside a git checkout.
   */
  public static String commit() {
    return PROPERTIES.getProperty("commit");
  }

  private static Properties read() {
    Properties properties = new Properties();
    try (InputStream in = BuildInfo.class.getResourceAsStream("build.properties")) {
      if (in == null) {
        throw new IllegalStateException("build.properties is missing from the class path");
      }
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties;
  }
}
