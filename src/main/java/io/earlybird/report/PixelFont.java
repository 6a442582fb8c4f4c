package io.earlybird.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A font of 5x7 pixels for pictures that are drawn without a desktop's libraries. The glyphs are
 * drawn in {@code font5x7.txt}; a character that is not there shows as a question mark.
 */
final class PixelFont {
  static final int WIDTH = 5;
  static final int HEIGHT = 7;

  /** Characters that hang below the line, and by how many pixels. */
  private static final String HANGING = "gjpqy,;";

  private static final int DROP = 2;

  /** From one character's left edge to the next one's. */
  static final int ADVANCE = WIDTH + 1;

  private final Map<Character, String[]> glyphs = new HashMap<>();

  PixelFont() {
    List<String> lines = lines();
    for (int top = 0; top < lines.size(); top += HEIGHT + 2) {
      String names = lines.get(top);
      for (int left = 0; left < names.length(); left += ADVANCE) {
        String[] rows = new String[HEIGHT];
        for (int row = 0; row < HEIGHT; row++) {
          rows[row] = lines.get(top + 1 + row).substring(left, left + WIDTH);
        }
        glyphs.put(names.charAt(left), rows);
      }
    }
    String[] blank = new String[HEIGHT];
    Arrays.fill(blank, ".".repeat(WIDTH));
    glyphs.put(' ', blank);
  }

  /** True if the glyph has ink at column {@code x} of row {@code y}. */
  boolean ink(char c, int x, int y) {
    return glyphs.getOrDefault(c, glyphs.get('?'))[y].charAt(x) == '#';
  }

  /** How far the character hangs below the others' lower edge. */
  static int drop(char c) {
    return HANGING.indexOf(c) < 0 ? 0 : DROP;
  }

  /** True if the font has a glyph of its own for the character. */
  boolean has(char c) {
    return glyphs.containsKey(c);
  }

  /** Width of a line of text in font pixels. */
  static int width(String text) {
    return text.isEmpty() ? 0 : text.length() * ADVANCE - 1;
  }

  private static List<String> lines() {
    try (InputStream in = PixelFont.class.getResourceAsStream("font5x7.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
