// SPDX-License-Identifier: Apache-2.0
package org.rigor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Code that is written once for each element type, because Java has no primitive generics, stays
 * equal but for the names of its types: a fault mended in one twin is mended in all.
 */
class TwinsTest {
  private static final Path SOURCES = Path.of("src/main/java/org/rigor");

  /** Float spellings and their double twins, the longer first. */
  private static final List<String[]> DOUBLE =
      List.of(
          new String[] {"floatToRawIntBits", "doubleToRawLongBits"},
          new String[] {"intBitsToFloat", "longBitsToDouble"},
          new String[] {"FDRM", "DDRM"},
          new String[] {"FMatrixRMaj", "DMatrixRMaj"},
          new String[] {"F32", "F64"},
          new String[] {"float", "double"},
          new String[] {"Float", "Double"},
          new String[] {"0f", "0d"});

  private static final List<String[]> INT =
      List.of(new String[] {"float", "int"}, new String[] {"Float", "Int"});

  @Test
  void foldsOfDoublesAreFoldsOfFloatsRenamed() throws IOException {
    assertThat(body("exec/cpu/DoubleFold.java"))
        .isEqualTo(renamed(body("exec/cpu/FloatFold.java"), DOUBLE));
  }

  /** Ints have no NaN; nothing else differs. */
  @Test
  void foldsOfIntsAreFoldsOfFloatsWithoutNaN() throws IOException {
    String nan = "||(Int.isNaN(value)&&!Int.isNaN(best[column]))";
    String expected = renamed(body("exec/cpu/FloatFold.java"), INT);
    assertThat(expected).contains(nan);
    assertThat(body("exec/cpu/IntFold.java")).isEqualTo(expected.replace(nan, ""));
  }

  /** Every member with floats, and without doubles, has its twin in the same file. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "linalg/Gemm.java",
        "linalg/ScalarGemm.java",
        "exec/cpu/TileCopy.java",
        "linalg/VectorGemm.java",
        "linalg/WarmUp.java",
        "linalg/EjmlGemm.java"
      })
  void membersWithDoublesAreMembersWithFloatsRenamed(String file) throws IOException {
    Set<String> floats = members(file, "float", "double");
    Set<String> doubles = members(file, "double", "float");
    Set<String> renamed = floats.stream().map(m -> renamed(m, DOUBLE)).collect(Collectors.toSet());
    assertThat(withoutZeros(renamed)).isNotEmpty().isEqualTo(withoutZeros(doubles));
  }

  /** Products of both types leave out zeros, each in its way; those of doubles hand on rows. */
  private static Set<String> withoutZeros(Set<String> members) {
    return members.stream()
        .filter(m -> !m.matches(".*(runPacked\\(|interfaceRows).*"))
        .map(m -> m.replaceFirst("packed\\[length\\]=Sparse[^;]*;|Sparse\\w+\\.warm[^;]*;", ""))
        .map(
            m ->
                m.replace("scratch.get().withDoubles().sparse.scalar(", "ScalarGemm.INSTANCE.run("))
        .collect(Collectors.toSet());
  }

  /** The class after its comment, without white space. */
  private static String body(String file) throws IOException {
    String text = Files.readString(SOURCES.resolve(file));
    return squeezed(text.substring(text.indexOf("final class")));
  }

  /** Methods whose text has one word and not the other, without white space. */
  private static Set<String> members(String file, String with, String without) throws IOException {
    return Arrays.stream(Files.readString(SOURCES.resolve(file)).split("\n\n"))
        .map(m -> m.replaceAll("(?s)/\\*\\*.*?\\*/", ""))
        .filter(m -> m.matches("(?s).*\\b" + with + "\\b.*"))
        .filter(m -> !m.matches("(?s).*\\b(" + without + "|class)\\b.*"))
        .map(m -> squeezed(m).replaceAll("}+$", ""))
        .collect(Collectors.toSet());
  }

  /** Without white space, in which the formatter may break lines otherwise. */
  private static String squeezed(String text) {
    return text.replaceAll("\\s+", "");
  }

  private static String renamed(String text, List<String[]> names) {
    for (String[] name : names) {
      text = text.replace(name[0], name[1]);
    }
    return text;
  }
}
