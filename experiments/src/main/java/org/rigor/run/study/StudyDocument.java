// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.List;
import org.rigor.run.yaml.Canonical;

/** A study of any kind as read from a file, with overrides applied. */
public interface StudyDocument {
  Path file();

  /** Returns the unmodified text of the file. */
  String text();

  /** Returns the assignments applied to it, in order. */
  List<String> overrides();

  /** Returns whether the values of its {@code smoke:} map were applied before the overrides. */
  boolean smoke();

  /** Returns the record bound from it. */
  Record spec();

  String name();

  String title();

  /** Returns the study with overrides applied and every default filled in. */
  default JsonObject canonical() {
    return Canonical.of(spec()).getAsJsonObject();
  }
}
