// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.rigor.run.study.StudyDocument;
import org.rigor.run.study.StudyText;
import org.rigor.run.yaml.Binder;

/**
 * A study of laws as read from a file with overrides applied.
 *
 * @param file the file
 * @param text its text, unchanged
 * @param overrides assignments applied to it, in order
 * @param smoke whether the values of its {@code smoke:} map were applied before them
 * @param study its content
 */
public record TheoryFile(
    Path file, String text, List<String> overrides, boolean smoke, TheoryStudy study)
    implements StudyDocument {

  /**
   * Binds a study of laws.
   *
   * @throws org.rigor.run.yaml.SpecException with every problem, including those of its smoke size
   * @throws IOException if the file cannot be read
   */
  public static TheoryFile of(StudyText text) throws IOException {
    TheoryFile file = bind(text);
    Optional<StudyText> small = text.inSmall();
    if (small.isPresent()) {
      bind(small.get());
    }
    return file;
  }

  private static TheoryFile bind(StudyText text) {
    TheoryStudy study = Binder.bind(text.tree(), TheoryStudy.class, text.problems());
    return new TheoryFile(text.file(), text.text(), text.overrides(), text.smoke(), study);
  }

  @Override
  public Record spec() {
    return study;
  }

  @Override
  public String name() {
    return study.name();
  }

  @Override
  public String title() {
    return study.title();
  }

  @Override
  public JsonObject canonical() {
    JsonObject out = new JsonObject();
    out.addProperty("type", StudyText.THEORY);
    StudyDocument.super.canonical().entrySet().forEach(e -> out.add(e.getKey(), e.getValue()));
    return out;
  }
}
