// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import org.rigor.exec.DeviceException;
import org.rigor.io.DataException;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.yaml.SpecException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/**
 * A handler that turns a failure into one message and an exit code; the stack trace appears only
 * with {@code --debug}.
 */
final class Failures implements IExecutionExceptionHandler {
  @Override
  public int handleExecutionException(Exception e, CommandLine line, ParseResult parsed) {
    PrintWriter err = line.getErr();
    boolean debug = Rigor.debug(line);
    Said said = say(e, debug);
    err.println("rigor: " + said.message());
    if (debug) {
      e.printStackTrace(err);
    }
    return said.exit().code();
  }

  /** Returns in words what went wrong with a file; Java's own message may be the path alone. */
  static String reason(IOException e) {
    if (e instanceof NoSuchFileException missing) {
      return missing.getFile() + " does not exist";
    }
    if (e instanceof AccessDeniedException denied) {
      return denied.getFile() + ": permission denied";
    }
    if (e instanceof CharacterCodingException) {
      return "it is no UTF-8 text";
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  /** The message and the exit code of a failure. */
  record Said(ExitCode exit, String message) {}

  /**
   * @param debug whether the stack trace follows
   */
  static Said say(Exception e, boolean debug) {
    String message = e.getMessage();
    if (e instanceof RunException r) {
      return new Said(r.exit(), message);
    }
    if (e instanceof SpecException s) {
      int n = s.problems().size();
      String count = n + (n == 1 ? " problem" : " problems") + "; nothing was run";
      return new Said(ExitCode.USAGE, message + "\n" + count);
    }
    if (e instanceof DeviceException) {
      return new Said(ExitCode.ENVIRONMENT, message);
    }
    if (e instanceof DataException) {
      return new Said(ExitCode.DATA, message);
    }
    if (e instanceof NoSuchFileException missing) {
      return new Said(ExitCode.DATA, "no such file: " + missing.getFile());
    }
    if (e instanceof IOException io) {
      return new Said(ExitCode.ENVIRONMENT, reason(io));
    }
    if (e instanceof UncheckedIOException) {
      return new Said(ExitCode.ENVIRONMENT, message);
    }
    return new Said(
        ExitCode.FAILED,
        "internal error: %s%s%s"
            .formatted(
                e.getClass().getSimpleName(),
                message == null ? "" : ": " + message,
                debug ? "" : " (--debug shows where)"));
  }
}
