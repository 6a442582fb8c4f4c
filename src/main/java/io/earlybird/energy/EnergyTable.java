package io.earlybird.energy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.earlybird.EarlybirdException;
import io.earlybird.plan.Work;
import io.earlybird.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Energy per operation by number format and per byte by kind of memory, from which estimates are
 * made: arithmetic and memory alone, so far less than a whole machine takes. The default:
 *
 * <p>M. Horowitz, "Computing's Energy Problem (and what we can do about it)", ISSCC 2014 (45 nm,
 * 0.9 V), pJ for multiplication and addition: fp32 3.7 and 0.9, fp16 1.1 and 0.4, int8 0.2 and
 * 0.03, int32 3.1 and 0.1; DRAM 1.3 to 2.6 nJ per 64 bits. An operation is half a multiply-add;
 * 16-bit products are summed in fp32 (bf16 as fp16) and 8-bit products in int32. The lower DRAM
 * figure is taken. HBM2: 3.92 pJ per bit, M. O'Connor et al., "Fine-Grained DRAM", MICRO 2017.
 * Derived: fp64 from fp32, the product four times, the sum twice; int64 as two int32 additions.
 *
 * @param source where the figures come from
 * @param operation pJ per operation
 * @param bytes pJ per byte by backend name; {@code default} for others
 */
public record EnergyTable(String source, Map<DType, Double> operation, Map<String, Double> bytes) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String OTHER = "default";

  /** The figures that are used unless others are given. */
  public static final EnergyTable DEFAULT =
      new EnergyTable(
          "Horowitz, ISSCC 2014 (45 nm); HBM2: O'Connor et al., MICRO 2017",
          Map.of(
              DType.F64, (4 * 3.7 + 2 * 0.9) / 2,
              DType.F32, (3.7 + 0.9) / 2,
              DType.BF16, (1.1 + 0.9) / 2,
              DType.U8, (0.2 + 0.1) / 2,
              DType.I32, 0.1,
              DType.I64, 0.2),
          Map.of(OTHER, 1300.0 / 8, "cuda", 3.92 * 8));

  /** Copies the maps. */
  public EnergyTable {
    Map<DType, Double> copy = new EnumMap<>(DType.class);
    copy.putAll(operation);
    operation = Collections.unmodifiableMap(copy);
    bytes = Collections.unmodifiableMap(new TreeMap<>(bytes));
  }

  /**
   * Reads a table: {@code {"source": text, "operation_pj": {"f32": 2.3, …}, "byte_pj": {"default":
   * 162.5, "cuda": 31}}}. What it leaves out is the default's.
   *
   * @throws EarlybirdException if it is no such file
   */
  public static EnergyTable read(Path file) {
    JsonNode json;
    try {
      json = JSON.readTree(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new EarlybirdException(
          file + ": cannot be read as an energy table: " + firstLine(e), e);
    }
    if (!json.path("source").isTextual()) {
      throw new EarlybirdException(file + ": \"source\" must say where the figures come from");
    }
    Map<DType, Double> operation = new EnumMap<>(DEFAULT.operation);
    json.path("operation_pj")
        .properties()
        .forEach(e -> operation.put(format(e.getKey(), file), figure(e.getValue(), file)));
    Map<String, Double> bytes = new TreeMap<>(DEFAULT.bytes);
    json.path("byte_pj")
        .properties()
        .forEach(e -> bytes.put(e.getKey(), figure(e.getValue(), file)));
    return new EnergyTable(json.path("source").asText(), operation, bytes);
  }

  private static DType format(String name, Path file) {
    for (DType t : DType.values()) {
      if (t.name().toLowerCase(Locale.ROOT).equals(name)) {
        return t;
      }
    }
    throw new EarlybirdException(file + ": unknown number format '" + name + "'");
  }

  private static double figure(JsonNode value, Path file) {
    if (!value.isNumber() || !(value.doubleValue() >= 0)) {
      throw new EarlybirdException(file + ": expected picojoules, not " + value);
    }
    return value.doubleValue();
  }

  private static String firstLine(IOException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  /**
   * What the work takes by these figures.
   *
   * @param backend name of the backend that does it
   */
  public Energy estimate(Work work, String backend) {
    double picojoules = 0;
    for (Work.Part part : work.parts()) {
      Work.Amount amount = work.of(part);
      for (Map.Entry<DType, Long> e : amount.operations().entrySet()) {
        picojoules += e.getValue() * operation.get(e.getKey());
      }
      picojoules += amount.bytes() * bytes.getOrDefault(backend, bytes.get(OTHER));
    }
    return Energy.estimated(picojoules * 1e-12);
  }
}
