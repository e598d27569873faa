// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.rigor.io.DataException;
import org.rigor.io.Npz;
import org.rigor.io.Sha256;
import org.rigor.tensor.HostTensor;

/** Reads samples of an NPZ file, x [N, D...] and y [N], as questions about their labels. */
final class Samples {
  private Samples() {}

  /**
   * @param euclidean whether balls are Euclidean, else boxes
   * @param box least and greatest valid input, or null for all
   */
  static Question read(
      Path file, boolean euclidean, BigDecimal epsilon, BigDecimal[] box, int inputs, int outputs) {
    HostTensor x;
    HostTensor y;
    try (Npz npz = Npz.open(file)) {
      x = npz.read("x");
      y = npz.read("y");
    }
    int n = Math.toIntExact(y.shape().size());
    if (x.shape().size() != (long) n * inputs) {
      throw new DataException(
          "%s: %d labels need %d numbers each, x is %s".formatted(file, n, inputs, x.shape()));
    }
    List<Question.Item> items = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      Region r = region(x, i * inputs, inputs, euclidean, epsilon, box);
      int label = (int) y.get(i);
      if (label != y.get(i) || label < 0 || label >= outputs) {
        throw new DataException("%s: label %d is %s".formatted(file, i, y.get(i)));
      }
      List<Clause> clauses = new ArrayList<>();
      for (int j = 0; j < outputs; j++) {
        if (j != label) {
          TreeMap<Integer, BigDecimal> margin = new TreeMap<>();
          margin.put(label, BigDecimal.ONE);
          margin.put(j, BigDecimal.ONE.negate());
          Row row = new Row(margin, new TreeMap<>(), BigDecimal.ZERO);
          clauses.add(new Clause(r, List.of(row), "class " + j));
        }
      }
      items.add(new Question.Item(i, "sample " + i, clauses));
    }
    String asked = "%s %s %s".formatted(euclidean ? "l2" : "linf", plain(epsilon), bounds(box));
    byte[] whole = (Sha256.ofContent(file) + " " + asked).getBytes(StandardCharsets.UTF_8);
    return new Question(Sha256.of(whole), items);
  }

  private static String bounds(BigDecimal... box) {
    return box == null ? "all" : plain(box[0]) + " " + plain(box[1]);
  }

  /** Returns the digits of a decimal, equal for all ways to write it. */
  private static String plain(BigDecimal d) {
    return d.stripTrailingZeros().toPlainString();
  }

  private static Region region(
      HostTensor x, int from, int inputs, boolean euclidean, BigDecimal epsilon, BigDecimal[] box) {
    BigDecimal[] lower = new BigDecimal[inputs];
    BigDecimal[] upper = new BigDecimal[inputs];
    double[] centre = new double[inputs];
    for (int i = 0; i < inputs; i++) {
      centre[i] = x.get(from + i);
      BigDecimal at = new BigDecimal(centre[i]);
      BigDecimal low = at.subtract(epsilon);
      BigDecimal high = at.add(epsilon);
      lower[i] = box == null ? low : low.max(box[0]);
      upper[i] = box == null ? high : high.min(box[1]);
    }
    return euclidean ? Region.ball(lower, upper, centre, epsilon) : Region.box(lower, upper);
  }
}
