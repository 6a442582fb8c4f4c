package io.earlybird.cli;

import io.earlybird.EarlybirdException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns failures into one line for the user and an exit code. */
final class Failures {
  /** Exit code of wrong usage. */
  static final int WRONG_USAGE = 2;

  /** Exit code of an error of the program itself. */
  static final int INTERNAL_ERROR = 70;

  private Failures() {}

  /** Reports wrong usage: what is wrong, similar words if there are any, and where help is. */
  static int wrongUsage(ParameterException failure, String[] args) {
    CommandLine command = failure.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("earlybird: " + firstLine(failure.getMessage()));
    UnmatchedArgumentException.printSuggestions(failure, err);
    err.println("See '" + command.getCommandSpec().qualifiedName() + " --help'.");
    return WRONG_USAGE;
  }

  /**
   * Reports a failed run.
   *
   * @param failure what was thrown
   * @param err where the line goes
   * @param trace whether the stack trace follows
   * @return the exit code
   */
  static int report(Throwable failure, PrintWriter err, boolean trace) {
    Throwable told = failure instanceof UncheckedIOException ? failure.getCause() : failure;
    err.println("earlybird: " + describe(told, trace));
    if (trace) {
      failure.printStackTrace(err);
    }
    err.flush();
    if (told instanceof EarlybirdException known) {
      return known.exitCode();
    }
    return told instanceof IOException || told instanceof OutOfMemoryError
        ? EarlybirdException.DEFAULT_EXIT_CODE
        : INTERNAL_ERROR;
  }

  private static String describe(Throwable failure, boolean trace) {
    if (failure instanceof EarlybirdException) {
      return firstLine(failure.getMessage());
    } else if (failure instanceof FileSystemException e) {
      return describeFile(e);
    } else if (failure instanceof IOException) {
      return "reading or writing failed: " + firstLine(failure.getMessage());
    } else if (failure instanceof OutOfMemoryError) {
      return "not enough memory (" + firstLine(failure.getMessage()) + ")";
    }
    String advice = trace ? "" : "; --stacktrace shows where";
    return "internal error: " + firstLine(failure.toString()) + advice;
  }

  private static String describeFile(FileSystemException e) {
    String what;
    if (e instanceof NoSuchFileException) {
      what = "no such file or folder";
    } else if (e instanceof AccessDeniedException) {
      what = "permission denied";
    } else if (e instanceof FileAlreadyExistsException) {
      what = "exists already";
    } else if (e instanceof NotDirectoryException) {
      what = "not a folder";
    } else {
      what = e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
    }
    return e.getFile() == null ? what : e.getFile() + ": " + what;
  }

  private static String firstLine(String text) {
    return text == null ? "no message" : text.lines().findFirst().orElse("");
  }
}
