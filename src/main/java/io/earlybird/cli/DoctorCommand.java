package io.earlybird.cli;

import io.earlybird.EarlybirdException;
import io.earlybird.doctor.Diagnosis;
import io.earlybird.doctor.Doctor;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code doctor}: what this machine has, what it lacks and what to do. */
@Command(
    name = "doctor",
    description = {
      "Shows what is found on this machine, what is missing, and what to do.",
      "Fails only if something is missing that earlybird cannot run without."
    })
final class DoctorCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--json", description = "Print JSON instead of a table.")
  private boolean json;

  @Override
  public Integer call() {
    Diagnosis diagnosis = Doctor.here().examine();
    var out = spec.commandLine().getOut();
    out.print(json ? diagnosis.toJson() + System.lineSeparator() : diagnosis.toTable());
    out.flush();
    return diagnosis.ok() ? 0 : EarlybirdException.DEFAULT_EXIT_CODE;
  }
}
