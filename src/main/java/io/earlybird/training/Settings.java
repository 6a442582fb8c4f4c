package io.earlybird.training;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.earlybird.EarlybirdException;
import io.earlybird.backend.Precision;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Everything that was chosen for a run. It is the run folder's {@code config.json}: an object per
 * part, in it the options' long names.
 *
 * @param command the command that the run belongs to
 * @param network which network
 * @param data which pictures
 * @param training how it is trained
 * @param tickets which tickets are searched for; null if none are
 * @param retraining how a ticket is trained; null if none is
 * @param engine what computes
 * @param saving what is written on the way
 * @param precision in how many bits it is trained
 */
public record Settings(
    String command,
    NetworkSettings network,
    DataSettings data,
    TrainingSettings training,
    TicketSettings tickets,
    RetrainSettings retraining,
    EngineSettings engine,
    SavingSettings saving,
    PrecisionSettings precision) {
  /** Options that may change when a run is resumed. */
  private static final Set<String> FREE =
      Set.of(
          "epochs",
          "data",
          "workers",
          "skip-corrupt",
          "threads",
          "backend",
          "keep",
          "checkpoint-seconds",
          "pth");

  /** Options among the free ones after whose change the bits may differ. */
  private static final Set<String> BITS = Set.of("threads", "backend");

  /**
   * Fills in what is not said, full precision, and checks what several parts must agree on.
   *
   * @throws EarlybirdException if weights are to be averaged after the last epoch
   */
  public Settings {
    precision = precision == null ? PrecisionSettings.FULL : precision;
    precision.checkEpochs(training.epochs());
    if (retraining != null
        && retraining.baselines().contains(Baseline.FULL_PRECISION)
        && precision.lowPrecision(false).isFull()) {
      throw new EarlybirdException(
          "--baselines full-precision is for searches in low precision; this one is in full");
    }
  }

  /** A run in full precision. */
  public Settings(
      String command,
      NetworkSettings network,
      DataSettings data,
      TrainingSettings training,
      TicketSettings tickets,
      RetrainSettings retraining,
      EngineSettings engine,
      SavingSettings saving) {
    this(command, network, data, training, tickets, retraining, engine, saving, null);
  }

  /**
   * What a trainer needs.
   *
   * @param retraining whether a ticket is trained, not the dense network
   */
  @JsonIgnore
  public Recipe recipe(boolean retraining) {
    return training.recipe().with(precision.lowPrecision(retraining), precision.swa());
  }

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .build();

  /**
   * One option that differs between two runs.
   *
   * @param option long name without dashes
   * @param before the old value as JSON
   * @param after the new value as JSON
   */
  public record Change(String option, String before, String after) {
    /** Whether a resumed run may take it without being told so. */
    public boolean isFree() {
      return FREE.contains(option);
    }

    /** Whether the rest of the run may come out in other bits, although the option is free. */
    public boolean mayChangeBits() {
      return BITS.contains(option);
    }

    @Override
    public String toString() {
      return "--" + option + " was " + before + ", is now " + after;
    }
  }

  /** The same with other ways to retrain. */
  Settings with(RetrainSettings other) {
    return new Settings(
        command, network, data, training, tickets, other, engine, saving, precision);
  }

  /** The same, but tickets are trained in full precision, whatever the search was in. */
  Settings retrainedInFullPrecision() {
    ObjectNode json = toJson();
    ((ObjectNode) json.get("precision")).put("retrain-precision", "fp32");
    return fromJson(json, "these settings");
  }

  /** The same with another training. */
  Settings with(TrainingSettings other) {
    return new Settings(
        command, network, data, other, tickets, retraining, engine, saving, precision);
  }

  /** As JSON. */
  public ObjectNode toJson() {
    return JSON.valueToTree(this);
  }

  /**
   * Reads what {@link #toJson} gave.
   *
   * @param source named in the message
   * @throws EarlybirdException if it is something else
   */
  public static Settings fromJson(JsonNode json, String source) {
    try {
      return JSON.treeToValue(withDefaults(json), Settings.class);
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new EarlybirdException(source + " holds no settings of this version: " + reason(e), e);
    }
  }

  /** Settings of a run that was begun before some options existed, which it did not use. */
  private static JsonNode withDefaults(JsonNode json) {
    JsonNode settings = json.deepCopy();
    if (settings instanceof ObjectNode parts) {
      if (parts.get("data") instanceof ObjectNode data && !data.has("val-split")) {
        data.putNull("val-split");
      }
      if (parts.get("engine") instanceof ObjectNode engine) {
        engine.putIfAbsent("precision", TextNode.valueOf(Precision.FP32.label()));
        engine.putIfAbsent("nondeterministic", BooleanNode.FALSE);
      }
      if (!parts.has("saving")) {
        parts.set("saving", JSON.valueToTree(SavingSettings.DEFAULT));
      }
    }
    return settings;
  }

  private static String reason(Exception e) {
    Throwable cause = e.getCause() instanceof EarlybirdException ? e.getCause() : e;
    return cause.getMessage().lines().findFirst().orElse("");
  }

  /**
   * The settings of a resumed run: the stored ones, but for the options that were given again.
   *
   * @param given the settings with defaults in the place of options that were not given
   * @param explicit long names, without dashes, of the options that were
   * @throws EarlybirdException if they are settings of another command
   */
  public Settings resumedWith(Settings given, Set<String> explicit) {
    if (!given.command().equals(command)) {
      throw new EarlybirdException(
          "this run was started by '" + command + "', not by '" + given.command() + "'");
    }
    Set<String> said = new LinkedHashSet<>(explicit);
    if (explicit.contains("precision")) {
      said.addAll(List.of("wl-weight", "wl-grad", "wl-activate", "wl-error", "wl-momentum"));
    }
    ObjectNode merged = toJson();
    ObjectNode fresh = given.toJson();
    merged
        .properties()
        .forEach(
            part -> {
              if (part.getValue() instanceof ObjectNode values
                  && fresh.get(part.getKey()) instanceof ObjectNode others) {
                for (String option : said) {
                  if (others.has(option)) {
                    values.set(option, others.get(option));
                  }
                }
              }
            });
    return fromJson(merged, "the command line");
  }

  /** What differs from another run's settings, in the order of the parts. */
  public List<Change> changesFrom(Settings before) {
    List<Change> out = new ArrayList<>();
    ObjectNode old = before.toJson();
    toJson()
        .properties()
        .forEach(
            part -> {
              Set<String> options = names(part.getValue());
              options.addAll(names(old.path(part.getKey())));
              for (String option : options) {
                compare(
                    option,
                    old.path(part.getKey()).path(option),
                    part.getValue().path(option),
                    out);
              }
            });
    return out;
  }

  private static Set<String> names(JsonNode part) {
    Set<String> out = new java.util.LinkedHashSet<>();
    part.fieldNames().forEachRemaining(out::add);
    return out;
  }

  private static void compare(String option, JsonNode before, JsonNode after, List<Change> out) {
    if (!before.equals(after)) {
      out.add(new Change(option, show(before), show(after)));
    }
  }

  private static String show(JsonNode value) {
    return value.isMissingNode() || value.isNull()
        ? "unset"
        : value.isTextual() ? value.asText() : value.toString();
  }

  /**
   * Checks that a run may be resumed with these settings.
   *
   * @param before the settings it was started with
   * @param override whether every change was allowed
   * @return lines for the user: what changed, and whether bits may differ
   * @throws EarlybirdException naming old and new values, if a change was not allowed
   */
  public List<String> checkResume(Settings before, boolean override) {
    List<Change> changes = changesFrom(before);
    List<Change> refused = changes.stream().filter(c -> !c.isFree() && !override).toList();
    if (!refused.isEmpty()) {
      throw new EarlybirdException(
          refused.stream().map(Change::toString).collect(Collectors.joining("; "))
              + ": add --override to continue with the new value"
              + (refused.size() == 1 ? "" : "s"));
    }
    return changes.stream()
        .map(c -> c + (c.mayChangeBits() ? " (the rest may come out in other bits)" : ""))
        .toList();
  }
}
