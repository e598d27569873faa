// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** {@link Work} is the one list of works: the documents repeat it, the peers name no other. */
class WorkTest {
  private static final Path BENCH = Path.of("../bench");

  @Test
  void theTableOfTheDocumentsIsTheList() throws Exception {
    List<String> rows = new ArrayList<>();
    for (Work w : Work.values()) {
      rows.add("| %s | `%s` | %s |".formatted(w.letter(), w.word(), w.title()));
    }
    List<String> shown =
        Files.readAllLines(BENCH.resolve("README.md")).stream()
            .filter(l -> l.matches("\\| [a-z] \\|.*"))
            .toList();
    assertThat(shown).isEqualTo(rows);
  }

  /** A peer names a work by its letter, with a digit where a work has parts: "f1". */
  @Test
  void theTorchPeerHasEveryWork() throws Exception {
    Set<String> named = new TreeSet<>();
    Pattern letter = Pattern.compile("\"([a-z])[0-9]?\"");
    for (String file : List.of("works.py", "torch_bench.py", "torch_train.py")) {
      Matcher m = letter.matcher(Files.readString(BENCH.resolve("peers").resolve(file)));
      while (m.find()) {
        named.add(m.group(1));
      }
    }
    for (Work w : Work.values()) {
      assertThat(named).contains(w.letter());
    }
  }

  /** A trainer keeps a learning rate for every model and step: a timing's fit a small heap. */
  @Test
  void learningRatesOfLargePacksFitTheHeap() {
    for (int m : new int[] {1, 16, 256, 1024}) {
      int epochs = TrainingWork.epochs(m, 20);
      assertThat(epochs).isGreaterThan(400);
      assertThat((long) m * 20 * epochs).isLessThanOrEqualTo(TrainingWork.RATES);
    }
  }
}
