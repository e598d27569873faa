// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.List;

/** Sides of starts, tightened layer by layer: what one layer gains the next one uses. */
final class Tightening {
  private final Bounder bounder;
  private final List<List<Ledger>> ledgers;

  Tightening(Bounder bounder) {
    this(bounder, List.of());
  }

  /**
   * @param ledgers by model and site, which keep what tightened; empty for none
   */
  Tightening(Bounder bounder, List<List<Ledger>> ledgers) {
    this.bounder = bounder;
    this.ledgers = ledgers;
  }

  /** Ascends both sides of every unit that may have both signs, and tightens the sites in place. */
  void run(List<List<Site>> sites) {
    bounder.load(sites);
    for (int k = 0; k < bounder.margins(); k++) {
      if (bounder.start(k).bent()) {
        layer(k, sites);
        bounder.load(sites);
      }
    }
  }

  private void layer(int k, List<List<Site>> sites) {
    int units = bounder.start(k).size();
    List<Row> rows = new ArrayList<>();
    for (int m = 0; m < sites.size(); m++) {
      for (int s = 0; s < sites.get(m).size(); s++) {
        for (int u = 0; u < 2 * units; u++) {
          if (sites.get(m).get(s).isOpen(k, u % units)) {
            rows.add(Row.unit(m, s, Row.Cell.WHOLE, u, null));
          }
        }
      }
    }
    bounder.rows(k, rows, !ledgers.isEmpty());
    for (Row r : rows) {
      boolean better = sites.get(r.model).get(r.site).tighten(k, r.unit, r.bound);
      if (better && !ledgers.isEmpty()) {
        ledgers.get(r.model).get(r.site).tightened(k, r);
      }
    }
  }
}
