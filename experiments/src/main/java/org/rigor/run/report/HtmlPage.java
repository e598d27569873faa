// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import com.google.gson.GsonBuilder;
import java.util.List;
import java.util.Optional;
import org.rigor.run.store.ProvenanceFile;
import org.rigor.run.store.RunFolder;

/** The common frame of HTML reports: one file, no network, no script. */
abstract class HtmlPage {
  private static final String STYLE =
      """
      body { font: 16px/1.5 Helvetica, Arial, "Liberation Sans", sans-serif; color: #1a1a1a;
        background: #ffffff; max-width: 1000px; margin: 2em auto; padding: 0 1.2em; }
      h1 { font-size: 1.7em; margin-bottom: 0.2em; } h2 { font-size: 1.25em; margin-top: 2em; }
      p.question { font-size: 1.1em; color: #333333; margin-top: 0; }
      .scroll { overflow-x: auto; }
      table { border-collapse: collapse; font-size: 0.88em; font-variant-numeric: tabular-nums; }
      th, td { padding: 0.25em 0.7em; text-align: right; border-bottom: 1px solid #dddddd;
        white-space: nowrap; }
      th { border-bottom: 2px solid #555555; } th:first-child, td:first-child { text-align: left; }
      figure { margin: 1.2em 0; } figure svg { max-width: 100%; height: auto; }
      figcaption { font-size: 0.9em; color: #333333; }
      .holds { color: #00633f; font-weight: bold; } .violated { color: #a02c00; font-weight: bold; }
      .undecided, .weak { color: #5c4a00; font-weight: bold; }
      .agrees { color: #00633f; } .disagrees { color: #a02c00; font-weight: bold; }
      .l { text-align: left; }
      @media (max-width: 700px) { figure { overflow-x: auto; } figure svg { max-width: none; } }
      @media print { body { max-width: none; } h2 { break-after: avoid; }
        figure, table, li { break-inside: avoid; } .scroll { overflow: visible; } }
      pre { background: #f5f5f5; padding: 0.8em; overflow-x: auto; font-size: 0.82em; }
      li { margin: 0.3em 0; overflow-wrap: anywhere; }
      @media (prefers-color-scheme: dark) {
        body { color: #e8e8e8; background: #121212; }
        p.question, figcaption { color: #c8c8c8; } pre { background: #1e1e1e; }
        th, td { border-color: #3a3a3a; } a { color: #56b4e9; }
        .holds, .agrees { color: #35c79b; } .violated, .disagrees { color: #f0904e; }
        .undecided, .weak { color: #e3c04a; }
      }
      """;

  final StringBuilder out = new StringBuilder();

  final void begin(String title, String question) {
    out.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n");
    out.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    out.append("<title>").append(escape(title)).append("</title>\n");
    out.append("<style>\n").append(STYLE).append("</style></head><body>\n");
    out.append("<h1>").append(escape(title)).append("</h1>\n");
    out.append("<p class=\"question\">").append(escape(question)).append("</p>\n");
  }

  /** Adds the runs that made the results, all that is known of them, and the study's text. */
  final void provenance(RunFolder folder, ProvenanceFile provenance, String study) {
    heading("Provenance");
    table(RunsTable.of(folder, provenance), -1);
    String pretty =
        new GsonBuilder()
            .setPrettyPrinting()
            .disableHtmlEscaping()
            .create()
            .toJson(provenance.json());
    out.append("<details><summary>All that is known of the runs</summary><pre>");
    out.append(escape(pretty));
    out.append("</pre></details>\n<details><summary>The study as written</summary><pre>");
    out.append(escape(study)).append("</pre></details>\n");
  }

  /** Returns the page. */
  final String end() {
    return out.append("</body></html>\n").toString();
  }

  /** Notes that a run overrides its study's file, or was a smoke run. */
  final void changes(boolean smoke, List<String> overrides) {
    if (smoke) {
      paragraph("In its small size (--smoke): values of its smoke map replace those of the file.");
    }
    if (!overrides.isEmpty()) {
      paragraph("Changed from the file: " + String.join("; ", overrides) + ".");
    }
  }

  final void figure(Figures.Figure f) {
    figure(f, f.caption());
  }

  final void figure(Figures.Figure f, String caption) {
    out.append("<figure>\n").append(f.svg()).append("<figcaption>").append(escape(caption));
    out.append("</figcaption></figure>\n");
  }

  final void table(Optional<Table> table, int verdictColumn) {
    if (table.isEmpty()) {
      return;
    }
    out.append("<div class=\"scroll\"><table><thead><tr>");
    for (int i = 0; i < table.get().columns().size(); i++) {
      out.append(i < table.get().left() ? "<th class=\"l\">" : "<th>");
      out.append(escape(table.get().columns().get(i))).append("</th>");
    }
    out.append("</tr></thead><tbody>\n");
    for (List<String> row : table.get().rows()) {
      out.append("<tr>");
      for (int i = 0; i < row.size(); i++) {
        String name = i == verdictColumn ? row.get(i) : i < table.get().left() ? "l" : "";
        String css = name.isEmpty() ? "" : " class=\"" + escape(name) + "\"";
        out.append("<td").append(css).append('>').append(escape(row.get(i))).append("</td>");
      }
      out.append("</tr>\n");
    }
    out.append("</tbody></table></div>\n");
  }

  final void heading(String text) {
    out.append("<h2>").append(escape(text)).append("</h2>\n");
  }

  final void paragraph(String text) {
    out.append("<p>").append(escape(text)).append("</p>\n");
  }

  final void item(String text) {
    out.append("<li>").append(escape(text)).append("</li>\n");
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }
}
