// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.code;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.exec.cuda.driver.CompiledKernels;

class KernelCacheTest {
  @TempDir Path folder;
  private final AtomicInteger builds = new AtomicInteger();

  @Test
  void storesOnceAndReadsBack() {
    KernelCache cache = new KernelCache(folder);
    CompiledKernels first = get(cache);
    CompiledKernels second = get(new KernelCache(folder));
    assertThat(builds).hasValue(1);
    assertThat(second.image()).isEqualTo(first.image());
    assertThat(second.lowered()).isEqualTo(Map.of("f<3>", "_Z1fILi3EEvv"));
  }

  @Test
  void tornAlteredAndEmptyFilesAreBuiltAgain() throws IOException {
    get(new KernelCache(folder));
    Path file = onlyFile();
    byte[] whole = Files.readAllBytes(file);
    byte[] flipped = whole.clone();
    flipped[whole.length - 3] ^= 1;
    byte[] longer = Arrays.copyOf(whole, whole.length + 1);
    int expected = 1;
    for (byte[] bad :
        List.of(
            new byte[0],
            Arrays.copyOf(whole, 20),
            Arrays.copyOf(whole, whole.length - 1),
            flipped,
            longer)) {
      Files.write(file, bad);
      KernelCache cache = new KernelCache(folder);
      assertThat(get(cache).image()).isEqualTo(image());
      assertThat(builds).hasValue(++expected);
      assertThat(cache.damaged()).isEqualTo(1);
      assertThat(Files.readAllBytes(file)).isEqualTo(whole);
    }
    assertThat(onlyFile()).isEqualTo(file);
  }

  @Test
  void keyDependsOnEverythingThatDecidesTheImage() {
    TreeMap<String, String> headers = new TreeMap<>(Map.of("a.cuh", "int a;"));
    Nvrtc.Source base = new Nvrtc.Source("k.cu", "text", headers, List.of(), List.of("f<3>"));
    List<String> options = List.of("--gpu-architecture=sm_90");
    String key = KernelCache.key("13.0", options, base);
    assertThat(key).hasSize(64).isEqualTo(KernelCache.key("13.0", options, base));
    TreeMap<String, String> other = new TreeMap<>(Map.of("a.cuh", "int b;"));
    assertThat(
            List.of(
                KernelCache.key("12.9", options, base),
                KernelCache.key("13.0", List.of("--gpu-architecture=sm_80"), base),
                KernelCache.key("13.0", options, with("text2", headers, "f<3>")),
                KernelCache.key("13.0", options, with("text", other, "f<3>")),
                KernelCache.key("13.0", options, with("text", headers, "f<4>"))))
        .doesNotHaveDuplicates()
        .doesNotContain(key);
  }

  private static Nvrtc.Source with(String text, TreeMap<String, String> headers, String name) {
    return new Nvrtc.Source("k.cu", text, headers, List.of(), List.of(name));
  }

  private CompiledKernels get(KernelCache cache) {
    return cache.get(
        "00ff",
        "k.cu",
        () -> {
          builds.incrementAndGet();
          return new CompiledKernels("k.cu", image(), Map.of("f<3>", "_Z1fILi3EEvv"));
        });
  }

  private static byte[] image() {
    byte[] image = new byte[1000];
    for (int i = 0; i < image.length; i++) {
      image[i] = (byte) (i * 7);
    }
    return image;
  }

  private Path onlyFile() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> all = files.toList();
      assertThat(all).hasSize(1);
      return all.get(0);
    }
  }
}
