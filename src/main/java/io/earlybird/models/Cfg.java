package io.earlybird.models;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.earlybird.EarlybirdException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The original's list of widths that makes a network narrower than its depth's standard one, for
 * example {@code [64, 'M', 128]}. {@code 'M'} is a max pooling; what the numbers mean is up to the
 * network.
 */
public final class Cfg {
  private static final int POOL = 0;

  private final List<Integer> entries;

  private Cfg(List<Integer> entries) {
    this.entries = List.copyOf(entries);
  }

  /**
   * A list of positive integers and {@code "M"}.
   *
   * @throws EarlybirdException if it is empty or holds anything else
   */
  @JsonCreator
  public static Cfg of(List<?> entries) {
    List<Integer> out = new ArrayList<>();
    for (Object e : entries) {
      if (e instanceof Integer width && width > 0) {
        out.add(width);
      } else if ("M".equals(e)) {
        out.add(POOL);
      } else {
        throw new EarlybirdException("cfg: expected positive widths and 'M', found " + e);
      }
    }
    if (out.isEmpty()) {
      throw new EarlybirdException("cfg: expected at least one width, found none");
    }
    return new Cfg(out);
  }

  /** As {@link #of(List)}. */
  public static Cfg of(Object... entries) {
    return of(Arrays.asList(entries));
  }

  /**
   * Reads {@code 64,M,128}, with or without brackets, quotes and blanks.
   *
   * @throws EarlybirdException if it is something else
   */
  public static Cfg parse(String text) {
    List<Object> out = new ArrayList<>();
    for (String part : text.replaceAll("[\\[\\]'\"\\s]", "").split(",")) {
      // Nine digits always fit into an int.
      out.add(part.matches("[0-9]{1,9}") ? (Object) Integer.valueOf(part) : part);
    }
    return of(out);
  }

  /** Number of entries, poolings included. */
  public int size() {
    return entries.size();
  }

  /** Whether entry {@code i} is a pooling. */
  public boolean isPool(int i) {
    return entries.get(i) == POOL;
  }

  /** The width at entry {@code i}, which is no pooling. */
  public int width(int i) {
    if (isPool(i)) {
      throw new IllegalArgumentException("cfg entry " + i + " of " + this + " is a pooling");
    }
    return entries.get(i);
  }

  /** All widths in order, without the poolings. */
  public List<Integer> widths() {
    return entries.stream().filter(e -> e != POOL).toList();
  }

  /** Number of poolings. */
  public int pools() {
    return entries.size() - widths().size();
  }

  /** The same poolings between other widths. */
  public Cfg withWidths(List<Integer> widths) {
    List<Integer> out = new ArrayList<>(entries);
    int next = 0;
    for (int i = 0; i < out.size(); i++) {
      if (!isPool(i)) {
        out.set(i, widths.get(next++));
      }
    }
    return new Cfg(out);
  }

  /** Entries as JSON writes them. */
  @JsonValue
  public List<Object> toList() {
    List<Object> out = new ArrayList<>();
    entries.forEach(e -> out.add(e == POOL ? (Object) "M" : e));
    return out;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Cfg c && entries.equals(c.entries);
  }

  @Override
  public int hashCode() {
    return entries.hashCode();
  }

  /** As Python prints it: {@code [64, 'M', 128]}. */
  @Override
  public String toString() {
    return toList().stream().map(e -> e instanceof String ? "'" + e + "'" : e).toList().toString();
  }
}
