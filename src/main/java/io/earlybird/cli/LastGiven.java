package io.earlybird.cli;

import java.util.Map;
import java.util.Stack;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Of an option for a list that is given twice, the last one counts, as for all others: a script's
 * values can be overridden by appending to its words.
 */
final class LastGiven implements IParameterPreprocessor {
  @Override
  @SuppressWarnings("JdkObsolete") // the interface asks for a Stack
  public boolean preprocess(
      Stack<String> args, CommandSpec command, ArgSpec option, Map<String, Object> info) {
    option.setValue(null);
    return false;
  }
}
