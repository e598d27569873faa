// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * The 64-bit key of a trial's random numbers. It hashes the seed and the role, never the row or the
 * pack, so the arms of a study with one seed share initialisation, batches and attack noise.
 *
 * @param k0 key word 0
 * @param k1 key word 1
 */
public record TrialKey(int k0, int k1) {
  /**
   * @param role what the numbers are for: {@code train}, {@code evaluate}
   */
  public static TrialKey of(long seed, String role) {
    ByteBuffer b = ByteBuffer.wrap(sha256("rigor trial " + seed + " " + role));
    return new TrialKey(b.getInt(), b.getInt());
  }

  /** Returns a fixed number for a named site in a program. */
  public static int site(String name) {
    return ByteBuffer.wrap(sha256("rigor site " + name)).getInt();
  }

  /** Returns one key per model, as programs expect them: I32 [M, 2]. */
  public static HostTensor tensor(java.util.List<TrialKey> keys) {
    int[] words = new int[2 * keys.size()];
    for (int m = 0; m < keys.size(); m++) {
      words[2 * m] = keys.get(m).k0;
      words[2 * m + 1] = keys.get(m).k1;
    }
    return HostTensor.of(Shape.of(keys.size(), 2), words);
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
