package io.earlybird.report;

import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.AtomicFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A picture as shapes, drawn in their order. Lengths are pixels from the upper left corner, colours
 * {@code 0xRRGGBB}. The same shapes become a PNG or an SVG.
 */
public final class Figure {
  /** Black enough for text and axes. */
  static final int INK = 0x202020;

  static final int BACKGROUND = 0xffffff;

  /** Colours of curves, told apart by the colour-blind as well. */
  private static final int[] PALETTE = {
    0x1f6fb4, 0xd95f02, 0x1b9e77, 0xc2318a, 0x8c6d1f, 0x5b4fa0, 0x666666, 0x66a61e
  };

  /** One part of a picture. */
  sealed interface Shape {}

  /** A filled rectangle. */
  record Box(int left, int top, int width, int height, int color) implements Shape {}

  /** The border of a rectangle, which lies within it. */
  record Frame(int left, int top, int width, int height, int thickness, int color)
      implements Shape {}

  /** Squares of {@code cell} pixels, {@code [rows][columns]} colours. */
  record Raster(int left, int top, int cell, int[][] colors) implements Shape {}

  /**
   * A line of text.
   *
   * @param align 0: begins at {@code x}; 0.5: centred there; 1: ends there
   * @param top upper edge of the capitals
   * @param scale size; capitals are {@code 7 scale} high, a character at most {@code 6 scale} wide
   */
  record Text(String text, int x, double align, int top, int scale, int color) implements Shape {}

  /** A line of text that reads upwards, centred at {@code centerY}. */
  record UpwardText(String text, int left, int centerY, int scale, int color) implements Shape {}

  /** How the points of a curve are drawn. */
  public enum Marker {
    /** The line alone. */
    NONE,
    /** Discs. */
    DOT,
    /** Five-pointed stars. */
    STAR
  }

  /**
   * Points, joined by a line or not.
   *
   * @param name what it shows
   * @param x of the points
   * @param y of the points
   * @param hints shown when one points at a point; as many as points
   * @param thickness of the line; 0 for none
   * @param size radius of the markers
   */
  record Curve(
      String name,
      double[] x,
      double[] y,
      List<String> hints,
      double thickness,
      boolean dashed,
      Marker marker,
      double size,
      int color)
      implements Shape {}

  private final int width;
  private final int height;
  private final List<Shape> shapes = new ArrayList<>();

  /** An empty picture of a size. */
  Figure(int width, int height) {
    this.width = width;
    this.height = height;
  }

  /** Adds a shape on top of the others. */
  Figure add(Shape shape) {
    shapes.add(shape);
    return this;
  }

  int width() {
    return width;
  }

  int height() {
    return height;
  }

  List<Shape> shapes() {
    return Collections.unmodifiableList(shapes);
  }

  /** A colour for the i-th of several things; they repeat after eight. */
  static int color(int i) {
    return PALETTE[i % PALETTE.length];
  }

  /** As SVG text, without anything that must be fetched; fit to stand within a page too. */
  public String svg() {
    return SvgRenderer.render(this);
  }

  /** As the bytes of a PNG. */
  public byte[] png() {
    return Canvas.of(this).png();
  }

  /**
   * Writes {@code NAME.png} and {@code NAME.svg}.
   *
   * @return the files
   * @throws EarlybirdException if one cannot be written
   */
  public List<Path> write(Path folder, String name) {
    Path png = folder.resolve(name + ".png");
    Path svg = folder.resolve(name + ".svg");
    byte[] pixels = png();
    byte[] text = svg().getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(png, out -> out.write(pixels));
    AtomicFile.write(svg, out -> out.write(text));
    return List.of(png, svg);
  }
}
