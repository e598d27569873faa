// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.plugin;

import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.jar.JarFile;
import org.rigor.attack.Attack;
import org.rigor.attack.Attacks;
import org.rigor.io.Sha256;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.study.PluginMeasurement;
import org.rigor.run.theory.Law;
import org.rigor.run.yaml.Added;
import org.rigor.run.yaml.KeySpec;

/** The active plugins: those on the class path and in the jars that a command names. */
public final class Plugins {
  private static final String SERVICE = "META-INF/services/" + Plugin.class.getName();

  private static List<Path> jars = List.of();

  private Plugins() {}

  /**
   * Activates the plugins in these jars, with a separate class loader for each, in place of those
   * of an earlier call.
   *
   * @throws RunException with exit code 4 if a file is not a jar with a plugin
   */
  public static synchronized void use(List<Path> files) {
    List<Plugin> all = new ArrayList<>(load(Plugins.class.getClassLoader(), "the class path"));
    for (Path jar : files) {
      try (JarFile content = new JarFile(jar.toFile())) {
        if (content.getEntry(SERVICE) == null) {
          throw new RunException(ExitCode.DATA, "--plugin " + jar + ": it has no " + SERVICE);
        }
        URL[] urls = {jar.toUri().toURL()};
        // Stays open: its classes are needed until the process ends.
        all.addAll(
            load(new URLClassLoader(urls, Plugins.class.getClassLoader()), jar.toString()).stream()
                .filter(p -> p.getClass().getClassLoader() != Plugins.class.getClassLoader())
                .toList());
      } catch (MalformedURLException e) {
        throw new IllegalStateException(e);
      } catch (IOException e) {
        throw new RunException(
            ExitCode.DATA,
            Files.exists(jar)
                ? "--plugin %s: no jar (%s)".formatted(jar, e.getMessage())
                : "--plugin: no jar at " + jar,
            e);
      }
    }
    jars = List.copyOf(files);
    Map<String, Function<Attacks.Settings, Attack>> attacks = new TreeMap<>();
    all.forEach(p -> attacks.putAll(p.attacks()));
    Attacks.add(attacks);
    Added.set(Law.class, all.stream().flatMap(p -> p.laws().stream()).toList());
    Added.set(
        PluginMeasurement.class, all.stream().flatMap(p -> p.measurements().stream()).toList());
  }

  private static List<Plugin> load(ClassLoader loader, String where) {
    try {
      List<Plugin> out = new ArrayList<>();
      for (Plugin p : ServiceLoader.load(Plugin.class, loader)) {
        check(p, where);
        out.add(p);
      }
      return out;
    } catch (ServiceConfigurationError | LinkageError e) {
      throw new RunException(
          ExitCode.DATA, "the plugin in %s cannot be used: %s".formatted(where, e), e);
    }
  }

  private static void check(Plugin p, String where) {
    for (String name : p.attacks().keySet()) {
      if (!name.startsWith(p.namespace() + ":")) {
        throw new RunException(
            ExitCode.DATA,
            "the plugin in %s calls an attack '%s'; its attacks are called '%s:...'"
                .formatted(where, name, p.namespace()));
      }
    }
    List<Class<?>> types = new ArrayList<>(p.laws());
    types.addAll(p.measurements());
    for (Class<?> type : types) {
      if (!type.isRecord() || !KeySpec.typeName(type).startsWith(p.namespace() + ":")) {
        throw new RunException(
            ExitCode.DATA,
            "the plugin in %s calls %s '%s'; its types are records called '%s:...'"
                .formatted(where, type.getName(), KeySpec.typeName(type), p.namespace()));
      }
    }
  }

  /** Returns the jars in use with their checksums. */
  public static synchronized Map<Path, String> jars() {
    Map<Path, String> out = new LinkedHashMap<>();
    for (Path jar : jars) {
      try {
        out.put(jar, Sha256.of(Files.readAllBytes(jar)));
      } catch (IOException e) {
        throw new RunException(ExitCode.ENVIRONMENT, "cannot read " + jar, e);
      }
    }
    return out;
  }
}
