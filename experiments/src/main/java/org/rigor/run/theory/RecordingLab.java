// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.exec.Device;
import org.rigor.run.statistics.Sample;

/** A lab that keeps everything it receives, in order. */
public class RecordingLab implements Lab {
  private final Device device;
  private final long seed;
  private final List<Finding> findings = new ArrayList<>();
  private final List<SeedClaim> claims = new ArrayList<>();
  private final Map<String, Double> reports = new LinkedHashMap<>();
  private final List<Chart> charts = new ArrayList<>();

  /**
   * @param device not closed here; the caller closes it
   */
  public RecordingLab(Device device, long seed) {
    this.device = device;
    this.seed = seed;
  }

  /** Returns the rows so far. */
  public List<Finding> findings() {
    return Collections.unmodifiableList(findings);
  }

  /** Returns the claims so far, not yet judged. */
  public List<SeedClaim> claims() {
    return Collections.unmodifiableList(claims);
  }

  /** Returns the reported numbers by name. */
  public Map<String, Double> reports() {
    return Collections.unmodifiableMap(reports);
  }

  /** Returns the figures so far. */
  public List<Chart> charts() {
    return Collections.unmodifiableList(charts);
  }

  @Override
  public Device device() {
    return device;
  }

  @Override
  public long seed() {
    return seed;
  }

  @Override
  public void compare(
      String row, String equation, double predicted, double measured, Tolerance tolerance) {
    if (row.isBlank() || findings.stream().anyMatch(f -> f.row().equals(row))) {
      throw new IllegalArgumentException("a law's rows have different names, got '" + row + "'");
    }
    findings.add(new Finding(row, equation, predicted, measured, tolerance));
  }

  @Override
  public void claim(String id, String says, double[] seeds, Relation relation, double value) {
    if (seeds.length < Sample.MIN_SEEDS) {
      throw new IllegalArgumentException(
          "claim '%s' needs at least %d seeds, got %d"
              .formatted(id, Sample.MIN_SEEDS, seeds.length));
    }
    if (claims.stream().anyMatch(c -> c.id().equals(id))) {
      throw new IllegalArgumentException("a law's claims have different names, got '" + id + "'");
    }
    claims.add(new SeedClaim(id, says, seeds.clone(), relation, value));
  }

  @Override
  public void report(String name, double value) {
    if (reports.putIfAbsent(name, value) != null) {
      throw new IllegalArgumentException("'" + name + "' is reported twice");
    }
  }

  @Override
  public void chart(Chart chart) {
    if (charts.stream().anyMatch(c -> c.name().equals(chart.name()))) {
      throw new IllegalArgumentException("a law has two figures called '" + chart.name() + "'");
    }
    charts.add(chart);
  }

  /** Does nothing; only a run shows phases. */
  @Override
  public void phase(String name) {}

  /** Does nothing; only a run can stop here. */
  @Override
  public void checkpoint() {}
}
