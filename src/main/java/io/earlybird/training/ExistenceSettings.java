package io.earlybird.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.AtomicFile;
import io.earlybird.optim.StepSchedule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;

/**
 * Which tickets an {@link Existence} draws, beside the settings of its trainings.
 *
 * @param draw epochs trained before a ticket is drawn, ascending, each once
 * @param seeds retrainings of each ticket
 * @param secondSchedule milestones of the second learning rate schedule; null for none
 * @param secondLr first learning rate of the second schedule; null for that of the first
 */
public record ExistenceSettings(
    List<Integer> draw, int seeds, List<Integer> secondSchedule, Double secondLr) {
  private static final String FILE = "existence-settings.json";
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Sorts the epochs and checks the values.
   *
   * @throws EarlybirdException naming the option and what it expects
   */
  public ExistenceSettings {
    draw = List.copyOf(new TreeSet<>(draw));
    if (draw.stream().anyMatch(e -> e < 0)) {
      throw new EarlybirdException("--draw must be epochs from 0 on, not " + draw);
    }
    if (seeds < 1) {
      throw new EarlybirdException("--seeds must be at least 1, not " + seeds);
    }
    if (secondSchedule != null) {
      secondSchedule = List.copyOf(secondSchedule);
      StepSchedule.of(1, secondSchedule);
    }
    if (secondLr != null && !(secondLr > 0)) {
      throw new EarlybirdException("--second-lr must be positive, not " + secondLr);
    }
  }

  /** Whether everything is done with a second schedule as well. */
  boolean hasSecond() {
    return secondSchedule != null || secondLr != null;
  }

  /** The trainings of the second schedule. */
  TrainingSettings second(TrainingSettings first) {
    return first.withRate(
        secondLr == null ? first.lr() : secondLr,
        secondSchedule == null ? first.schedule() : secondSchedule);
  }

  /** Writes them into a run's folder. */
  public void write(Path folder) {
    try {
      byte[] text = JSON.writeValueAsBytes(this);
      AtomicFile.write(folder.resolve(FILE), out -> out.write(text));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Those that a run was begun with.
   *
   * @throws EarlybirdException if the folder holds none
   */
  public static ExistenceSettings read(Path folder) {
    Path file = folder.resolve(FILE);
    try {
      return JSON.readValue(file.toFile(), ExistenceSettings.class);
    } catch (IOException e) {
      throw new EarlybirdException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
