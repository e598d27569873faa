// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/** What holds of the bound of any row in any cell, for any network. */
class CellInvariantsTest {
  private static final int INPUTS = 3;
  private static final int CLASSES = 3;
  private static final int MODELS = 4;
  private static final int CELLS = 12;
  private static final int POINTS = 300;

  /**
   * A bound is below all values in its cell, for any slopes and multipliers; that of a whole region
   * is at least CROWN's, whatever ran in the same slots before.
   */
  @Property(tries = 8, seed = "7", shrinking = ShrinkingMode.OFF)
  void boundsHoldForAnyNumbers(@ForAll long seed) {
    new Case(seed).check();
  }

  /** A random network of several models, and a box. */
  private static final class Case {
    private final Random random;
    private final Sequential net;
    private final boolean smooth;
    private final Map<String, HostTensor> params = new LinkedHashMap<>();
    private final double[] low = new double[INPUTS];
    private final double[] high = new double[INPUTS];

    Case(long seed) {
      random = new Random(seed);
      List<Integer> hidden = random.nextBoolean() ? List.of(6) : List.of(5, 4);
      Activation[] all = {
        Activation.RELU, Activation.LEAKY_RELU, Activation.SIGMOID, Activation.TANH
      };
      Activation f = all[random.nextInt(all.length)];
      smooth = f == Activation.SIGMOID || f == Activation.TANH;
      net = Sequential.mlp(Shape.of(INPUTS), hidden, f, CLASSES);
      net.parameters()
          .forEach(
              p -> {
                HostTensor t = HostTensor.zeros(p.type(MODELS, DType.F64));
                Arrays.setAll(t.doubles(), i -> (float) random.nextGaussian());
                params.put(p.name(), t);
              });
      for (int i = 0; i < INPUTS; i++) {
        low[i] = (float) (random.nextGaussian() - random.nextDouble());
        high[i] = low[i] + (float) (2 * random.nextDouble());
      }
    }

    /** A point's outputs, and the elements of all bent values there, in order. */
    private record At(double[] y, double[] z) {}

    private At at(int model, double[] x) {
      Plain plain = new Plain(params, model);
      double[] z = new double[0];
      double[] h = x;
      for (int i = 0; i < net.layers().size(); i++) {
        if (net.layers().get(i) instanceof Activation) {
          z = Arrays.copyOf(z, z.length + h.length);
          System.arraycopy(h, 0, z, z.length - h.length, h.length);
        }
        h = plain.layer(net.layers().get(i), i + ".", Shape.of(h.length), h);
      }
      return new At(h, z);
    }

    private double[] point() {
      double[] x = new double[INPUTS];
      Arrays.setAll(x, i -> low[i] + random.nextDouble() * (high[i] - low[i]));
      return x;
    }

    private static double value(Row row, double[] y) {
      double sum = row.objective.constant();
      for (int j = 0; j < y.length; j++) {
        sum += row.objective.outputs()[j] * y[j];
      }
      return sum;
    }

    /** A cell that some point of the box is in. */
    private Row.Cell cell(int model) {
      double[] z = at(model, point()).z();
      Row.Cell cell = Row.Cell.WHOLE;
      for (int n = random.nextInt(5); n > 0; n--) {
        cell = within(cell, z);
      }
      return cell;
    }

    /** Restricts a cell to where one more unit lies on the side of 0, or of any point. */
    private Row.Cell within(Row.Cell cell, double... z) {
      int unit = random.nextInt(z.length);
      double point = smooth ? z[unit] + random.nextGaussian() : 0;
      int sign = z[unit] >= point ? 1 : -1;
      for (int i = 0; i < cell.depth(); i++) {
        if (cell.at()[i] == unit && (!smooth || cell.signs()[i] == sign)) {
          return cell;
        }
      }
      return cell.and(unit, sign, point);
    }

    /** Numbers of which many are out of range, or no numbers. */
    private Row.Numbers anything(int slopes, int multipliers) {
      float[] odd = {Float.NaN, -1, 2, Float.POSITIVE_INFINITY, 1e30f, -1e-3f};
      float[][] all = {new float[slopes], new float[multipliers]};
      for (float[] v : all) {
        for (int i = 0; i < v.length; i++) {
          v[i] = random.nextInt(3) == 0 ? odd[random.nextInt(odd.length)] : random.nextFloat();
        }
      }
      return new Row.Numbers(all[0], all[1]);
    }

