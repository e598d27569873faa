// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * What a search keeps of one region for a proof: the rows that tightened a side or proved a cell.
 */
final class Ledger {
  private static final Pattern NODE = Pattern.compile("node (\\d+) .*", Pattern.DOTALL);

  private final Site site;
  private final List<Start> starts;
  private final Map<Integer, int[]> free = new LinkedHashMap<>();
  private final List<Evidence.Tightening> tightenings = new ArrayList<>();
  private final Map<Integer, Map<Row.Objective, List<Evidence.Leaf>>> proved =
      new LinkedHashMap<>();

  /**
   * @param site with the sides that CROWN gives, before any is tightened
   * @param starts all of them, the margins last
   */
  Ledger(Site site, List<Start> starts) {
    this.site = site;
    this.starts = starts;
    for (Start.Bend b : starts.get(starts.size() - 1).bends()) {
      int[] open =
          IntStream.range(0, b.size())
              .filter(u -> b.start() < 0 || site.isOpen(b.start(), u))
              .toArray();
      free.put(node(b.name()), open);
    }
  }

  private static int node(String name) {
    Matcher m = NODE.matcher(name);
    if (!m.matches()) {
      throw new IllegalStateException(
          "proof: needs a network from an ONNX file; '" + name + "' is none of its nodes");
    }
    return Integer.parseInt(m.group(1));
  }

  /** Keeps a row whose bound tightened a side of a unit in the whole region. */
  void tightened(int k, Row row) {
    for (Start.Bend b : starts.get(starts.size() - 1).bends()) {
      if (b.start() == k) {
        int units = starts.get(k).size();
        boolean lower = row.unit < units;
        tightenings.add(
            new Evidence.Tightening(
                List.of(), node(b.name()), row.unit % units, lower, List.of(leaf(k, row))));
        return;
      }
    }
  }

  /** Keeps a row of a clause whose bound in its cell is above 0. */
  void proved(int clause, Row row) {
    proved
        .computeIfAbsent(clause, c -> new LinkedHashMap<>())
        .computeIfAbsent(row.objective, o -> new ArrayList<>())
        .add(leaf(starts.size() - 1, row));
  }

  private Evidence.Leaf leaf(int k, Row row) {
    Start start = starts.get(k);
    List<Evidence.Literal> cell = new ArrayList<>();
    Map<Integer, float[]> slopes = new LinkedHashMap<>();
    for (int n = 0; n < start.bends().size(); n++) {
      Start.Bend b = start.bends().get(n);
      int from = start.offset(n);
      int node = node(b.name());
      for (int i = 0; i < row.cell.depth(); i++) {
        int unit = row.cell.at()[i] - from;
        if (unit >= 0 && unit < b.size()) {
          float multiplier = row.found.multipliers()[i];
          cell.add(new Evidence.Literal(node, unit, row.cell.signs()[i] > 0, multiplier));
        }
      }
      int[] units = free.get(node);
      float[] own = new float[units.length];
      for (int i = 0; i < own.length; i++) {
        own[i] = row.found.slopes()[from + units[i]];
      }
      slopes.put(node, own);
    }
    return new Evidence.Leaf(cell, slopes);
  }

  /** Returns what proves the clauses of these numbers. */
  Evidence evidence(int... refuted) {
    List<Evidence.Refuted> clauses = new ArrayList<>();
    for (int c : refuted) {
      List<Evidence.Proved> rows = new ArrayList<>();
      proved
          .getOrDefault(c, Map.of())
          .forEach(
              (o, leaves) -> {
                double[] inputs = o.inputs() == null ? new double[0] : o.inputs();
                rows.add(new Evidence.Proved(o.outputs(), inputs, leaves));
              });
      clauses.add(new Evidence.Refuted(rows));
    }
    return new Evidence(site.low(), site.high(), free, tightenings, clauses);
  }
}
