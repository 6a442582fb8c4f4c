package io.earlybird.cli;

import java.io.PrintWriter;
import java.io.Writer;

/** Whole lines, each after a prefix, so that several runs can share an output. */
final class PrefixedLines extends PrintWriter {
  /**
   * Lines that go to another output.
   *
   * @param to which others write to as well, line by line
   */
  PrefixedLines(PrintWriter to, String prefix) {
    super(new Lines(to, prefix), true);
  }

  private static final class Lines extends Writer {
    private final PrintWriter to;
    private final String prefix;
    private final StringBuilder line = new StringBuilder();

    Lines(PrintWriter to, String prefix) {
      this.to = to;
      this.prefix = prefix;
    }

    @Override
    public void write(char[] text, int from, int count) {
      for (int i = from; i < from + count; i++) {
        if (text[i] == '\n') {
          end();
        } else {
          line.append(text[i]);
        }
      }
    }

    private void end() {
      synchronized (to) {
        to.println(prefix + line);
        to.flush();
      }
      line.setLength(0);
    }

    @Override
    public void flush() {
      // A line is written when it is whole.
    }

    @Override
    public void close() {
      if (line.length() > 0) {
        end();
      }
    }
  }
}
