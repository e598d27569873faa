// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import org.rigor.exec.DeviceException;
import org.rigor.io.DataException;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.yaml.SpecException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/** Turns a failure into one message and an exit code; the stack trace only with {@code --debug}. */
final class Failures implements IExecutionExceptionHandler {
  @Override
  public int handleExecutionException(Exception e, CommandLine line, ParseResult parsed) {
    PrintWriter err = line.getErr();
    boolean debug = Rigor.debug(line);
    ExitCode exit;
    String message = e.getMessage();
    if (e instanceof RunException r) {
      exit = r.exit();
    } else if (e instanceof SpecException s) {
      exit = ExitCode.USAGE;
      int n = s.problems().size();
      message = message + "\n" + n + (n == 1 ? " problem" : " problems") + "; nothing was run";
    } else if (e instanceof DeviceException) {
      exit = ExitCode.ENVIRONMENT;
    } else if (e instanceof DataException) {
      exit = ExitCode.DATA;
    } else if (e instanceof NoSuchFileException missing) {
      exit = ExitCode.USAGE;
      message = "no such file: " + missing.getFile();
    } else if (e instanceof UncheckedIOException || e instanceof IOException) {
      exit = ExitCode.ENVIRONMENT;
    } else {
      exit = ExitCode.FAILED;
      message =
          "internal error: %s%s%s"
              .formatted(
                  e.getClass().getSimpleName(),
                  e.getMessage() == null ? "" : ": " + e.getMessage(),
                  debug ? "" : " (--debug shows where)");
    }
    err.println("rigor: " + message);
    if (debug) {
      e.printStackTrace(err);
    }
    return exit.code();
  }
}
