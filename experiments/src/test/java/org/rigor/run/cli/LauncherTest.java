// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The launcher with a Java that prints its arguments instead of running anything. */
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {
  private static final Path LAUNCHER = repository().resolve("rigor");
  private static final String VECTOR = "jdk.incubator.vector";

  @TempDir Path folder;
  private Path home;
  private Path java;

  /** What a start left. */
  private record Started(int exit, String out, String err) {
    List<String> arguments() {
      return out.lines().toList();
    }
  }

  private static Path repository() {
    Path here = Path.of("").toAbsolutePath();
    while (!Files.isRegularFile(here.resolve("rigor"))) {
      here = here.getParent();
    }
    return here;
  }

  @BeforeEach
  void checkout() throws IOException {
    home = built(folder.resolve("a checkout"));
    java = folder.resolve("jdk/bin/java");
    Files.createDirectories(java.getParent());
    Files.writeString(
        folder.resolve("jdk/release"),
        "JAVA_VERSION=\"17.0.9\"\nMODULES=\"java.base jdk.incubator.vector\"\n");
    java("for a in \"$@\"; do printf '%s\\n' \"$a\"; done");
  }

  /** Lays out a checkout whose build is newer than its sources. */
  private static Path built(Path home) throws IOException {
    for (String dir : List.of("kernels", "engine", "experiments/target", "target/launcher")) {
      Files.createDirectories(home.resolve(dir));
    }
    Files.copy(LAUNCHER, home.resolve("rigor"));
    Path pom = Files.writeString(home.resolve("pom.xml"), "<project/>");
    Files.setLastModifiedTime(pom, FileTime.from(Instant.now().minusSeconds(100)));
    Files.createFile(home.resolve("experiments/target/experiments-0.1.0.jar"));
    Files.createFile(home.resolve("target/launcher/built"));
    return home;
  }

  /**
   * Makes the Java of the tests; asked for a list of classes or an archive of them, it writes that.
   */
  private void java(String body) throws IOException {
    executable(
        java,
        """
        #!/bin/sh
        for a in "$@"; do
          case $a in
            -Xshare:dump) dump=1 ;;
            -XX:DumpLoadedClassList=*) echo listed >"${a#*=}"; exit 0 ;;
            -XX:SharedClassListFile=*) [ -s "${a#*=}" ] || exit 1 ;;
            -XX:SharedArchiveFile=*)
              [ -z "${dump:-}" ] || { echo made >"${a#*=}"; exit 0; } ;;
          esac
        done
        """
            + body
            + "\n");
  }

  private static void executable(Path file, String text) throws IOException {
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Process process(Path launcher, String... words) throws IOException {
    return builder(launcher, words).start();
  }

  private ProcessBuilder builder(Path launcher, String... words) {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(Arrays.asList(words));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("RIGOR_JAVA", java.toString());
    builder.environment().put("TMPDIR", folder.toString());
    builder.environment().put("PATH", folder + ":" + System.getenv("PATH"));
    builder.environment().remove("RIGOR_JAVA_OPTS");
    return builder;
  }

  private Started start(String... words) throws Exception {
    return start(home.resolve("rigor"), words);
  }

  /**
   * Runs the launcher. Its filter writes after it has ended, when the JDK no longer reads the
   * streams of a process; a named pipe ends with its last writer.
   */
  private Started start(Path launcher, String... words) throws Exception {
    Path pipe = folder.resolve("stderr");
    if (!Files.exists(pipe)) {
      assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    }
    CompletableFuture<String> err = CompletableFuture.supplyAsync(() -> text(pipe));
    Process p = builder(launcher, words).redirectError(pipe.toFile()).start();
    p.getOutputStream().close();
    String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Started(p.waitFor(), out, err.get());
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> idle() throws IOException {
    Matcher m = Pattern.compile("(?m)^idle='(.*)'$").matcher(Files.readString(LAUNCHER));
    assertThat(m.find()).as("the launcher's list").isTrue();
    return List.of(m.group(1).split(" "));
  }

  @Test
  void everyCommandComputesOrIsListedAsOneThatDoesNot() throws Exception {
    CommandLine top = Rigor.line();
    List<String> idle = idle();
    assertThat(top.getSubcommands().keySet()).containsAll(idle);
    assertThat(idle).doesNotHaveDuplicates();
    for (String command : new TreeSet<>(top.getSubcommands().keySet())) {
      boolean device =
          top.getSubcommands().get(command).getCommandSpec().findOption("--device") != null;
      List<String> given = start("--debug", command, "words").arguments();
      assertThat(given.contains(VECTOR)).as(command).isEqualTo(!idle.contains(command));
      assertThat(given.contains("-XX:TieredStopAtLevel=1"))
          .as(command)
          .isEqualTo(idle.contains(command));
      assertThat(given.contains("-XX:Tier4InvocationThreshold=15000"))
          .as(command)
          .isEqualTo(!idle.contains(command));
      assertThat(given.contains("-XX:CompileCommand=CompileThresholdScaling,FloatGemm*::*,0.05"))
          .as(command)
          .isEqualTo(!idle.contains(command));
      if (device && !command.equals("plan")) {
        assertThat(idle).as("commands that run on a device").doesNotContain(command);
      }
      assertThat(given).endsWith(Main.class.getName(), "--debug", command, "words");
    }
    for (String asked : List.of("--help", "--version", "-h")) {
      assertThat(start(asked).arguments()).doesNotContain(VECTOR);
      assertThat(start("run", asked).arguments()).doesNotContain(VECTOR);
    }
    assertThat(start().arguments()).doesNotContain(VECTOR);
    assertThat(start("no-such-command").arguments()).contains(VECTOR);
  }

  @Test
  void theLineAboutTheModuleIsDroppedAndNothingElse() throws Exception {
    java(
        """
        echo product
        echo 'Picked up JAVA_TOOL_OPTIONS: -Dx' >&2
        echo 'WARNING: Using incubator modules: jdk.incubator.vector' >&2
        printf '\\rprogress' >&0
        printf 'a last word' >&2
        exit 7
        """);
    Started run = start("run", "a.yaml");
    assertThat(run.exit()).isEqualTo(7);
    assertThat(run.out()).isEqualTo("product\n");
    assertThat(run.err())
        .contains("\rprogress", "Picked up JAVA_TOOL_OPTIONS: -Dx\n", "a last word")
        .doesNotContain("WARNING");
    assertThat(Files.list(folder).filter(p -> p.getFileName().toString().startsWith("tmp")))
        .as("the filter's pipe is removed")
        .isEmpty();
  }

  @Test
  void signalsReachTheJvm() throws Exception {
    java("trap 'echo ended; exit 143' TERM; echo ready; while :; do sleep 0.02; done");
    Process p = process(home.resolve("rigor"), "run", "a.yaml");
    var out = p.inputReader();
    assertThat(out.readLine()).isEqualTo("ready");
    p.toHandle().destroy(); // Process.destroy closes the streams
    assertThat(out.readLine()).isEqualTo("ended");
    assertThat(p.waitFor()).isEqualTo(143);
  }

  @Test
  void theJvmSaysNothingOnStandardOutput() throws Exception {
    for (String command : List.of("run", "list")) {
      assertThat(start(command).arguments())
          .contains("-Xlog:disable", "-Xlog:all=error:stderr", "-XX:+DisplayVMOutputToStderr");
    }
  }

  @Test
  void anArchiveBelongsToOnePlaceAndOneBuild() throws Exception {
    String first = archive(start("list"));
    assertThat(archive(start("list"))).isEqualTo(first);
    Path moved = folder.resolve("moved");
    Files.move(home, moved);
    String second = archive(start(moved.resolve("rigor"), "list"));
    assertThat(second).startsWith(moved.toString()).isNotEqualTo(first);
    assertThat(Path.of(second).getFileName()).isNotEqualTo(Path.of(first).getFileName());
    assertThat(Files.list(moved.resolve("target/launcher")).map(Path::toString))
        .as("that of the place before is removed")
        .containsExactlyInAnyOrder(second, moved.resolve("target/launcher/built").toString());

    FileTime before = FileTime.from(Instant.now().minusSeconds(50));
    Files.setLastModifiedTime(Path.of(second), before);
    archive(start(moved.resolve("rigor"), "list"));
    assertThat(Files.getLastModifiedTime(Path.of(second)))
        .as("made again for a jar that is newer")
        .isGreaterThan(before);
  }

  private static String archive(Started run) {
    String option = "-XX:SharedArchiveFile=";
    return run.arguments().stream()
        .filter(a -> a.startsWith(option))
        .findFirst()
        .orElseThrow()
        .substring(option.length());
  }

  @Test
  void aCheckoutIsFoundThroughLinks() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("link to it"), home);
    Path file = Files.createSymbolicLink(folder.resolve("rig"), link.resolve("rigor"));
    assertThat(start(file, "list").arguments()).contains("-Drigor.home=" + home.toRealPath());
  }

  /** Makes a source newer than the build, and a Maven that builds at once. */
  private Path stale() throws IOException {
    Files.setLastModifiedTime(
        home.resolve("pom.xml"), FileTime.from(Instant.now().plusSeconds(3600)));
    Path log = folder.resolve("builds");
    executable(folder.resolve("mvn"), "#!/bin/sh\necho built >>'" + log + "'\n");
    // A wait is not waited for.
    executable(folder.resolve("sleep"), "#!/bin/sh\nexit 0\n");
    return log;
  }

  @Test
  void aLockWithoutALivingOwnerIsTakenOver() throws Exception {
    Path log = stale();
    Path lock = home.resolve("target/launcher/lock");
    Files.createDirectory(lock);
    Started unnamed = start("list");
    assertThat(unnamed.exit()).as(unnamed.err()).isZero();
    assertThat(unnamed.err()).contains("waiting for the build of process unknown", lock.toString());
    assertThat(log).hasContent("built");
    assertThat(lock).doesNotExist();

    for (String owner : List.of("999999999", "not a number", "0")) {
      Files.createDirectory(lock);
      Files.writeString(lock.resolve("pid"), owner);
      Started gone = start("list");
      assertThat(gone.exit()).as(gone.err()).isZero();
      assertThat(gone.err()).contains("ended early");
      assertThat(lock).doesNotExist();
    }
  }

  @Test
  void aWaitSaysHowToEndItAndEndsWithTheBuild() throws Exception {
    stale();
    Path lock = Files.createDirectory(home.resolve("target/launcher/lock"));
    Files.writeString(lock.resolve("pid"), Long.toString(ProcessHandle.current().pid()));
    Process p = process(home.resolve("rigor"), "list");
    var err = p.errorReader();
    assertThat(err.readLine())
        .contains("process " + ProcessHandle.current().pid())
        .contains("remove " + lock);
    Files.delete(lock.resolve("pid"));
    Files.delete(lock);
    assertThat(p.waitFor()).isZero();
  }

  @Test
  void whatCannotBeLockedEndsWithThreeAndNothingIsWrittenThroughALink() throws Exception {
    stale();
    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    Files.writeString(elsewhere.resolve("pid"), "999999999");
    Path lock = home.resolve("target/launcher/lock");
    Files.createSymbolicLink(lock, elsewhere);
    Started linked = start("list");
    assertThat(linked.exit()).isEqualTo(3);
    assertThat(linked.err()).contains(lock.toString());
    assertThat(elsewhere.resolve("pid")).hasContent("999999999");
    Files.delete(lock);
    Files.createFile(lock);
    assertThat(start("list").exit()).isEqualTo(3);
  }
}
