// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a search found of a region, written down so that it can be computed again. */
final class Ledger {
  private final Bounder bounder;
  private final Site site;
  private final List<Evidence.Tightening> tightenings = new ArrayList<>();
  private final Map<Integer, List<Evidence.Proved>> clauses = new TreeMap<>();
  private long bytes;

  Ledger(Bounder bounder, Site site) {
    this.bounder = bounder;
    this.site = site;
    for (Start.Bend b : bounder.start(bounder.margins()).bends()) {
      if (b.node() < 0) {
        throw new IllegalStateException("proof: needs a network from an ONNX file, got another");
      }
    }
  }

  /**
   * A cell and the numbers that bound a row in it.
   *
   * @param numbers null for CROWN's
   */
  record Proof(Row.Cell cell, Row.Numbers numbers) {}

  /** Writes down a side of a unit; those from the number of units on are upper sides. */
  void tightened(int k, int unit, List<Proof> leaves) {
    if (bounder.node(k) < 0) {
      throw new IllegalStateException("proof: no node bends the value that was tightened");
    }
    add(List.of(), k, unit, leaves);
  }

  /** Writes down a side of a unit that holds in a cell of the logits' elements. */
  void tightened(Row.Cell scope, int k, int unit, Proof leaf) {
    Start all = bounder.start(bounder.margins());
    Row.Numbers none = new Row.Numbers(new float[0], new float[0]);
    add(literals(all, new Proof(scope, none)), k, unit, List.of(leaf));
  }

  private void add(List<Evidence.Literal> scope, int k, int unit, List<Proof> leaves) {
    int n = bounder.start(k).size();
    Start.Bend b = bounder.bend(k).orElseThrow();
    tightenings.add(
        new Evidence.Tightening(
            scope, b.node(), b.inFile(unit % n), unit < n, leaves(bounder.start(k), leaves)));
  }

  /** Writes down a row of a clause and the cells in which it is above 0. */
  void proved(int clause, Row.Objective row, List<Proof> leaves) {
    double[] inputs = row.inputs() == null ? new double[0] : row.inputs();
    clauses
        .computeIfAbsent(clause, c -> new ArrayList<>())
        .add(
            new Evidence.Proved(
                row.outputs(), inputs, leaves(bounder.start(bounder.margins()), leaves)));
  }

  /** Returns what proves the clauses of these numbers. */
  Evidence evidence(int... refuted) {
    Map<Integer, int[]> free = new TreeMap<>();
    for (Start.Bend b : bounder.start(bounder.margins()).bends()) {
      free.put(b.node(), site.units(b).map(b::inFile).toArray());
    }
    List<Evidence.Refuted> all = new ArrayList<>();
    for (int c : refuted) {
      all.add(new Evidence.Refuted(clauses.get(c)));
    }
    return new Evidence(site.low, site.high, free, List.copyOf(tightenings), all);
  }

  /** Forgets the clauses, before those of another problem of the region. */
  void begin() {
    clauses.clear();
  }

  /** Returns about how many bytes what was written down takes. */
  long bytes() {
    return bytes;
  }

  private List<Evidence.Leaf> leaves(Start start, List<Proof> proofs) {
    return proofs.stream().map(p -> leaf(start, p)).toList();
  }

  private static List<Evidence.Literal> literals(Start start, Proof p) {
    List<Evidence.Literal> cell = new ArrayList<>();
    for (int i = 0; i < p.cell().depth(); i++) {
      int bend = start.bendOf(p.cell().at()[i]);
      Start.Bend b = start.bends().get(bend);
      float[] m = p.numbers() == null ? new float[0] : p.numbers().multipliers();
      cell.add(
          new Evidence.Literal(
              b.node(),
              b.inFile(p.cell().at()[i] - start.offset(bend)),
              p.cell().signs()[i] > 0,
              i < m.length ? m[i] : 0));
    }
    return cell;
  }

  private Evidence.Leaf leaf(Start start, Proof p) {
    Map<Integer, float[]> slopes = new TreeMap<>();
    int from = 0;
    for (Start.Bend b : p.numbers() == null ? List.<Start.Bend>of() : start.bends()) {
      int n = Math.toIntExact(site.units(b).count());
      slopes.put(b.node(), Arrays.copyOfRange(p.numbers().slopes(), from, from + n));
      bytes += (long) Float.BYTES * n;
      from += n;
    }
    return new Evidence.Leaf(literals(start, p), slopes);
  }
}
