// SPDX-License-Identifier: Apache-2.0
package org.rigor.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Code is loaded only from folders that are the user's and that nobody else can write. */
@DisabledOnOs(OS.WINDOWS)
class CacheFolderTest {
  @TempDir Path folder;
  private String before;

  @BeforeEach
  void use() {
    before = System.getProperty("rigor.cache");
    System.setProperty("rigor.cache", folder.resolve("cache").toString());
  }

  @AfterEach
  void restore() {
    if (before == null) {
      System.clearProperty("rigor.cache");
    } else {
      System.setProperty("rigor.cache", before);
    }
  }

  @Test
  void everyFolderBelowTheRootIsPrivate() throws Exception {
    Path made = CacheFolder.make("natives", "one");
    for (Path p : new Path[] {made, made.getParent()}) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(p)))
          .isEqualTo("rwx------");
    }
    assertThat(CacheFolder.make("natives", "one")).isEqualTo(made);
  }

  @Test
  void theRootMayBeALinkButNothingBelowIt() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    Files.createSymbolicLink(folder.resolve("cache"), disk);
    assertThat(CacheFolder.make("kernels")).isDirectory();
    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    Files.createSymbolicLink(disk.resolve("natives"), elsewhere);
    assertThatThrownBy(() -> CacheFolder.make("natives", "one"))
        .isInstanceOf(CacheException.class)
        .hasMessageContaining("is a link")
        .hasMessageContaining("natives");
    assertThat(elsewhere).isEmptyDirectory();
  }

  @Test
  void aFolderThatOthersCanWriteIsRefusedAtEveryDepth() throws Exception {
    Path made = CacheFolder.make("natives", "one");
    for (Path p : new Path[] {made, made.getParent()}) {
      Files.setPosixFilePermissions(p, PosixFilePermissions.fromString("rwxrwx---"));
      assertThatThrownBy(() -> CacheFolder.make("natives", "one"))
          .hasMessageContaining(p + ": other users can write there");
      Files.setPosixFilePermissions(p, PosixFilePermissions.fromString("rwx------"));
    }
  }
}
