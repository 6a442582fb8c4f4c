package io.earlybird.plan;

import io.earlybird.tensor.DType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Operations and bytes that steps take, by part of the step and by number format. Operations are
 * nominal (two per multiply-add, padding included); bytes are those of the operands and results of
 * every kernel in their physical form, as if each came from memory and went back there. Immutable.
 */
public final class Work {
  /** No work. */
  public static final Work NONE = new Work(Map.of());

  /** What a kernel is there for. */
  public enum Part {
    /** Cutting batches from the data set. */
    DATA,
    /** The forward pass and the loss. */
    FORWARD,
    /** Gradients, and what is computed again for them. */
    BACKWARD,
    /** The optimizer, running averages. */
    UPDATE,
    /** Rounding to low-precision formats. */
    QUANTIZER,
    /** Masks and their distances. */
    MASK_DISTANCE,
    /** Counters, and changes of form that belong to nothing else. */
    OTHER
  }

  /**
   * The work of one part.
   *
   * @param operations arithmetic operations by the format of their operands
   * @param bytesRead bytes of operands
   * @param bytesWritten bytes of results
   */
  public record Amount(Map<DType, Long> operations, long bytesRead, long bytesWritten) {
    /** Copies the map. */
    public Amount {
      Map<DType, Long> copy = new EnumMap<>(DType.class);
      copy.putAll(operations);
      operations = Collections.unmodifiableMap(copy);
    }

    /** Bytes read and written. */
    public long bytes() {
      return bytesRead + bytesWritten;
    }

    /** Operations of all formats. */
    public long allOperations() {
      return operations.values().stream().mapToLong(Long::longValue).sum();
    }

    private Amount plus(Amount other) {
      Map<DType, Long> sum = new EnumMap<>(DType.class);
      sum.putAll(operations);
      other.operations.forEach((format, n) -> sum.merge(format, n, Math::addExact));
      return new Amount(
          sum,
          Math.addExact(bytesRead, other.bytesRead),
          Math.addExact(bytesWritten, other.bytesWritten));
    }

    private Amount times(long n) {
      Map<DType, Long> product = new EnumMap<>(DType.class);
      operations.forEach((format, count) -> product.put(format, Math.multiplyExact(count, n)));
      return new Amount(
          product, Math.multiplyExact(bytesRead, n), Math.multiplyExact(bytesWritten, n));
    }
  }

  private static final Amount NOTHING = new Amount(Map.of(), 0, 0);

  private final Map<Part, Amount> amounts = new EnumMap<>(Part.class);

  private Work(Map<Part, Amount> amounts) {
    this.amounts.putAll(amounts);
  }

  /** The work of one part in one format. */
  public static Work of(
      Part part, DType format, long operations, long bytesRead, long bytesWritten) {
    Map<DType, Long> byFormat = operations == 0 ? Map.of() : Map.of(format, operations);
    return new Work(Map.of(part, new Amount(byFormat, bytesRead, bytesWritten)));
  }

  /** The sum of all. */
  public static Work sum(List<Work> all) {
    Work sum = NONE;
    for (Work w : all) {
      sum = sum.plus(w);
    }
    return sum;
  }

  /** Both. */
  public Work plus(Work other) {
    Map<Part, Amount> sum = new EnumMap<>(Part.class);
    for (Part part : union(other)) {
      sum.put(part, of(part).plus(other.of(part)));
    }
    return new Work(sum);
  }

  private Set<Part> union(Work other) {
    Set<Part> parts = EnumSet.noneOf(Part.class);
    parts.addAll(amounts.keySet());
    parts.addAll(other.amounts.keySet());
    return parts;
  }

  /** The same work so many times. */
  public Work times(long n) {
    Map<Part, Amount> product = new EnumMap<>(Part.class);
    amounts.forEach((part, amount) -> product.put(part, amount.times(n)));
    return new Work(product);
  }

  /** The work of one part. */
  public Amount of(Part part) {
    return amounts.getOrDefault(part, NOTHING);
  }

  /** The parts that take any work, in their order. */
  public List<Part> parts() {
    return new ArrayList<>(amounts.keySet());
  }

  /** The work of all parts. */
  public Amount total() {
    Amount sum = NOTHING;
    for (Amount a : amounts.values()) {
      sum = sum.plus(a);
    }
    return sum;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Work work && amounts.equals(work.amounts);
  }

  @Override
  public int hashCode() {
    return amounts.hashCode();
  }

  @Override
  public String toString() {
    return "Work" + amounts;
  }
}
