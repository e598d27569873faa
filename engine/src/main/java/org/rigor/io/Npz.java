// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.rigor.tensor.HostTensor;

/**
 * NumPy's .npz archives: a zip of NPY files, stored or deflated. Only requested arrays are read;
 * each is checked against its checksum and declared size.
 */
public final class Npz implements AutoCloseable {
  private static final String SUFFIX = ".npy";

  private final String name;
  private final ZipFile zip;
  private final Map<String, ZipEntry> entries = new LinkedHashMap<>();

  private Npz(Path file, ZipFile zip) {
    this.name = file.toString();
    this.zip = zip;
  }

  /**
   * Opens an archive and reads its directory.
   *
   * @throws DataException if it is not a zip file, or names an array twice or in two ways
   */
  public static Npz open(Path file) {
    if (Files.isDirectory(file)) {
      throw new DataException(file + ": is a folder, an NPZ file was required");
    }
    try {
      Npz npz = new Npz(file, new ZipFile(file.toFile()));
      try {
        ZipNames.requireEqual(file);
        npz.index();
        return npz;
      } catch (IOException | RuntimeException e) {
        npz.close();
        throw e;
      }
    } catch (IOException e) {
      throw ByteInput.failure(file.toString(), e);
    } catch (IllegalArgumentException e) {
      // ZipFile throws this for invalid names and extra fields.
      throw new DataException(file + ": the zip directory is damaged, " + e.getMessage(), e);
    }
  }

  private void index() {
    for (ZipEntry e : Collections.list(zip.entries())) {
      String n = e.getName();
      if (n.endsWith(SUFFIX) && entries.put(n.substring(0, n.length() - 4), e) != null) {
        throw new DataException(name + ": holds the array '" + n + "' twice");
      }
    }
  }

  /** Returns the names of the arrays in archive order. */
  public Set<String> names() {
    return Collections.unmodifiableSet(entries.keySet());
  }

  /**
   * Reads one array.
   *
   * @throws DataException if there is none of that name or it is not valid
   */
  public HostTensor read(String array) {
    ZipEntry entry = entries.get(array);
    if (entry == null) {
      throw new DataException(
          name + ": has no array '" + array + "', only " + List.copyOf(entries.keySet()));
    }
    String what = "the array '" + array + "'";
    CRC32 crc = new CRC32();
    HostTensor t;
    try (InputStream raw = zip.getInputStream(entry);
        ByteInput in = new ByteInput(new CheckedInputStream(raw, crc), name)) {
      t = Npy.read(in, what);
      if (entry.getSize() >= 0 && in.position() != entry.getSize()) {
        throw in.error(
            what + " has " + in.position() + " bytes, the zip directory says " + entry.getSize());
      }
    } catch (IOException e) {
      throw ByteInput.failure(name, e);
    }
    if (crc.getValue() != entry.getCrc()) {
      throw new DataException(name + ": " + what + " does not match its CRC-32: it is damaged");
    }
    return t;
  }

  /** Opens an archive, reads every array and closes it. */
  public static Map<String, HostTensor> readAll(Path file) {
    try (Npz npz = open(file)) {
      Map<String, HostTensor> all = new LinkedHashMap<>();
      for (String n : npz.names()) {
        all.put(n, npz.read(n));
      }
      return all;
    }
  }

  /**
   * Writes arrays atomically; see {@link AtomicFile#write} for errors. Equal arrays give equal
   * bytes, since entries carry no timestamp.
   *
   * @param deflate whether to compress or store the arrays
   */
  public static void write(Path file, Map<String, HostTensor> arrays, boolean deflate) {
    write(file, arrays, Map.of(), deflate);
  }

  /**
   * Writes arrays, and lists of words as arrays of Unicode strings (NumPy's {@code U}), which
   * {@link #read} refuses.
   */
  public static void write(
      Path file, Map<String, HostTensor> arrays, Map<String, List<String>> words, boolean deflate) {
    AtomicFile.write(
        file,
        out -> {
          ZipOutputStream zip = new ZipOutputStream(out);
          // Level 0 stores the bytes without a pass ahead for size and checksum.
          zip.setLevel(deflate ? Deflater.DEFAULT_COMPRESSION : Deflater.NO_COMPRESSION);
          for (Map.Entry<String, HostTensor> e : arrays.entrySet()) {
            zip.putNextEntry(entry(e.getKey()));
            Npy.write(zip, e.getValue());
            zip.closeEntry();
          }
          for (Map.Entry<String, List<String>> e : words.entrySet()) {
            zip.putNextEntry(entry(e.getKey()));
            Npy.write(zip, e.getValue());
            zip.closeEntry();
          }
          zip.finish();
        });
  }

  private static ZipEntry entry(String array) {
    ZipEntry entry = new ZipEntry(array + SUFFIX);
    entry.setTimeLocal(LocalDateTime.of(1980, 1, 1, 0, 0));
    return entry;
  }

  @Override
  public void close() {
    try {
      zip.close();
    } catch (IOException ignored) {
      // The archive was only read, so nothing can be lost.
    }
  }
}
