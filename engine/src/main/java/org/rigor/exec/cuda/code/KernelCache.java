// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.code;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.rigor.cache.CacheFolder;
import org.rigor.cache.CheckedFile;
import org.rigor.exec.cuda.driver.CompiledKernels;
import org.rigor.exec.cuda.loading.CudaFailure;

/**
 * On-disk cache of compiled kernels, one file per unit: the SHA-256 of the rest, the lowered names,
 * the image. A truncated or altered file fails its checksum and is rebuilt.
 */
public final class KernelCache {
  private static final int MAGIC = 0x52475231;

  private final Path folder;
  private final AtomicInteger hits = new AtomicInteger();
  private final AtomicInteger damaged = new AtomicInteger();

  public KernelCache(Path folder) {
    this.folder = folder;
  }

  /** Returns a hash of everything that determines the image. */
  static String key(String nvrtcVersion, List<String> options, Nvrtc.Source source) {
    MessageDigest digest = CacheFolder.sha256();
    put(digest, nvrtcVersion);
    put(digest, String.join("\0", options));
    put(digest, source.name());
    put(digest, source.text());
    source
        .headers()
        .forEach(
            (name, text) -> {
              put(digest, name);
              put(digest, text);
            });
    put(digest, String.join("\0", source.expressions()));
    return CacheFolder.hex(digest.digest());
  }

  private static void put(MessageDigest digest, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
    digest.update(bytes);
  }

  /** Returns the entry stored under the key; on a miss builds and stores it. */
  CompiledKernels get(String key, String name, Supplier<CompiledKernels> build) {
    Path file = folder.resolve(key + ".cubin");
    try {
      Optional<byte[]> stored = CheckedFile.read(file);
      if (stored.isPresent()) {
        CompiledKernels kernels = read(stored.get(), name);
        hits.incrementAndGet();
        return kernels;
      }
      damaged.incrementAndGet();
    } catch (NoSuchFileException absent) {
      // The usual miss.
    } catch (IOException e) {
      damaged.incrementAndGet();
    }
    CompiledKernels built = build.get();
    try {
      CheckedFile.write(file, bytes(built));
    } catch (IOException e) {
      throw new CudaFailure(
          "cannot store compiled kernels in "
              + folder
              + ": "
              + e.getMessage()
              + "; set RIGOR_CACHE to a writable folder",
          "",
          e);
    }
    return built;
  }

  int hits() {
    return hits.get();
  }

  /** Returns how many files were found truncated, altered or unreadable. */
  int damaged() {
    return damaged.get();
  }

  private static byte[] bytes(CompiledKernels kernels) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(body);
    out.writeInt(MAGIC);
    out.writeInt(kernels.lowered().size());
    for (Map.Entry<String, String> e : kernels.lowered().entrySet()) {
      out.writeUTF(e.getKey());
      out.writeUTF(e.getValue());
    }
    out.writeInt(kernels.image().length);
    out.write(kernels.image());
    return body.toByteArray();
  }

  private static CompiledKernels read(byte[] bytes, String name) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
    if (in.readInt() != MAGIC) {
      throw new IOException("not a file of this cache");
    }
    Map<String, String> lowered = new LinkedHashMap<>();
    for (int n = in.readInt(); n > 0; n--) {
      lowered.put(in.readUTF(), in.readUTF());
    }
    byte[] image = new byte[in.readInt()];
    in.readFully(image);
    return new CompiledKernels(name, image, lowered);
  }
}
