// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.rigor.cache.CacheException;
import org.rigor.cache.CacheFolder;
import org.rigor.cache.CheckedFile;
import org.rigor.exec.Device;
import org.rigor.run.plugin.Plugins;

/**
 * Facts of studies, kept from one list to the next in a file for each folder: to bind all studies
 * takes half of a list's time. Facts hold for a text and for the build that read it; those of texts
 * that are gone are dropped. A file that is missing, torn or of another build costs time only.
 */
final class KeptFacts {
  private final Optional<Path> file;
  private final String build;
  private final Map<String, StudyFacts> kept;
  private final Map<String, StudyFacts> used = new ConcurrentHashMap<>();

  /**
   * @param file empty to keep none
   * @param build names the code that reads studies
   */
  KeptFacts(Optional<Path> file, String build) {
    this.file = file;
    this.build = build;
    this.kept = file.map(f -> read(f, build)).orElse(Map.of());
  }

  /** Returns those of a folder of studies. */
  static KeptFacts of(Path studies) {
    Optional<String> build = build();
    return new KeptFacts(build.flatMap(b -> file(studies)), build.orElse(""));
  }

  /** Returns the facts of a text; empty if it was not seen. */
  Optional<StudyFacts> get(String text) {
    String sum = sum(text);
    Optional<StudyFacts> facts = Optional.ofNullable(kept.get(sum));
    facts.ifPresent(f -> used.put(sum, f));
    return facts;
  }

  void put(String text, StudyFacts facts) {
    used.put(sum(text), facts);
  }

  /** Writes the facts that were asked for, if they are not those of the file. */
  void write() {
    if (file.isEmpty() || used.equals(kept)) {
      return;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeUTF(build);
      out.writeInt(used.size());
      for (Map.Entry<String, StudyFacts> e : new TreeMap<>(used).entrySet()) {
        out.writeUTF(e.getKey());
        out.writeUTF(e.getValue().name());
        out.writeUTF(e.getValue().title());
        out.writeUTF(e.getValue().size());
      }
      CheckedFile.write(file.get(), bytes.toByteArray());
    } catch (IOException e) {
      return; // The next list reads the studies again.
    }
  }

  private static Map<String, StudyFacts> read(Path file, String build) {
    try {
      Optional<byte[]> content = CheckedFile.read(file);
      return content.isPresent() ? unpacked(content.get(), build) : Map.of();
    } catch (IOException e) {
      return Map.of();
    }
  }

  private static Map<String, StudyFacts> unpacked(byte[] content, String build) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(content));
    Map<String, StudyFacts> out = new TreeMap<>();
    if (in.readUTF().equals(build)) {
      for (int n = in.readInt(); n > 0; n--) {
        out.put(in.readUTF(), new StudyFacts(in.readUTF(), in.readUTF(), in.readUTF()));
      }
    }
    return out;
  }

  private static Optional<Path> file(Path studies) {
    try {
      String folder = studies.toAbsolutePath().normalize().toString();
      return Optional.of(CacheFolder.make("lists").resolve(sum(folder)));
    } catch (CacheException e) {
      return Optional.empty();
    }
  }

  /**
   * Returns the jars of the class path and of the engine with their sizes and times; empty where
   * classes lie in folders, which change one by one, or where a command names plugins.
   */
  private static Optional<String> build() {
    if (!Plugins.jars().isEmpty()) {
      return Optional.empty();
    }
    List<Path> jars = new ArrayList<>();
    for (String s : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      jars.add(Path.of(s));
    }
    CodeSource engine = Device.class.getProtectionDomain().getCodeSource();
    try {
      if (engine == null) {
        return Optional.empty();
      }
      jars.add(Path.of(engine.getLocation().toURI()));
      StringBuilder build = new StringBuilder();
      for (Path jar : jars) {
        if (!Files.isRegularFile(jar)) {
          return Optional.empty();
        }
        build.append(jar.toAbsolutePath()).append(' ').append(Files.size(jar)).append(' ');
        build.append(Files.getLastModifiedTime(jar)).append('\n');
      }
      return Optional.of(sum(build.toString()));
    } catch (IOException | URISyntaxException e) {
      return Optional.empty();
    }
  }

  private static String sum(String text) {
    return CacheFolder.hex(CacheFolder.sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
  }
}
