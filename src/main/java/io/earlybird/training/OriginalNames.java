package io.earlybird.training;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the original's file names say. */
public final class OriginalNames {
  /** How the names of the original's files end. */
  public static final String SUFFIX = ".pth.tar";

  private static final String OWN_SUFFIX = ".safetensors";
  private static final Pattern TICKET =
      Pattern.compile("EB-(\\d{1,2}(?:\\.\\d{1,9})?)-(\\d{1,9})(?:\\..*)?");

  private OriginalNames() {}

  /**
   * What a ticket's name says.
   *
   * @param ratio fraction of channels to prune
   * @param epoch index of the epoch at whose start it was drawn; the name counts from 1
   */
  record TicketName(double ratio, int epoch) {}

  /** Reads {@code EB-30-35.pth.tar}: ratio 0.3, drawn at the start of epoch index 34. */
  static Optional<TicketName> ticket(Path file) {
    Matcher name = TICKET.matcher(file.getFileName().toString());
    if (!name.matches() || Integer.parseInt(name.group(2)) == 0) {
      return Optional.empty();
    }
    double ratio = new java.math.BigDecimal(name.group(1)).movePointLeft(2).doubleValue();
    return Optional.of(new TicketName(ratio, Integer.parseInt(name.group(2)) - 1));
  }

  /**
   * The file, or where a {@code NAME.pth.tar} does not exist but {@code NAME.safetensors} does,
   * that one: chains of the original's commands go on although only our files were written.
   */
  public static Path existing(Path file) {
    String name = String.valueOf(file.getFileName());
    if (!name.endsWith(SUFFIX) || Files.exists(file)) {
      return file;
    }
    String stem = name.substring(0, name.length() - SUFFIX.length());
    Path own = file.resolveSibling(stem + OWN_SUFFIX);
    return Files.exists(own) ? own : file;
  }
}
