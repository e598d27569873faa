// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

/** The search decides problems as exact arithmetic over all activation patterns does. */
class VerifierSearchTest {
  private static final int CLASSES = 2;
  private static final double[] LOW = {-1, -0.5};
  private static final double[] HIGH = {1, 1};

  /** A network of two inputs, on the host. */
  private record Net(double[][][] weights, double[][] biases) {
    static Net random(Random r, int... hidden) {
      int[] sizes = new int[hidden.length + 2];
      sizes[0] = 2;
      System.arraycopy(hidden, 0, sizes, 1, hidden.length);
      sizes[sizes.length - 1] = CLASSES;
      double[][][] w = new double[sizes.length - 1][][];
      double[][] b = new double[w.length][];
      for (int k = 0; k < w.length; k++) {
        w[k] = new double[sizes[k]][sizes[k + 1]];
        for (double[] row : w[k]) {
          Arrays.setAll(row, i -> (float) r.nextGaussian());
        }
        b[k] = new double[sizes[k + 1]];
        Arrays.setAll(b[k], i -> (float) (0.5 * r.nextGaussian()));
      }
      return new Net(w, b);
    }

    double least(double[][] rows) {
      return Polygons.least(weights, biases, LOW, HIGH, rows);
    }
  }

  private static Models models(Device device, Net... nets) {
    List<Integer> hidden = new ArrayList<>();
    for (int k = 0; k < nets[0].biases().length - 1; k++) {
      hidden.add(nets[0].biases()[k].length);
    }
    int inputs = nets[0].weights()[0].length;
    Sequential net = Sequential.mlp(Shape.of(inputs), hidden, Activation.RELU, CLASSES);
    Map<String, HostTensor> params = new LinkedHashMap<>();
    int n = 0;
    for (var p : net.parameters()) {
      int layer = n / 2;
      boolean weights = n++ % 2 == 0;
      double[] all =
          Arrays.stream(nets)
              .flatMapToDouble(
                  one ->
                      weights
                          ? Arrays.stream(one.weights()[layer]).flatMapToDouble(Arrays::stream)
                          : Arrays.stream(one.biases()[layer]))
              .toArray();
      params.put(p.name(), HostTensor.of(p.shape().insert(0, nets.length), all));
    }
    return Models.of(device, net, params);
  }

  private static List<List<Outcome>> run(
      List<Problem> problems, int nodes, Witness witness, Net... nets) {
    return run(Verifier.PHASES, problems, nodes, witness, nets);
  }

  private static List<List<Outcome>> run(
      List<Verifier.Phase> phases,
      List<Problem> problems,
      int nodes,
      Witness witness,
      Net... nets) {
    try (Device device = new CpuDevice(2, "scalar", "test");
        Models networks = models(device, nets);
        Verifier verifier = new Verifier(networks, phases)) {
      return verifier.run(problems, Budget.nodes(nodes), witness);
    }
  }

