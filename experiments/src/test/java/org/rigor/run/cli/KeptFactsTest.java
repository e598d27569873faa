// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptFactsTest {
  private static final StudyFacts FACTS = new StudyFacts("small", "A title", "10 trials");

  @TempDir Path folder;

  private KeptFacts open(String build) {
    return new KeptFacts(Optional.of(folder.resolve("facts")), build);
  }

  private void keep(String text, String build) {
    KeptFacts facts = open(build);
    facts.put(text, FACTS);
    facts.write();
  }

  @Test
  void factsHoldForTheirTextAndTheirBuild() {
    keep("name: small", "one");
    assertThat(open("one").get("name: small")).contains(FACTS);
    assertThat(open("one").get("name: small ")).isEmpty();
    assertThat(open("two").get("name: small")).isEmpty();
  }

  @Test
  void factsOfTextsThatAreGoneAreDropped() {
    keep("name: old", "one");
    keep("name: new", "one");
    assertThat(open("one").get("name: old")).isEmpty();
    assertThat(open("one").get("name: new")).contains(FACTS);
  }

  @Test
  void aTornFileOrAChangedByteIsFoundOut() throws Exception {
    keep("name: small", "one");
    Path file = folder.resolve("facts");
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThat(open("one").get("name: small")).as("%d bytes", length).isEmpty();
    }
    for (int i = 0; i < whole.length; i++) {
      byte[] changed = whole.clone();
      changed[i] ^= 1;
      Files.write(file, changed);
      assertThat(open("one").get("name: small")).as("byte %d", i).isEmpty();
    }
  }

  @Test
  void withoutAFileNothingIsKept() {
    KeptFacts none = new KeptFacts(Optional.empty(), "");
    none.put("name: small", FACTS);
    none.write();
    assertThat(folder).isEmptyDirectory();
  }
}
