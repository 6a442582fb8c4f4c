package io.earlybird.cli;

import java.io.Console;
import java.lang.reflect.InvocationTargetException;

/** Whether somebody watches the output. */
final class Terminal {
  private Terminal() {}

  /** Whether standard input and output are a terminal that can redraw a line. */
  static boolean isOne() {
    Console console = System.console();
    if (console == null || "dumb".equals(System.getenv("TERM"))) {
      return false;
    }
    try {
      // From JDK 22 on there is a console where there is no terminal, too.
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (NoSuchMethodException e) {
      return true;
    } catch (IllegalAccessException | InvocationTargetException e) {
      return false;
    }
  }
}
