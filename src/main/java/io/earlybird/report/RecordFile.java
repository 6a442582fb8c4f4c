package io.earlybird.report;

import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.AtomicFile;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The original's {@code record.txt}: one row per epoch with the mean training loss, the training
 * and the test accuracy in percent, and in low precision the averaged network's, as {@code %10.5f}
 * with commas between. Unlike the original's, the last row stays what it is.
 */
public final class RecordFile {
  private final Path file;
  private final int columns;
  private final List<double[]> rows;

  private RecordFile(Path file, int columns, List<double[]> rows) {
    this.file = file;
    this.columns = columns;
    this.rows = rows;
  }

  /**
   * A file without rows; written with the first row.
   *
   * @param columns 3, or 4 with the averaged network
   */
  public static RecordFile create(Path file, int columns) {
    return new RecordFile(file, columns, new ArrayList<>());
  }

  /**
   * Continues a file.
   *
   * @param epochs number of rows to keep: the epochs that the resumed run has completed
   * @throws EarlybirdException if it has fewer rows or any that is not of that many numbers
   */
  public static RecordFile resume(Path file, int columns, int epochs) {
    List<double[]> rows = read(file, columns);
    if (rows.size() < epochs) {
      throw new EarlybirdException(
          file + ": expected rows of " + epochs + " epochs, found " + rows.size());
    }
    return new RecordFile(file, columns, new ArrayList<>(rows.subList(0, epochs)));
  }

  /**
   * Reads a file.
   *
   * @param columns numbers expected in each row
   * @throws EarlybirdException if a row is not of that many numbers
   */
  public static List<double[]> read(Path file, int columns) {
    List<String> lines;
    try {
      lines = Files.readAllLines(file, StandardCharsets.US_ASCII);
    } catch (MalformedInputException e) {
      throw new EarlybirdException(file + ": expected rows of numbers, found no text", e);
    } catch (IOException e) {
      throw new EarlybirdException(file + ": cannot be read: " + e.getMessage(), e);
    }
    List<double[]> rows = new ArrayList<>();
    for (String line : lines) {
      rows.add(row(line, columns, file + ": line " + (rows.size() + 1)));
    }
    return rows;
  }

  /**
   * Adds an epoch's row and writes the file atomically.
   *
   * @throws EarlybirdException if it cannot be written
   */
  public void add(double... row) {
    if (row.length != columns) {
      throw new IllegalArgumentException(row.length + " numbers for " + columns + " columns");
    }
    rows.add(row.clone());
    String text = rows.stream().map(RecordFile::text).collect(Collectors.joining());
    AtomicFile.write(file, out -> out.write(text.getBytes(StandardCharsets.US_ASCII)));
  }

  /** The rows so far. */
  public List<double[]> rows() {
    return rows.stream().map(double[]::clone).toList();
  }

  private static String text(double[] row) {
    return Arrays.stream(row).mapToObj(RecordFile::text).collect(Collectors.joining(",")) + "\n";
  }

  private static String text(double value) {
    if (Double.isNaN(value)) {
      return "       nan";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "       inf" : "      -inf";
    }
    return String.format(Locale.ROOT, "%10.5f", value);
  }

  private static double[] row(String line, int columns, String where) {
    String[] fields = line.split(",", -1);
    double[] row = new double[columns];
    try {
      for (int i = 0; i < columns; i++) {
        row[i] = number(fields[i].trim());
      }
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      throw new EarlybirdException(where + ": expected " + columns + " numbers", e);
    }
    if (fields.length != columns) {
      throw new EarlybirdException(
          where + ": expected " + columns + " numbers, found " + fields.length);
    }
    return row;
  }

  private static double number(String text) {
    return switch (text) {
      case "nan" -> Double.NaN;
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }
}
