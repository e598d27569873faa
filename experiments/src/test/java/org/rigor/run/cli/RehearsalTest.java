// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.run.engine.RigorProvider;

/** What the class archive rests on, apart from the Java that makes it. */
class RehearsalTest {
  @TempDir Path folder;

  @BeforeEach
  void engine() {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
  }

  @AfterEach
  void noEngine() {
    System.clearProperty("rigor.engine");
  }

  @Test
  void commandsOnANetworkRunOnWhatTheRehearsalWrites() throws IOException {
    Rehearsal.network(folder); // throws if one of them fails
    assertThat(Files.readString(folder.resolve("small.json"))).contains("\"lipschitz\"");
  }

  /**
   * An archive with a lambda of picocli's interfaces or methods links picocli's classes, whose
   * files are too old to be archived once linked: the help takes a fifth longer without them.
   */
  @ParameterizedTest
  @ValueSource(classes = {Main.class, Rigor.class})
  void whatHandlesPicocliHasNoLambdas(Class<?> type) throws IOException {
    try (InputStream in = type.getResourceAsStream(type.getSimpleName() + ".class")) {
      String code = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
      assertThat(code.contains("LambdaMetafactory") && code.contains("picocli"))
          .as(type.getName())
          .isFalse();
    }
  }
}
