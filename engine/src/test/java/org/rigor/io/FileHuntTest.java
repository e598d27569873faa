// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The hunt itself: its inputs repeat, differ, and nothing but a refusal passes for one. */
class FileHuntTest {
  private static final List<byte[]> VALID =
      List.of(new byte[64], "valid content".getBytes(StandardCharsets.UTF_8));

  @Test
  void anInputIsAFunctionOfItsRound() {
    Set<String> seen = new HashSet<>();
    for (int round = 0; round < 500; round++) {
      byte[] b = FileHunt.damaged(VALID, round);
      assertThat(b).isEqualTo(FileHunt.damaged(VALID, round));
      seen.add(new String(b, StandardCharsets.ISO_8859_1));
    }
    assertThat(seen).hasSizeGreaterThan(400);
    assertThat(VALID.get(0)).containsOnly(0);
  }

  @Test
  void onlyARefusalThatNamesTheFilePasses() {
    FileHunt.Inputs any = round -> FileHunt.damaged(VALID, round);
    FileHunt.Tally t =
        FileHunt.run(
            "self",
            "f.bin",
            9,
            any,
            (b, round) -> {
              if (round % 3 == 0) {
                throw new DataException("f.bin: no");
              }
              return round % 3 == 1;
            });
    assertThat(t.refused() + t.read()).isGreaterThanOrEqualTo(9);
    assertThat(t.compared()).isEqualTo((t.refused() + t.read() + 1) / 3);
    assertThatThrownBy(
            () ->
                FileHunt.run(
                    "self",
                    "f.bin",
                    9,
                    any,
                    (b, round) -> {
                      throw new ArrayIndexOutOfBoundsException(round);
                    }))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("self, round 0");
    assertThatThrownBy(
            () ->
                FileHunt.run(
                    "self",
                    "f.bin",
                    9,
                    any,
                    (b, round) -> {
                      throw new DataException("no");
                    }))
        .isInstanceOf(AssertionError.class);
  }
}
