// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import org.rigor.io.Sha256;

/** A stream that counts and hashes the bytes written. */
final class Counted extends FilterOutputStream {
  private final MessageDigest digest = Sha256.digest();
  private long size;

  Counted(OutputStream out) {
    super(out);
  }

  @Override
  public void write(int b) throws IOException {
    out.write(b);
    digest.update((byte) b);
    size++;
  }

  @Override
  public void write(byte[] bytes, int from, int count) throws IOException {
    out.write(bytes, from, count);
    digest.update(bytes, from, count);
    size += count;
  }

  long size() {
    return size;
  }

  /** Returns the checksum of all bytes written; may be called once. */
  String sha256() {
    return Sha256.hex(digest);
  }
}