  /** Rows of logits, inputs and a constant as a problem with one clause. */
  private static Problem problem(double[][] rows) {
    double[][] outputs = new double[rows.length][];
    double[][] inputs = new double[rows.length][];
    double[] constants = new double[rows.length];
    int[] clause = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      outputs[i] = Arrays.copyOf(rows[i], CLASSES);
      inputs[i] = Arrays.copyOfRange(rows[i], CLASSES, CLASSES + 2);
      constants[i] = rows[i][CLASSES + 2];
      clause[i] = i;
    }
    return new Problem(LOW, HIGH, outputs, inputs, constants, new int[][] {clause});
  }

  private static double[][] randomRows(Random r, int count) {
    double[][] rows = new double[count][CLASSES + 3];
    for (double[] row : rows) {
      Arrays.setAll(row, i -> r.nextInt(-8, 9) / 8.0);
    }
    return rows;
  }

  /** Moves rows so that the least value of the largest of them is {@code to}, about. */
  private static void move(Net net, double[][] rows, double to) {
    double by = to - net.least(rows);
    for (double[] row : rows) {
      row[CLASSES + 2] += by;
    }
  }

  /** Clauses of one row and of several, with and without input terms, on either side of 0. */
  @Test
  void decidesWhatActivationPatternsDecide() {
    decides(Verifier.PHASES, 500);
  }

  /** The same by cells alone whose units are bounded anew after each split. */
  @Test
  void cellsWithSidesOfTheirOwnDecideWhatActivationPatternsDecide() {
    decides(List.of(new Verifier.Phase(0, 0, Long.MAX_VALUE)), 4000);
  }

  private static void decides(List<Verifier.Phase> phases, int nodes) {
    Random r = new Random(11);
    int split = 0;
    for (int seed = 0; seed < 3; seed++) {
      Net net = Net.random(r, seed % 2 == 0 ? new int[] {5, 4} : new int[] {4, 3, 3});
      List<Problem> problems = new ArrayList<>();
      List<Double> truth = new ArrayList<>();
      for (int count = 1; count <= 3; count++) {
        for (double to : new double[] {0.05, -1e-4, -0.05}) {
          double[][] rows = randomRows(r, count);
          move(net, rows, to);
          problems.add(problem(rows));
          truth.add(net.least(rows));
        }
      }
      List<Outcome> found = run(phases, problems, nodes, Witness.NONE, net).get(0);
      for (int i = 0; i < found.size(); i++) {
        Outcome o = found.get(i);
        if (truth.get(i) <= 0 || problems.get(i).constants().length == 1) {
          // of several rows one has to be positive in a whole cell
          assertThat(o.refuted()[0])
              .as("problem %d of net %d: %s, %s", i, seed, o.end(), o.bounds()[0])
              .isEqualTo(truth.get(i) > 0);
        }
        assertThat(o.bounds()[0]).isLessThanOrEqualTo(truth.get(i) + 1e-12);
        split += o.nodes() > 0 && truth.get(i) > 0 ? 1 : 0;
      }
    }
    assertThat(split).as("problems that need cells").isGreaterThan(2);
  }

  /** A problem of a model has the same outcome alone and among others, whatever their budget. */
  @Test
  void companyDoesNotMatter() {
    companyDoesNotMatter(Verifier.PHASES, 7, 100);
    companyDoesNotMatter(List.of(new Verifier.Phase(0, 0, Long.MAX_VALUE)), 100);
  }

  private static void companyDoesNotMatter(List<Verifier.Phase> phases, int... budgets) {
    Random r = new Random(5);
    Net[] nets = {Net.random(r, 6, 5), Net.random(r, 6, 5)};
    List<Problem> problems = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      double[][] rows = randomRows(r, 1 + i % 2);
      move(nets[i % 2], rows, 0.01);
      problems.add(problem(rows));
    }
    for (int nodes : budgets) {
      List<List<Outcome>> all = run(phases, problems, nodes, Witness.NONE, nets);
      for (int m = 0; m < nets.length; m++) {
        for (int i = 0; i < problems.size(); i++) {
          Outcome one =
              run(phases, List.of(problems.get(i)), nodes, Witness.NONE, nets[m]).get(0).get(0);
          Outcome other = all.get(m).get(i);
          assertThat(one.bounds()).isEqualTo(other.bounds());
          assertThat(one.nodes()).isEqualTo(other.nodes());
          assertThat(one.iterations()).isEqualTo(other.iterations());
          assertThat(one.end()).isEqualTo(other.end());
        }
      }
    }
  }

  /** A second call with more nodes goes on from the sides that the first one left. */
  @Test
  void callsFollowEachOther() {
    Random r = new Random(8);
    Net net = Net.random(r, 6, 5);
    double[][] rows = randomRows(r, 1);
    move(net, rows, 0.01);
    try (Device device = new CpuDevice(2, "scalar", "test");
        Models networks = models(device, net);
        Verifier verifier = new Verifier(networks)) {
      double last = Double.NEGATIVE_INFINITY;
      for (int nodes : new int[] {0, 2, 8, 1000}) {
        Outcome o =
            verifier.run(List.of(problem(rows)), Budget.nodes(nodes), Witness.NONE).get(0).get(0);
        assertThat(o.bounds()[0]).isGreaterThanOrEqualTo(last);
        assertThat(o.nodes()).isLessThanOrEqualTo(nodes);
        last = o.bounds()[0];
      }
      assertThat(last).isPositive();
    }
  }

  /** The second of the list needs no cells, and is said before the first, each once. */
  @Test
  void saysWhatIsDecidedBeforeTheRestIs() {
    Random r = new Random(8);
    Net net = Net.random(r, 6, 5);
    double[][] hard = randomRows(r, 1);
    move(net, hard, 0.01);
    double[][] easy = randomRows(r, 1);
    move(net, easy, 9);
    List<String> said = new ArrayList<>();
    try (Device device = new CpuDevice(2, "scalar", "test");
        Models networks = models(device, net);
        Verifier verifier = new Verifier(networks)) {
      verifier.run(
          List.of(problem(hard), problem(easy)),
          Budget.nodes(1000),
          Witness.NONE,
          false,
          (model, problem, o) -> said.add(problem + " " + o.end()));
    }
    assertThat(said).containsExactly("1 REFUTED", "0 REFUTED");
  }

  /** The first of more problems than are bounded together needs cells, no other does. */
  @Test
  void whatNeedsNoCellsIsSaidBeforeAnyProblemIsSplit() {
    Random r = new Random(8);
    Net net = Net.random(r, 6, 5);
    double[][] hard = randomRows(r, 1);
    move(net, hard, 0.01);
    double[][] easy = randomRows(r, 1);
    move(net, easy, 9);
    List<Problem> problems = new ArrayList<>();
    for (int i = 0; i < 2 * Bounder.SITES; i++) {
      problems.add(problem(i == 0 ? hard : easy));
    }
    List<Integer> said = new ArrayList<>();
    try (Device device = new CpuDevice(2, "scalar", "test");
        Models networks = models(device, net);
        Verifier verifier = new Verifier(networks)) {
      verifier.run(
          problems,
          Budget.nodes(1000),
          Witness.NONE,
          false,
          (model, problem, o) -> {
            assertThat(o.end()).isEqualTo(Outcome.End.REFUTED);
            assertThat(o.nodes() > 0).isEqualTo(problem == 0);
            said.add(problem);
          });
    }
    assertThat(said).hasSize(problems.size()).endsWith(0).doesNotHaveDuplicates();
  }

  /** Groups take their share of what time is left, so that the first cannot have it all. */
  @Test
  void timeIsShared() {
    Budget b = Budget.nodes(5).until(1100);
    assertThat(b.share(100, 0.25)).isEqualTo(Budget.nodes(5).until(350));
    assertThat(b.share(100, 1)).isEqualTo(b);
    assertThat(b.share(1200, 0.25).deadline()).as("none is left").isEqualTo(1200);
    assertThat(Budget.nodes(5).share(100, 0.25)).isEqualTo(Budget.nodes(5));
  }

  /** Without room between calls each begins anew, and holds nothing afterwards. */
  @Test
  void boxesForWhichThereIsNoRoomAreBoundedAnew() {
    Random r = new Random(8);
    Net net = Net.random(r, 6, 5);
    double[][] rows = randomRows(r, 1);
    move(net, rows, 0.01);
    try (Device device = new CpuDevice(2, "scalar", "test");
        Models networks = models(device, net);
        Verifier verifier = new Verifier(networks)) {
      verifier.room = new Room(0, 0, 0);
      for (int nodes : new int[] {0, 8, 1000}) {
        Outcome o =
            verifier.run(List.of(problem(rows)), Budget.nodes(nodes), Witness.NONE).get(0).get(0);
        assertThat(o.bounds()[0] > 0).isEqualTo(nodes == 1000);
        assertThat(o.iterations()).isPositive();
        assertThat(verifier.bounder().taken()).isZero();
      }
    }
  }

  /** Cells that fill their room end the search of a problem, which says so; others go on. */
  @Test
  void cellsThatFillTheirRoomEndTheSearch() {
    Random r = new Random(8);
    Net net = Net.random(r, 6, 5);
    double[][] hard = randomRows(r, 1);
    move(net, hard, 0.01);
    double[][] easy = randomRows(r, 1);
    move(net, easy, 9);
    List<Problem> problems = List.of(problem(hard), problem(easy));
    List<Verifier.Phase> cells = List.of(new Verifier.Phase(0, 0, Long.MAX_VALUE));
    try (Device device = new CpuDevice(2, "scalar", "test");
        Models networks = models(device, net);
        Verifier verifier = new Verifier(networks, cells)) {
      verifier.room = new Room(Long.MAX_VALUE, 3 << 13, 0);
      List<Outcome> small = verifier.run(problems, Budget.nodes(5000), Witness.NONE).get(0);
      assertThat(small.get(0).end()).isEqualTo(Outcome.End.MEMORY);
      assertThat(small.get(0).nodes()).isBetween(2, 200);
      assertThat(small.get(1).end()).isEqualTo(Outcome.End.REFUTED);
      verifier.room = Room.ofHeap();
      List<Outcome> large = verifier.run(problems, Budget.nodes(5000), Witness.NONE).get(0);
      assertThat(large.get(0).end()).isEqualTo(Outcome.End.REFUTED);
    }
  }

  /** The point that a bound points to is offered, lies in the box, and ends the search. */
  @Test
  void offersPoints() {
    Random r = new Random(3);
    Net net = Net.random(r, 5, 4);
    double[][] rows = randomRows(r, 1);
    move(net, rows, -1);
    List<double[]> points = new ArrayList<>();
    Witness witness =
        (model, problem, clause, x) -> {
          points.add(x);
          return true;
        };
    Outcome o = run(List.of(problem(rows)), 500, witness, net).get(0).get(0);
    assertThat(o.end()).isEqualTo(Outcome.End.VIOLATED);
    assertThat(points).hasSize(1);
    for (int i = 0; i < 2; i++) {
      assertThat(points.get(0)[i]).isBetween(LOW[i], HIGH[i]);
    }
  }

  /**
   * y_0 - y_1 = m - h relu(1 - k sum_i |x_i - p_i|) is m - h at p and m away from it. Doubles hold
   * all numbers exactly; the gradient is 0 almost everywhere.
   */
  private static Net spike(double[] p, double m, double h) {
    int n = p.length;
    int k = 4;
    double[][][] w = {new double[n][2 * n], new double[2 * n][1], new double[1][CLASSES]};
    double[][] b = {new double[2 * n], {1}, {m, 0}};
    for (int i = 0; i < n; i++) {
      w[0][i][2 * i] = 1;
      w[0][i][2 * i + 1] = -1;
      b[0][2 * i] = -p[i];
      b[0][2 * i + 1] = p[i];
      w[1][2 * i][0] = -k;
      w[1][2 * i + 1][0] = -k;
    }
    w[2][0][0] = -h;
    return new Net(w, b);
  }

  /** A violation of 2^-20 at a single point is never refuted; a margin is. */
  @Test
  void spikesAreDecidedByTheirTips() {
    double[] p = {0.25, -0.5, 0.625};
    double tip = 0x1p-20;
    int[][] clause = {{0}};
    double[] low = {-1, -1, -1};
    double[] high = {1, 1, 1};
    Problem q =
        new Problem(low, high, new double[][] {{1, -1}}, new double[0][], new double[] {0}, clause);
    Outcome below = run(List.of(q), 300, Witness.NONE, spike(p, 0.5, 0.5 + tip)).get(0).get(0);
    assertThat(below.end()).isNotEqualTo(Outcome.End.REFUTED);
    assertThat(below.bounds()[0]).isLessThanOrEqualTo(-tip);
    Outcome above = run(List.of(q), 2000, Witness.NONE, spike(p, 0.5, 0.4375)).get(0).get(0);
    assertThat(above.end()).isEqualTo(Outcome.End.REFUTED);
    assertThat(above.bounds()[0]).isBetween(0.0, 0.0625);
  }
}
