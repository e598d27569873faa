// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import java.util.Optional;

/**
 * A fast reader for manifest lines exactly as {@link Manifest.Entry#line} writes them, without a
 * JSON parser.
 */
final class ManifestLine {
  private final String line;
  private int at;

  private ManifestLine(String line) {
    this.line = line;
  }

  /** Returns the entry; empty if the line has another form, which need not be an error. */
  static Optional<Manifest.Entry> read(String line) {
    return line.indexOf('\\') >= 0 || !line.endsWith("\"}")
        ? Optional.empty()
        : new ManifestLine(line).entry();
  }

  private Optional<Manifest.Entry> entry() {
    String path = between("{\"path\":\"", "\"");
    String size = between(",\"size\":", ",");
    at--; // the next key begins with the comma
    String sha = between(",\"sha256\":\"", "\"");
    String trial = line.startsWith(",\"trial\":\"", at) ? between(",\"trial\":\"", "\"") : "";
    String run = between(",\"run\":", ",");
    at--;
    String time = between(",\"time\":\"", "\"");
    if (path == null || sha == null || trial == null || time == null || at != line.length() - 1) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new Manifest.Entry(path, Long.parseLong(size), sha, trial, Integer.parseInt(run), time));
    } catch (NumberFormatException e) { // also for null
      return Optional.empty();
    }
  }

  private String between(String before, String after) {
    if (at < 0 || !line.startsWith(before, at)) {
      at = -1;
      return null;
    }
    int from = at + before.length();
    int to = line.indexOf(after, from);
    at = to < 0 ? -1 : to + after.length();
    return to < 0 ? null : line.substring(from, to);
  }
}
