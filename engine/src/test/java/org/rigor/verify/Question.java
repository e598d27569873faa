// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.rigor.certify.ActivationPatterns;
import org.rigor.nn.Sequential;
import org.rigor.property.Property;
import org.rigor.property.vnnlib.VnnLib;
import org.rigor.tensor.HostTensor;

/**
 * What is unsafe, in a box: clauses of rows, in which the output {@code label} has the coefficient
 * 1.
 *
 * @param clauses by clause and row: coefficients of outputs, of inputs, and a constant
 */
record Question(double[] low, double[] high, double[][][] clauses, int label) {
  /** Returns whether one class is above all others, or clauses of a few random rows. */
  static Question random(Random r, int inputs, int outputs, int rows) {
    double[] low = new double[inputs];
    double[] high = new double[inputs];
    double radius = Math.pow(10, -1.5 * r.nextDouble());
    for (int i = 0; i < inputs; i++) {
      double centre = r.nextInt(-16, 17) / 16.0;
      double own = r.nextInt(6) == 0 ? 0 : radius;
      low[i] = (float) (centre - own);
      high[i] = (float) (centre + own);
    }
    int label = r.nextInt(outputs);
    List<double[][]> clauses = new ArrayList<>();
    if (rows == 1 && r.nextInt(3) > 0) {
      for (int j = 0; j < outputs; j++) {
        if (j != label) {
          double[] row = new double[outputs + inputs + 1];
          row[label] = 1;
          row[j] = -1;
          clauses.add(new double[][] {row});
        }
      }
    } else {
      for (int c = 1 + r.nextInt(2); c > 0; c--) {
        double[][] clause = new double[rows][outputs + inputs + 1];
        for (double[] row : clause) {
          Arrays.setAll(row, i -> r.nextInt(-8, 9) / 8.0);
          row[label] = 1;
        }
        clauses.add(clause);
      }
    }
    return new Question(low, high, clauses.toArray(double[][][]::new), label);
  }

  Property property(int outputs) {
    return VnnLib.parse("p", text(outputs).getBytes(StandardCharsets.UTF_8)).property();
  }

  /** Returns the question in VNN-LIB 1. */
  String text(int outputs) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < low.length; i++) {
      text.append("(declare-const X_%d Real)".formatted(i));
    }
    for (int j = 0; j < outputs; j++) {
      text.append("(declare-const Y_%d Real)".formatted(j));
    }
    for (int i = 0; i < low.length; i++) {
      text.append("(assert (>= X_%d %s))".formatted(i, plain(low[i])));
      text.append("(assert (<= X_%d %s))".formatted(i, plain(high[i])));
    }
    text.append("(assert (or");
    for (double[][] clause : clauses) {
      text.append(" (and");
      for (double[] row : clause) {
        text.append(" (<= (+ ").append(plain(row[row.length - 1]));
        for (int j = 0; j < outputs; j++) {
          text.append(" (* %s Y_%d)".formatted(plain(row[j]), j));
        }
        for (int i = 0; i < low.length; i++) {
          text.append(" (* %s X_%d)".formatted(plain(row[outputs + i]), i));
        }
        text.append(") 0.0)");
      }
      text.append(")");
    }
    return text.append("))").toString();
  }

  /** Returns the question with another number added to all rows. */
  Question moved(double by) {
    double[][][] all = new double[clauses.length][][];
    for (int c = 0; c < all.length; c++) {
      all[c] = Arrays.stream(clauses[c]).map(double[]::clone).toArray(double[][]::new);
      for (double[] row : all[c]) {
        row[row.length - 1] += by;
      }
    }
    return new Question(low, high, all, label);
  }

  /** Returns the least value over the clauses of the largest row of each, for one model. */
  double least(Sequential net, Map<String, HostTensor> params, int model) {
    double least = Double.POSITIVE_INFINITY;
    for (double[][] clause : clauses) {
      ActivationPatterns.Least found =
          ActivationPatterns.least(net, params, model, low, high, clause);
      assertThat(ActivationPatterns.at(net, params, model, found.x(), clause))
          .isCloseTo(found.value(), offset(1e-10));
      least = Math.min(least, found.value());
    }
    return least;
  }

  private static String plain(double x) {
    return new BigDecimal(x).toPlainString();
  }
}
