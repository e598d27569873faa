// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.loading;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ToolkitTest {
  @TempDir Path root;
  private final Map<String, String> env = new HashMap<>();

  @Test
  void findsNothingAndSaysWhatToDo() {
    Toolkit t = search();
    assertThat(t.driver()).isEmpty();
    assertThat(t.nvrtc()).isEmpty();
    assertThat(t.checks()).extracting(Check::ok).containsOnly(false);
    assertThat(t.checks()).extracting(Check::fix).noneMatch(String::isEmpty);
    assertThat(t.checks().get(0).line()).contains("libcuda.so.1").contains("--gpus all");
    assertThat(t.checks().get(1).fix()).contains("pip install nvidia-cuda-nvrtc");
  }

  @Test
  void whatTheUserNamedComesBeforeTheSystem() throws IOException {
    make("usr/local/cuda-12.4/lib64", 12);
    make("usr/local/cuda-13.0/lib64", 13);
    make("opt/torch/.venv/lib/python3.12/site-packages/nvidia/cu13/lib", 13);
    make("home/venv/lib/python3.11/site-packages/nvidia/cublas/lib", 12);
    make("conda/lib", 12);
    assertThat(folders(search()))
        .containsExactly(
            "usr/local/cuda-13.0/lib64",
            "usr/local/cuda-12.4/lib64",
            "opt/torch/.venv/lib/python3.12/site-packages/nvidia/cu13/lib");

    env.put("VIRTUAL_ENV", root.resolve("home/venv").toString());
    env.put("CONDA_PREFIX", root.resolve("conda").toString());
    assertThat(folders(search()))
        .startsWith("conda/lib", "home/venv/lib/python3.11/site-packages/nvidia/cublas/lib");

    make("cuda/targets/x86_64-linux/lib", 13);
    env.put("CUDA_HOME", root.resolve("cuda").toString());
    assertThat(folders(search())).startsWith("cuda/targets/x86_64-linux/lib");
    assertThat(search().cublas().get(0).why()).isEqualTo("CUDA_HOME");
  }

  @Test
  void namedHomeIsBinding() throws IOException {
    make("usr/local/cuda-13.0/lib64", 13);
    env.put("RIGOR_CUDA_HOME", root.resolve("nowhere").toString());
    Toolkit t = search();
    assertThat(t.cublas()).isEmpty();
    assertThat(t.checks().get(2).fix()).contains("RIGOR_CUDA_HOME").contains("unset");

    make("nowhere/lib", 12);
    assertThat(folders(search())).containsExactly("nowhere/lib");
  }

  @Test
  void companionsOfTheSameVersionAreLoadedFirst() throws IOException {
    make("usr/local/cuda/lib64", 12);
    make("usr/local/cuda/lib64", 13);
    Toolkit t = search();
    assertThat(t.cublas().get(0).major()).isEqualTo(13);
    assertThat(names(t.cublas().get(0).first())).containsExactly("libcublasLt.so.13");
    assertThat(names(t.nvrtc().get(0).first())).containsExactly("libnvrtc-builtins.so.13.0");
    assertThat(names(t.nvrtc().get(1).first())).containsExactly("libnvrtc-builtins.so.12.0");
  }

  @Test
  void takesWhatTheDriverCanRun() throws IOException {
    make("usr/local/cuda-13.0/lib64", 13);
    make("usr/local/cuda-12.4/lib64", 12);
    Toolkit t = search();
    assertThat(Toolkit.newestFor(13, t.nvrtc()).orElseThrow().major()).isEqualTo(13);
    assertThat(Toolkit.newestFor(12, t.nvrtc()).orElseThrow().major()).isEqualTo(12);
    assertThat(Toolkit.newestFor(11, t.nvrtc())).isEmpty();
  }

  @Test
  void leavesOutWhatOthersCanWrite() throws IOException {
    make("usr/local/cuda-13.0/lib64", 13);
    make("usr/local/cuda-12.4/lib64", 12);
    Path open = root.resolve("usr/local/cuda-13.0");
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThat(folders(search())).containsExactly("usr/local/cuda-12.4/lib64");
    Check said = search().checks().get(1);
    assertThat(said.ok()).isTrue();
    assertThat(said.found()).contains("others than its owner can write " + open);

    Path file = root.resolve("usr/local/cuda-12.4/lib64/libcublasLt.so.12");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--rw-"));
    assertThat(search().cublas()).isEmpty();
    assertThat(search().checks().get(2).ok()).isFalse();
    assertThat(search().checks().get(2).fix()).contains("chmod go-w");

    env.put("RIGOR_CUDA_HOME", open.toString());
    assertThat(search().nvrtc()).as("a name does not vouch for everybody").isEmpty();
  }

  @Test
  void looksBehindLinks() throws IOException {
    make("elsewhere/lib64", 13);
    Path open = root.resolve("elsewhere");
    Files.createDirectories(root.resolve("usr/local"));
    Files.createSymbolicLink(root.resolve("usr/local/cuda"), open);
    assertThat(folders(search())).containsExactly("usr/local/cuda/lib64");
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xrwx"));
    assertThat(search().nvrtc()).isEmpty();
  }

  @Test
  void ownersAreRootAndThisUser() throws IOException {
    int self = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    assertThat(Trust.trusted(0)).isTrue();
    assertThat(Trust.trusted(self)).isTrue();
    assertThat(Trust.trusted(self + 1)).isFalse();
  }

  /** Modes as stat(2) gives them: a folder, a link and a file of user 1000. */
  @Test
  void onlyTheOwnersOwnGroupMayWrite() {
    assertThat(Trust.writable(0040755, 1000, 50, false)).isFalse();
    assertThat(Trust.writable(0040775, 1000, 1000, false)).as("private group").isFalse();
    assertThat(Trust.writable(0040775, 0, 0, false)).as("root's group").isFalse();
    assertThat(Trust.writable(0040775, 1000, 50, false)).as("a shared group").isTrue();
    assertThat(Trust.writable(0040775, 1000, 50, true)).as("a shared group, named").isFalse();
    assertThat(Trust.writable(0100666, 1000, 1000, true)).as("everybody, named").isTrue();
    assertThat(Trust.writable(0041777, 0, 0, false)).as("sticky, as /tmp").isFalse();
    assertThat(Trust.writable(0120777, 0, 0, false)).as("a link has no mode").isFalse();
  }

  @Test
  void readsTheLinkersCache() throws IOException {
    Path odd = Files.createDirectories(root.resolve("odd"));
    Files.createFile(odd.resolve("libcuda.so.1"));
    Path cache = Files.createDirectories(root.resolve("etc")).resolve("ld.so.cache");
    Files.write(cache, linkerCache("libcuda.so.1", odd.resolve("libcuda.so.1").toString()));
    Toolkit t = search();
    assertThat(t.driver().orElseThrow().file()).isEqualTo(odd.resolve("libcuda.so.1"));
    assertThat(t.driver().orElseThrow().why()).isEqualTo("ld.so.cache");

    byte[] torn = Files.readAllBytes(cache);
    Files.write(cache, java.util.Arrays.copyOf(torn, 80));
    assertThat(search().driver()).isEmpty();
  }

  /** A table of one library behind the empty old table that some systems still write. */
  private static byte[] linkerCache(String name, String path) {
    byte[] strings = (name + "\0" + path + "\0").getBytes(StandardCharsets.UTF_8);
    ByteBuffer b = ByteBuffer.allocate(16 + 48 + 24 + strings.length);
    b.order(ByteOrder.LITTLE_ENDIAN);
    b.put("ld.so-1.7.0\0".getBytes(StandardCharsets.US_ASCII)).putInt(0);
    b.put("glibc-ld.so.cache1.1".getBytes(StandardCharsets.US_ASCII));
    b.putInt(1).putInt(strings.length).position(16 + 48);
    b.putInt(0x0303).putInt(72).putInt(72 + name.length() + 1).putInt(0).putLong(0).put(strings);
    return b.array();
  }

  private Toolkit search() {
    return Toolkit.search(env::get, root);
  }

  private List<String> folders(Toolkit t) {
    return t.cublas().stream()
        .map(f -> root.relativize(f.file().getParent()).toString())
        .collect(Collectors.toList());
  }

  private static List<String> names(List<Path> files) {
    return files.stream().map(f -> f.getFileName().toString()).collect(Collectors.toList());
  }

  private void make(String dir, int major) throws IOException {
    Path folder = Files.createDirectories(root.resolve(dir));
    for (String name :
        List.of("libnvrtc.so.", "libcublas.so.", "libcublasLt.so.", "libnvrtc-builtins.so.")) {
      Files.write(
          folder.resolve(name + major + (name.contains("builtins") ? ".0" : "")), new byte[0]);
    }
  }
}
