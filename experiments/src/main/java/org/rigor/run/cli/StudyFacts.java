// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import org.rigor.run.study.StudyDocument;
import org.rigor.run.study.StudyFile;
import org.rigor.run.theory.TheoryFile;

/**
 * What a list says of a study that was read without problems.
 *
 * @param title empty if it has none
 * @param size for example {@code 10 trials}
 */
record StudyFacts(String name, String title, String size) {
  static StudyFacts of(StudyDocument s) {
    return new StudyFacts(s.name(), s.title(), size(s));
  }

  private static String size(StudyDocument s) {
    if (s instanceof TheoryFile t) {
      return t.study().laws().size() + " laws";
    }
    StudyFile f = (StudyFile) s;
    long trials =
        (long) f.points().size()
            * f.study().training().methods().size()
            * f.study().sweep().seeds().size();
    return trials + " trials";
  }
}
