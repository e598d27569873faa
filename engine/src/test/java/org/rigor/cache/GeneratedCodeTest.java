// SPDX-License-Identifier: Apache-2.0
package org.rigor.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class GeneratedCodeTest {
  private static final String PLATFORM = "Vendor 17.0.9+1";

  @TempDir Path folder;

  /** What generated classes implement; public, as they are of another class loader. */
  public interface Function {
    int of(int x);
  }

  @Test
  void aSecondProcessReadsWhatTheFirstCompiled() throws IOException {
    GeneratedCode first = code(PLATFORM);
    assertThat(times(3, first)).isEqualTo(21);
    assertThat(first.compiled()).isOne();
    GeneratedCode second = code(PLATFORM);
    assertThat(times(3, second)).isEqualTo(21);
    assertThat(second.compiled()).isZero();
    assertThat(files()).hasSize(1);
  }

  @Test
  void whatNoProcessCompiledIsNotKept() throws IOException {
    String source = source("3 * x");
    assertThat(code(PLATFORM).kept(Function.class, "M", source)).isEmpty();
    code(PLATFORM).instance(Function.class, "M", source);
    assertThat(code(PLATFORM).kept(Function.class, "M", source).orElseThrow().of(7)).isEqualTo(21);
    Files.write(files().get(0), new byte[7]);
    GeneratedCode torn = code(PLATFORM);
    assertThat(torn.kept(Function.class, "M", source)).isEmpty();
    assertThat(torn.compiled()).isZero();
  }

  @Test
  void classesWithinTheClassAreKeptToo() {
    String source =
        source("new Inner().twice(x)")
            .replace("\n}", "\n  static class Inner { int twice(int x) { return 2 * x; } }\n}");
    for (int compiled : new int[] {1, 0}) {
      GeneratedCode code = code(PLATFORM);
      assertThat(code.instance(Function.class, "M", source).of(7)).isEqualTo(14);
      assertThat(code.compiled()).isEqualTo(compiled);
    }
  }

  @Test
  void tornAlteredAndEmptyFilesAreCompiledAgain() throws IOException {
    times(3, code(PLATFORM));
    Path file = files().get(0);
    byte[] whole = Files.readAllBytes(file);
    byte[] flipped = whole.clone();
    flipped[whole.length / 2] ^= 1;
    byte[] summed = whole.clone();
    summed[0] ^= 1;
    for (byte[] bad :
        List.of(
            new byte[0],
            Arrays.copyOf(whole, 20),
            Arrays.copyOf(whole, whole.length - 1),
            Arrays.copyOf(whole, whole.length + 1),
            flipped,
            summed)) {
      Files.write(file, bad);
      GeneratedCode code = code(PLATFORM);
      assertThat(times(3, code)).isEqualTo(21);
      assertThat(code.compiled()).isOne();
      assertThat(Files.readAllBytes(file)).isEqualTo(whole);
    }
    assertThat(files()).containsExactly(file);
  }

  @Test
  void theKeyDependsOnAllThatDecidesTheClassFiles() {
    String source = source("3 * x");
    String key = code(PLATFORM).key(Function.class, "M", source);
    assertThat(key).hasSize(64).isEqualTo(code(PLATFORM).key(Function.class, "M", source));
    assertThat(
            List.of(
                code("Vendor 17.0.9+2").key(Function.class, "M", source),
                code("Other 17.0.9+1").key(Function.class, "M", source),
                code(PLATFORM).key(IntUnaryOperator.class, "M", source),
                code(PLATFORM).key(Function.class, "N", source),
                code(PLATFORM).key(Function.class, "M", source("4 * x"))))
        .doesNotHaveDuplicates()
        .doesNotContain(key);
  }

  @Test
  void anotherJavaCompilesItsOwn() throws IOException {
    times(3, code(PLATFORM));
    GeneratedCode other = code("Vendor 25+36");
    assertThat(times(3, other)).isEqualTo(21);
    assertThat(other.compiled()).isOne();
    assertThat(files()).hasSize(2);
  }

  /** The compiler's version is part of the key, and stated, as reading it takes long. */
  @Test
  void theCompilerOfTheKeyIsTheOneInUse() throws IOException {
    Properties pom = new Properties();
    try (var in =
        org.codehaus.janino.SimpleCompiler.class.getResourceAsStream(
            "/META-INF/maven/org.codehaus.janino/janino/pom.properties")) {
      pom.load(in);
    }
    assertThat(GeneratedCode.COMPILER).isEqualTo("janino " + pom.getProperty("version"));
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aLinkIsNotFollowed(@TempDir Path other) throws IOException {
    times(3, code(PLATFORM));
    Path file = files().get(0);
    Path elsewhere = other.resolve("elsewhere.classes");
    Files.move(file, elsewhere);
    Files.createSymbolicLink(file, elsewhere);
    GeneratedCode code = code(PLATFORM);
    assertThat(times(3, code)).isEqualTo(21);
    assertThat(code.compiled()).isOne();
    assertThat(file).isRegularFile();
    assertThat(Files.isSymbolicLink(file)).isFalse();
  }

  @Test
  void withoutAFolderOrInOneThatIsGoneAllIsCompiled() {
    for (Optional<Path> none : List.of(Optional.<Path>empty(), Optional.of(folder.resolve("no")))) {
      GeneratedCode code = new GeneratedCode(none, PLATFORM, 10);
      assertThat(times(3, code)).isEqualTo(21);
      assertThat(times(3, code)).isEqualTo(21);
      assertThat(code.compiled()).isEqualTo(2);
    }
  }

  @Test
  void theOldestFilesLeaveWhenThereAreTooMany() throws IOException {
    for (int i = 0; i < 8; i++) {
      Path old = Files.createFile(folder.resolve("old" + i + ".classes"));
      Files.setLastModifiedTime(old, FileTime.fromMillis(1000L * (i + 1)));
    }
    times(3, new GeneratedCode(Optional.of(folder), PLATFORM, 8));
    assertThat(files()).hasSize(6);
    assertThat(folder.resolve("old2.classes")).doesNotExist();
    assertThat(folder.resolve("old3.classes")).exists();
    times(3, new GeneratedCode(Optional.of(folder), "Vendor 25", 8));
    assertThat(files()).as("no more than are kept").hasSize(7);
  }

  @Test
  void sourceThatDoesNotCompileIsShown() throws IOException {
    assertThatThrownBy(() -> code(PLATFORM).instance(Function.class, "M", source("undefined")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("undefined");
    assertThat(files()).isEmpty();
  }

  private GeneratedCode code(String platform) {
    return new GeneratedCode(Optional.of(folder), platform, 100);
  }

  private static int times(int factor, GeneratedCode code) {
    return code.instance(Function.class, "M", source(factor + " * x")).of(7);
  }

  private static String source(String value) {
    return """
    public final class M implements org.rigor.cache.GeneratedCodeTest.Function {
      public int of(int x) { return %s; }
    }
    """
        .formatted(value)
        .strip();
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.toList();
    }
  }
}
