package io.earlybird.checkpoint;

import io.earlybird.EarlybirdException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The header of a {@code .npy} file: {@code {'descr': '<f4', 'fortran_order': False, 'shape': (2,
 * 3), }}, read by a parser that accepts exactly these three keys and nothing that would need
 * Python.
 */
final class NpyHeader {
  static final int MAX_LENGTH = 1 << 16;
  static final int MAX_DIMENSIONS = 32;

  final NpyType type;
  final int[] shape;

  private NpyHeader(NpyType type, int[] shape) {
    this.type = type;
    this.shape = shape;
  }

  /** Header text, padded with blanks so that the data begin at a multiple of 64 bytes. */
  static byte[] format(NpyType type, int[] shape) {
    StringBuilder dims = new StringBuilder("(");
    for (int i = 0; i < shape.length; i++) {
      dims.append(i > 0 ? ", " : "").append(shape[i]);
    }
    dims.append(shape.length == 1 ? ",)" : ")");
    String text =
        "{'descr': '" + type.descr() + "', 'fortran_order': False, 'shape': " + dims + ", }";
    int unpadded = 10 + text.length() + 1;
    int padding = (64 - unpadded % 64) % 64;
    return (text + " ".repeat(padding) + "\n").getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * @param text the header without magic, version and length
   * @param file named in errors
   * @param offset offset of the header's first byte in the file
   */
  static NpyHeader parse(byte[] text, String file, int offset) {
    return new Parser(text, file, offset).header();
  }

  private static final class Parser {
    private final byte[] text;
    private final String file;
    private final int offset;
    private int at;

    Parser(byte[] text, String file, int offset) {
      this.text = text;
      this.file = file;
      this.offset = offset;
    }

    NpyHeader header() {
      NpyType type = null;
      Boolean fortran = null;
      int[] shape = null;
      expect('{');
      while (!accept('}')) {
        int keyAt = at;
        String key = string();
        expect(':');
        if (key.equals("descr") && type == null) {
          blanks();
          String where = where();
          type = NpyType.of(string(), where);
        } else if (key.equals("fortran_order") && fortran == null) {
          fortran = bool();
        } else if (key.equals("shape") && shape == null) {
          shape = tuple();
        } else {
          at = keyAt;
          throw error("one each of the keys descr, fortran_order, shape", "'" + key + "'");
        }
        if (!accept(',')) {
          expect('}');
          break;
        }
      }
      blanks();
      if (at != text.length) {
        throw error("end of the header", found());
      }
      if (type == null || fortran == null || shape == null) {
        throw error("the keys descr, fortran_order and shape", "a header without one of them");
      }
      if (fortran) {
        throw error("'fortran_order': False (C order)", "True");
      }
      return new NpyHeader(type, shape);
    }

    private int[] tuple() {
      expect('(');
      List<Integer> dims = new ArrayList<>();
      while (!accept(')')) {
        if (dims.size() == MAX_DIMENSIONS) {
          throw error("at most " + MAX_DIMENSIONS + " dimensions", "more");
        }
        dims.add(integer());
        if (!accept(',')) {
          if (dims.size() == 1) {
            throw error("',' (a tuple)", found());
          }
          expect(')');
          break;
        }
      }
      return dims.stream().mapToInt(Integer::intValue).toArray();
    }

    private int integer() {
      blanks();
      int start = at;
      long value = 0;
      while (at < text.length && text[at] >= '0' && text[at] <= '9') {
        value = value * 10 + (text[at] - '0');
        at++;
        if (value > Integer.MAX_VALUE) {
          throw error("a size of at most " + Integer.MAX_VALUE, "a larger one");
        }
      }
      if (at == start) {
        throw error("a size", found());
      }
      return (int) value;
    }

    private boolean bool() {
      blanks();
      for (String word : new String[] {"True", "False"}) {
        byte[] bytes = word.getBytes(StandardCharsets.US_ASCII);
        if (at + bytes.length <= text.length
            && Arrays.equals(text, at, at + bytes.length, bytes, 0, bytes.length)) {
          at += bytes.length;
          return word.equals("True");
        }
      }
      throw error("True or False", found());
    }

    private String string() {
      blanks();
      char quote = accept('"') ? '"' : '\'';
      if (quote == '\'') {
        expect('\'');
      }
      int start = at;
      while (at < text.length && text[at] != quote) {
        if (text[at] < 0x20 || text[at] == '\\') {
          throw error("a plain string", found());
        }
        at++;
      }
      String value = new String(text, start, at - start, StandardCharsets.ISO_8859_1);
      expect(quote);
      return value;
    }

    private void expect(char wanted) {
      if (!accept(wanted)) {
        throw error("'" + wanted + "'", found());
      }
    }

    private boolean accept(char wanted) {
      blanks();
      if (at < text.length && text[at] == wanted) {
        at++;
        return true;
      }
      return false;
    }

    private void blanks() {
      while (at < text.length && (text[at] == ' ' || text[at] == '\n')) {
        at++;
      }
    }

    private String found() {
      return at < text.length
          ? text[at] >= 0x20 && text[at] < 0x7f
              ? "'" + (char) text[at] + "'"
              : "byte " + (text[at] & 0xff)
          : "the header's end";
    }

    private String where() {
      return file + ": offset " + (offset + at);
    }

    private EarlybirdException error(String expected, String found) {
      return new EarlybirdException(where() + ": expected " + expected + ", found " + found);
    }
  }
}
