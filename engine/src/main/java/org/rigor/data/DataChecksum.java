// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.rigor.io.Sha256;
import org.rigor.tensor.HostTensor;

/**
 * The checksum that identifies a data set in a trial: SHA-256 over the content that results depend
 * on, independent of the file it came from. In order: the line {@code rigor-data-1 TYPE SHAPE
 * CLASSES}, then little-endian the inputs, the labels, and each part of the split after its length.
 */
final class DataChecksum {
  private static final int CHUNK = 1 << 13;

  private DataChecksum() {}

  static String of(HostTensor inputs, int[] labels, int classes, Split split) {
    MessageDigest digest = Sha256.digest();
    String head = "rigor-data-1 " + inputs.dtype() + " " + inputs.shape() + " " + classes + "\n";
    digest.update(head.getBytes(StandardCharsets.UTF_8));
    ByteBuffer b = ByteBuffer.allocate(8 * CHUNK).order(ByteOrder.LITTLE_ENDIAN);
    int n = Math.toIntExact(inputs.shape().size());
    for (int at = 0; at < n; at += CHUNK) {
      int count = Math.min(CHUNK, n - at);
      if (inputs.array() instanceof float[] f) {
        b.asFloatBuffer().put(f, at, count);
      } else {
        b.asDoubleBuffer().put(inputs.doubles(), at, count);
      }
      digest.update(b.array(), 0, count * inputs.dtype().bytes());
    }
    update(digest, labels);
    update(digest, new int[] {split.train().length});
    update(digest, split.train());
    update(digest, new int[] {split.test().length});
    update(digest, split.test());
    return Sha256.hex(digest);
  }

  private static void update(MessageDigest digest, int[] values) {
    ByteBuffer b = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    b.asIntBuffer().put(values);
    digest.update(b);
  }
}
