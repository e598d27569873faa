// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.loading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Test;

class ElfPatchTest {
  @Test
  void renamesDependencyAndVersionOfTheRealBindings() throws IOException {
    for (String[] c :
        new String[][] {{"JCublas2", "libcublas.so.1"}, {"JNvrtc", "libnvrtc.so.1"}}) {
      byte[] before = binding(c[0]);
      byte[] after = ElfPatch.rename(before, c[1] + "2", c[1] + "3");

      assertThat(needed(before)).contains(c[1] + "2").doesNotContain(c[1] + "3");
      List<String> expected = new ArrayList<>(needed(before));
      expected.replaceAll(n -> n.equals(c[1] + "2") ? c[1] + "3" : n);
      assertThat(needed(after)).isEqualTo(expected);
      assertThat(versions(after)).contains(c[1] + "3 " + ElfPatch.hash(c[1] + "3"));
      assertThat(versions(after)).hasSameSizeAs(versions(before));
      // One character of the name and one byte of the hash: nothing else may move.
      assertThat(differences(before, after)).isEqualTo(2);
    }
  }

  @Test
  void hashIsTheOneOfTheAbi() {
    assertThat(ElfPatch.hash("libcublas.so.12")).isEqualTo(0xef62132);
    assertThat(ElfPatch.hash("libnvrtc.so.13")).isEqualTo(0xbcddfc3);
    assertThat(ElfPatch.hash("printf")).isEqualTo(0x077905a6);
  }

  @Test
  void refusesWhatItCannotDo() throws IOException {
    byte[] driver = binding("JCudaDriver");
    assertThatThrownBy(() -> ElfPatch.rename(driver, "libcublas.so.12", "libcublas.so.13"))
        .hasMessageContaining("does not depend on libcublas.so.12");
    assertThatThrownBy(() -> ElfPatch.rename(driver, "libcuda.so.1", "libcuda.so.10"))
        .hasMessageContaining("equal length");
    assertThatThrownBy(() -> ElfPatch.rename(new byte[100], "a", "b"))
        .hasMessageContaining("not a 64-bit little-endian ELF");
    byte[] half = Arrays.copyOf(driver, driver.length / 2);
    assertThatThrownBy(() -> ElfPatch.rename(half, "libcuda.so.1", "libcuda.so.2"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("truncated");
  }

  private static byte[] binding(String name) throws IOException {
    String resource = "/lib/lib" + name + "-12.6.0-linux-x86_64.so";
    try (InputStream in = JCudaDriver.class.getResourceAsStream(resource)) {
      return in.readAllBytes();
    }
  }

  private static int differences(byte[] a, byte[] b) {
    assertThat(a).hasSameSizeAs(b);
    int n = 0;
    for (int i = 0; i < a.length; i++) {
      n += a[i] == b[i] ? 0 : 1;
    }
    return n;
  }

  /** DT_NEEDED entries, read through the program headers, as the dynamic linker does. */
  private static List<String> needed(byte[] elf) {
    ByteBuffer b = ByteBuffer.wrap(elf).order(ByteOrder.LITTLE_ENDIAN);
    long dynamic = segment(b, 2);
    long strings = dynamicValue(b, dynamic, 5);
    List<String> names = new ArrayList<>();
    for (int at = (int) dynamic; b.getLong(at) != 0; at += 16) {
      if (b.getLong(at) == 1) {
        names.add(text(elf, offset(b, strings) + (int) b.getLong(at + 8)));
      }
    }
    return names;
  }

  private static List<String> versions(byte[] elf) {
    ByteBuffer b = ByteBuffer.wrap(elf).order(ByteOrder.LITTLE_ENDIAN);
    long dynamic = segment(b, 2);
    int strings = offset(b, dynamicValue(b, dynamic, 5));
    int need = offset(b, dynamicValue(b, dynamic, 0x6ffffffe));
    List<String> found = new ArrayList<>();
    for (long n = dynamicValue(b, dynamic, 0x6fffffff); n > 0; n--) {
      int aux = need + b.getInt(need + 8);
      for (int j = b.getShort(need + 2); j > 0; j--) {
        found.add(text(elf, strings + b.getInt(aux + 8)) + " " + b.getInt(aux));
        aux += b.getInt(aux + 12);
      }
      need += b.getInt(need + 12);
    }
    return found;
  }

  private static long segment(ByteBuffer b, int type) {
    for (int i = 0; i < b.getShort(56); i++) {
      int header = (int) b.getLong(32) + i * 56;
      if (b.getInt(header) == type) {
        return b.getLong(header + 8);
      }
    }
    throw new AssertionError("no segment " + type);
  }

  private static long dynamicValue(ByteBuffer b, long dynamic, long tag) {
    for (int at = (int) dynamic; b.getLong(at) != 0; at += 16) {
      if (b.getLong(at) == tag) {
        return b.getLong(at + 8);
      }
    }
    throw new AssertionError("no tag " + tag);
  }

  /** File offset of a virtual address. */
  private static int offset(ByteBuffer b, long address) {
    for (int i = 0; i < b.getShort(56); i++) {
      int h = (int) b.getLong(32) + i * 56;
      long start = b.getLong(h + 16);
      if (b.getInt(h) == 1 && address >= start && address < start + b.getLong(h + 32)) {
        return (int) (b.getLong(h + 8) + address - start);
      }
    }
    throw new AssertionError("address " + address);
  }

  private static String text(byte[] bytes, int at) {
    int end = at;
    while (bytes[end] != 0) {
      end++;
    }
    return new String(bytes, at, end - at, StandardCharsets.US_ASCII);
  }
}