    /** Nothing in a cell is below a bound in it, whatever slopes and multipliers are. */
    private void requireBelow(List<Row> rows) {
      for (int p = 0; p < POINTS; p++) {
        double[] x = point();
        for (int m = 0; m < MODELS; m++) {
          At here = at(m, x);
          for (Row row : rows) {
            boolean in = row.model == m;
            for (int i = 0; i < row.cell.depth(); i++) {
              in &= row.cell.signs()[i] * (here.z()[row.cell.at()[i]] - row.cell.points()[i]) >= 0;
            }
            if (in) {
              double value = value(row, here.y());
              assertThat(row.bound).isLessThanOrEqualTo(value + 1e-12 * (1 + Math.abs(value)));
            }
          }
        }
      }
    }

    private static List<Row> margins() {
      List<Row> rows = new ArrayList<>();
      for (int m = 0; m < MODELS; m++) {
        for (int j = 1; j < CLASSES; j++) {
          double[] outputs = new double[CLASSES];
          outputs[0] = 1;
          outputs[j] = -1;
          Row.Objective o = new Row.Objective(outputs, null, 0);
          rows.add(Row.margin(m, 0, Row.Cell.WHOLE, o, null));
        }
      }
      return rows;
    }

    private void check() {
      try (Device device = new CpuDevice(1, "scalar", "test");
          Models models = Models.of(device, net, params)) {
        Stage.Setup setup = new Stage.Setup(models, Box.NONE, Norm.LINF, 8);
        try (Bounder bounder =
                new Bounder(new Bounder.Plan(setup, 6, false, false, true, Branching.INTERCEPT));
            Bounder crown =
                new Bounder(new Bounder.Plan(setup, 1, false, false, true, Branching.INTERCEPT))) {
          check(bounder, crown);
        }
      }
    }

    /**
     * @param crown whose only step is judged at CROWN's slopes
     */
    private void check(Bounder bounder, Bounder crown) {
      List<List<Site>> sites = new ArrayList<>();
      for (int m = 0; m < MODELS; m++) {
        sites.add(List.of(Site.of(low, high)));
      }
      bounder.root(sites);
      bounder.load(sites);
      int top = bounder.margins();
      List<Row> wholes = margins();
      bounder.rows(top, wholes, true);
      requireBelow(wholes);
      List<Row> start = margins();
      crown.load(sites);
      crown.rows(top, start, false);
      for (int i = 0; i < wholes.size(); i++) {
        assertThat(wholes.get(i).bound)
            .as("CROWN's")
            .isGreaterThanOrEqualTo(start.get(i).bound - 1e-7); // climbs in F32
      }
      new Tightening(bounder, sites).run();
      List<Row> parents = new ArrayList<>();
      for (int n = 0; n < CELLS; n++) {
        Row whole = wholes.get(random.nextInt(wholes.size()));
        parents.add(Row.margin(whole.model, 0, cell(whole.model), whole.objective, whole.found));
      }
      bounder.rows(top, parents, true);
      requireBelow(parents);
      List<Row> children = new ArrayList<>();
      List<Row> odd = new ArrayList<>();
      for (Row parent : parents) {
        double[] z = at(parent.model, point()).z();
        Row.Cell cell = within(parent.cell, z);
        children.add(Row.margin(parent.model, 0, cell, parent.objective, parent.found));
        Row.Numbers any =
            anything(parent.found.slopes().length, parent.found.multipliers().length + 1);
        odd.add(Row.margin(parent.model, 0, cell, parent.objective, any));
      }
      bounder.rows(top, children, true);
      requireBelow(children);
      List<Row> before = margins();
      bounder.rows(top, before, false);
      bounder.rows(top, odd, true);
      requireBelow(odd);
      List<Row> after = margins();
      bounder.rows(top, after, false);
      for (int i = 0; i < after.size(); i++) {
        assertThat(after.get(i).bound).as("after others").isEqualTo(before.get(i).bound);
      }
    }
  }
}
