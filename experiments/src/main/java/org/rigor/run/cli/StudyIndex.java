// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.rigor.io.AtomicFile;
import org.rigor.run.store.Links;

/** A page in Markdown that lists studies, each with a small figure of its last run. */
final class StudyIndex {
  private StudyIndex() {}

  /**
   * Writes the page, and the figures into {@code figures/} beside it. A study without a run keeps
   * its existing figure.
   */
  static void write(Path page, List<Catalogue.Entry> entries) throws IOException {
    Path base = page.toAbsolutePath().normalize().getParent();
    Path figures = base.resolve("figures");
    StringBuilder out = new StringBuilder();
    out.append("# Studies\n\n");
    out.append(
        "Written by `./rigor list --index %s`; run one with `./rigor run FILE`, all in their\n"
            .formatted("experiments/README.md"));
    out.append("small size with `./rigor run experiments/*/ --smoke`.\n");
    String group = "";
    for (Catalogue.Entry e : entries) {
      String file = base.relativize(e.file().toAbsolutePath().normalize()).toString();
      String link = file.replace('\\', '/');
      String folder = link.contains("/") ? link.substring(0, link.lastIndexOf('/')) : "";
      if (!folder.equals(group)) {
        out.append("\n## ").append(folder).append('\n');
        group = folder;
      }
      out.append("\n### ").append(escape(e.title())).append("\n\n");
      out.append("[").append(link).append("](").append(link).append(")\n\n");
      line(out, "Claim", e.header().get("Claim"));
      line(out, "Source", e.header().get("Source"));
      line(out, "Size", e.size());
      e.last().ifPresent(l -> line(out, "Last result", l.words()));
      String name = e.study().map(s -> s.name()).orElse("") + ".svg";
      Optional<Path> figure = e.last().flatMap(StudyIndex::figure);
      if (figure.isPresent()) {
        Files.createDirectories(figures);
        byte[] svg = Files.readAllBytes(figure.get());
        AtomicFile.write(figures.resolve(name), o -> o.write(svg));
      }
      if (Files.isRegularFile(figures.resolve(name))) {
        out.append(
            "\n<img src=\"figures/%s\" width=\"480\" alt=\"%s\">\n"
                .formatted(name, escape(e.title())));
      }
    }
    byte[] text = out.toString().getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(page, o -> o.write(text));
  }

  /** Returns the figure that a summary names; reports and skips one that is not the run's. */
  private static Optional<Path> figure(Catalogue.Last last) {
    String named = last.summary().figure();
    Optional<Path> figure = Links.figure(last.folder(), named);
    if (figure.isEmpty() && !named.isEmpty()) {
      System.err.printf(
          "%s: its summary names '%s', which is no figure of the run; passed over%n",
          last.folder(), named);
    }
    return figure;
  }

  private static void line(StringBuilder out, String name, String text) {
    if (!text.isEmpty()) {
      out.append("- ").append(name).append(": ").append(text).append('\n');
    }
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("\"", "&quot;").replace("<", "&lt;");
  }
}
