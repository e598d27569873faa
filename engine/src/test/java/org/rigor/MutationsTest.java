// SPDX-License-Identifier: Apache-2.0
package org.rigor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Keeps {@code mutations.tsv} true to the sources: each line is there exactly once and its test
 * exists. {@code .ci/mutate} breaks each in turn in a copy and demands that its test turns red.
 */
class MutationsTest {
  @Test
  void everyListedLineCanBeBrokenAndHasItsTest() throws IOException {
    Path root = Path.of("").toAbsolutePath().getParent();
    List<String> rows =
        Files.readAllLines(root.resolve("engine/src/test/resources/mutations.tsv")).stream()
            .filter(l -> !l.isBlank() && !l.startsWith("#"))
            .toList();
    assertThat(rows).hasSizeGreaterThanOrEqualTo(10);
    for (String row : rows) {
      String[] c = row.split("\t");
      assertThat(c).as(row).hasSize(4);
      assertThat(c[2]).as(row).isNotEqualTo(c[1]);
      String source = Files.readString(root.resolve(c[0]));
      assertThat(source.split(java.util.regex.Pattern.quote(c[1]), -1).length - 1)
          .as("%s contains: %s", c[0], c[1])
          .isEqualTo(1);
      Path test = root.resolve("engine/src/test/java/" + c[3].replace('.', '/') + ".java");
      assertThat(test).exists();
    }
  }
}
