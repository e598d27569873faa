// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.code;

import org.rigor.cache.CacheFolder;

/**
 * The text of one kernel. Two sources with the same entry are identical.
 *
 * @param entry name by which the kernel is found
 * @param support definitions it needs, which several kernels may share verbatim
 * @param kernel definition of the entry; empty where {@code support} holds it
 */
public record KernelSource(String entry, String support, String kernel) {
  /** Returns a short hash of a text. */
  static String hash(String text) {
    byte[] bytes = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    return CacheFolder.hex(CacheFolder.sha256().digest(bytes)).substring(0, 16);
  }
}
