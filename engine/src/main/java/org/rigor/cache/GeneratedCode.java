// SPDX-License-Identifier: Apache-2.0
package org.rigor.cache;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.codehaus.commons.compiler.CompileException;
import org.codehaus.janino.SimpleCompiler;

/**
 * Classes compiled at run time from generated Java source. Their class files are kept on disk, one
 * file a source, so that later processes need no compiler, whose first use takes 0.4 s. Where the
 * folder cannot be used, each process compiles anew.
 */
public final class GeneratedCode {
  /** The compiler, whose class files are kept. */
  static final String COMPILER = "janino 3.1.12";

  /** Files kept, of about 3 KiB each; when there are more, the oldest quarter is deleted. */
  private static final int KEPT = 4096;

  /** The bytes of an interface: code compiled against another one may not fit it. */
  private static final ClassValue<byte[]> CLASS_FILE =
      new ClassValue<>() {
        @Override
        protected byte[] computeValue(Class<?> type) {
          return classFile(type);
        }
      };

  private static final class Shared {
    static final GeneratedCode CODE =
        new GeneratedCode(
            usable(), System.getProperty("java.vm.vendor") + " " + Runtime.version(), KEPT);
  }

  private final Optional<Path> folder;
  private final String platform;
  private final int kept;
  private final AtomicInteger compiled = new AtomicInteger();
  private final AtomicBoolean pruned = new AtomicBoolean();

  /**
   * @param folder private folder of the class files; empty to keep none
   * @param platform the Java they are for
   * @param kept number of files to keep
   */
  GeneratedCode(Optional<Path> folder, String platform, int kept) {
    this.folder = folder;
    this.platform = platform;
    this.kept = kept;
  }

  /** Returns the code of this process, kept in the user's cache folder. */
  public static GeneratedCode shared() {
    return Shared.CODE;
  }

  private static Optional<Path> usable() {
    try {
      return Optional.of(CacheFolder.make("java"));
    } catch (CacheException e) {
      return Optional.empty();
    }
  }

  /**
   * Returns a new instance of a class.
   *
   * @param type interface that it implements; its class loader is the parent of the class's
   * @param name of the class
   * @param source its compilation unit, with no other class of Rigor's in it than {@code type}
   * @throws IllegalStateException if the source does not compile
   */
  public <T> T instance(Class<T> type, String name, String source) {
    Optional<Path> file = file(type, name, source);
    return made(
        type,
        name,
        file.flatMap(GeneratedCode::read).orElseGet(() -> compiled(type, source, file)));
  }

  /**
   * Returns what {@link #instance} does if that takes no compiler; empty if the class is not kept.
   */
  public <T> Optional<T> kept(Class<T> type, String name, String source) {
    return file(type, name, source)
        .flatMap(GeneratedCode::read)
        .map(classes -> made(type, name, classes));
  }

  private Optional<Path> file(Class<?> type, String name, String source) {
    return folder.map(f -> f.resolve(key(type, name, source) + ".classes"));
  }

  private static <T> T made(Class<T> type, String name, Map<String, byte[]> classes) {
    try {
      Class<?> made = new Loader(type.getClassLoader(), classes).loadClass(name);
      return type.cast(made.getDeclaredConstructor().newInstance());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot load the generated class " + name, e);
    }
  }

  /** Returns the number of sources that this object compiled, rather than read. */
  int compiled() {
    return compiled.get();
  }

  /** Returns a hash of all that decides the class files and whether they fit. */
  String key(Class<?> type, String name, String source) {
    MessageDigest digest = CacheFolder.sha256();
    for (String part : List.of(COMPILER, platform, type.getName(), name, source)) {
      byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
      digest.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
      digest.update(bytes);
    }
    digest.update(CLASS_FILE.get(type));
    return CacheFolder.hex(digest.digest());
  }

  private static byte[] classFile(Class<?> type) {
    String name = type.getName();
    String resource = name.substring(name.lastIndexOf('.') + 1) + ".class";
    try (InputStream in = type.getResourceAsStream(resource)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the class file of " + type, e);
    }
  }

  /** Reads class files; empty where they are missing, damaged or not readable. */
  private static Optional<Map<String, byte[]>> read(Path file) {
    try {
      Optional<byte[]> stored = CheckedFile.read(file);
      return stored.isPresent() ? Optional.of(unpacked(stored.get())) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private Map<String, byte[]> compiled(Class<?> type, String source, Optional<Path> file) {
    compiled.incrementAndGet();
    SimpleCompiler compiler = new SimpleCompiler();
    compiler.setParentClassLoader(type.getClassLoader());
    try {
      compiler.cook(source);
    } catch (CompileException e) {
      throw new IllegalStateException("cannot compile the generated source\n" + source, e);
    }
    Map<String, byte[]> classes = compiler.getBytecodes();
    file.ifPresent(f -> keep(f, classes));
    return classes;
  }

  /** Writes class files; a folder that cannot be written costs time only. */
  private void keep(Path file, Map<String, byte[]> classes) {
    try {
      CheckedFile.write(file, packed(classes));
      if (!pruned.getAndSet(true)) {
        prune(file.getParent());
      }
    } catch (IOException e) {
      return; // The next process compiles again.
    }
  }

  private void prune(Path in) throws IOException {
    Map<Path, FileTime> times = new HashMap<>();
    try (Stream<Path> all = Files.list(in)) {
      for (Path p : (Iterable<Path>) all::iterator) {
        try {
          times.put(p, Files.getLastModifiedTime(p));
        } catch (NoSuchFileException e) {
          continue; // Another process deleted it.
        }
      }
    }
    if (times.size() > kept) {
      List<Path> oldest = new ArrayList<>(times.keySet());
      oldest.sort(Comparator.comparing(times::get));
      for (Path p : oldest.subList(0, times.size() - kept * 3 / 4)) {
        Files.deleteIfExists(p);
      }
    }
  }

  private static byte[] packed(Map<String, byte[]> classes) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(classes.size());
    for (Map.Entry<String, byte[]> e : classes.entrySet()) {
      out.writeUTF(e.getKey());
      out.writeInt(e.getValue().length);
      out.write(e.getValue());
    }
    return bytes.toByteArray();
  }

  private static Map<String, byte[]> unpacked(byte[] content) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(content));
    Map<String, byte[]> classes = new HashMap<>();
    for (int n = in.readInt(); n > 0; n--) {
      String name = in.readUTF();
      classes.put(name, in.readNBytes(in.readInt()));
    }
    return classes;
  }

  private static final class Loader extends ClassLoader {
    private final Map<String, byte[]> classes;

    Loader(ClassLoader parent, Map<String, byte[]> classes) {
      super(parent);
      this.classes = classes;
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      byte[] bytes = classes.get(name);
      if (bytes == null) {
        throw new ClassNotFoundException(name);
      }
      return defineClass(name, bytes, 0, bytes.length);
    }
  }
}
