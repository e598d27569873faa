// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.rigor.diff.Diff;
import org.rigor.exec.Executable;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.property.RoundedProblem;
import org.rigor.queue.BatchQueue;
import org.rigor.queue.Pool;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Models;
import org.rigor.workspace.Passes;
import org.rigor.workspace.Workspace;

/**
 * Diversified projected gradient descent on clauses (Tashiro et al. 2020 for the start): from a
 * random point of the box, some steps along a random direction of outputs, then steps that lower
 * the largest row of the clause. Rows are clauses times restarts of many problems, for M models; a
 * row depends on its box, clause and restart, and on nothing beside it. What it proposes is float
 * arithmetic, for {@link PointCheck} to judge.
 */
public final class ClauseAttack implements AutoCloseable {
  private static final int DIVERSE_STEPS = 8;
  private static final int STEPS = 52;
  private static final int POLISH_STEPS = 16;
  private static final double FIRST_SHARE = 0.25;
  private static final double DECAY = 0.97;

  /** One restart of so many has no direction of outputs: full steps lead to corners alone. */
  private static final int PLAIN = 4;

  private static final int CPU_ROWS = 64;
  private static final int GPU_ROWS = 1 << 13;
  private static final long LARGEST = 1L << 26;

  private final Network network;
  private final int models;
  private final int rows;
  private final boolean mixed;
  private final List<RoundedProblem> problems;
  private final int[] first;
  private final Workspace space;
  private final int slots;
  private final Executable step;
  private final BatchQueue queue;

  /** Attack from given points; null until it is asked for. */
  private BatchQueue polish;

  /** A clause of one of the problems. */
  public record Target(int problem, int clause) {}

  /**
   * The best points found, by model and target times restart.
   *
   * @param values largest row of the clause there, in float; [M][N]
   * @param points [M][N][D]
   */
  public record Proposals(float[][] values, float[][][] points) {}

  /**
   * @param networks M of them, which must stay open while this is used
   * @param problems at least one
   * @param most rows that are ever attacked together; a batch has no more
   */
  public ClauseAttack(Models networks, List<RoundedProblem> problems, int most) {
    this.network = networks.network();
    this.models = networks.count();
    this.problems = List.copyOf(problems);
    this.rows = most(problems);
    this.mixed = problems.stream().anyMatch(p -> p.inputs().length > 0);
    this.first = new int[problems.size() + 1];
    for (int p = 0; p < problems.size(); p++) {
      first[p + 1] = first[p] + problems.get(p).clauses().length;
    }
    this.space = new Workspace(networks.device(), "clauses");
    try {
      networks.share(space, DType.F32);
      tables();
      space.put("key", TrialKey.tensor(List.of(TrialKey.of(0, "clauses"))));
      this.step = space.halving(this::step, Math.min(most, largest(networks)), LARGEST);
      this.slots = space.get("slot/x").type().shape().dim(1);
      Executable diverse = space.link(space.declare(diverse()), Passes.ATTACK);
      Executable start = space.link(space.declare(start(false)));
      Sequence all =
          space.sequence(
              List.of(
                  Sequence.run(start),
                  Sequence.repeat(DIVERSE_STEPS, Sequence.run(diverse)),
                  Sequence.repeat(STEPS, Sequence.run(step))));
      this.queue = new BatchQueue(slots, space::get, space::get, all::run);
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  private static int largest(Models networks) {
    return networks.device().info().gpu() ? GPU_ROWS : CPU_ROWS;
  }

  /** Returns the rows of a batch; fewer take the same time. */
  public int rows() {
    return slots;
  }

  private static int most(List<RoundedProblem> problems) {
    return problems.stream()
        .flatMap(p -> Arrays.stream(p.clauses()))
        .mapToInt(c -> c.length)
        .max()
        .orElse(1);
  }

  /** Puts boxes and clauses on the device, rounded to float; a clause repeats its last row. */
  private void tables() {
    int d = Math.toIntExact(network.input().size());
    int k = network.outputs();
    int clauses = first[problems.size()];
    float[] lower = new float[problems.size() * d];
    float[] upper = new float[problems.size() * d];
    float[] outputs = new float[Math.multiplyExact(clauses * rows, k)];
    float[] inputs = new float[mixed ? Math.multiplyExact(clauses * rows, d) : 0];
    float[] constants = new float[clauses * rows];
    for (int p = 0; p < problems.size(); p++) {
      RoundedProblem own = problems.get(p);
      copy(own.lower(), lower, p * d);
      copy(own.upper(), upper, p * d);
      for (int c = 0; c < own.clauses().length; c++) {
        int[] clause = own.clauses()[c];
        for (int r = 0; r < rows; r++) {
          int row = clause[Math.min(r, clause.length - 1)];
          int at = (first[p] + c) * rows + r;
          copy(own.outputs()[row], outputs, at * k);
          constants[at] = (float) own.constants()[row];
          if (mixed && own.inputs().length > 0) {
            copy(own.inputs()[row], inputs, at * d);
          }
        }
      }
    }
    Shape boxes = network.input().insert(0, problems.size()).insert(0, 1);
    space.put("lower", HostTensor.of(boxes, lower));
    space.put("upper", HostTensor.of(boxes, upper));
    space.put("outputs", HostTensor.of(Shape.of(1, clauses, rows, k), outputs));
    space.put("constants", HostTensor.of(Shape.of(1, clauses, rows), constants));
    if (mixed) {
      space.put("inputs", HostTensor.of(Shape.of(1, clauses, rows, d), inputs));
    }
  }

  private static void copy(double[] from, float[] to, int at) {
    for (int i = 0; i < from.length; i++) {
      to[at + i] = (float) from[i];
    }
  }

  /**
   * @param given whether rows start at the points {@code given}, and not at random
   */
  private Program start(boolean given) {
    Program.Builder b = Program.builder(given ? "clauses-given" : "clauses-start");
    TensorType indices = new TensorType(DType.I32, Shape.of(1, slots));
    Value box = b.input("box", indices);
    Value clause = b.input("clause", indices);
    Value lower = F.gather(table(b, "lower"), box);
    Value upper = F.gather(table(b, "upper"), box);
    b.output("slot/lower", lower);
    b.output("slot/upper", upper);
    b.output("slot/outputs", F.gather(table(b, "outputs"), clause));
    b.output("slot/constants", F.gather(table(b, "constants"), clause));
    if (mixed) {
      b.output("slot/inputs", F.gather(table(b, "inputs"), clause));
    }
    Value x = given ? x(b, "given", 1, slots) : drawn(b, indices, lower, upper);
    Value all = F.broadcast(x, x.shape().with(0, models));
    b.output("slot/x", F.clamp(all, lower, upper));
    b.output("slot/best-x", F.add(all, 0));
    b.output("slot/best", F.fill(DType.F32, Shape.of(models, slots, 1), Float.MAX_VALUE));
    b.output("slot/share", F.fill(DType.F32, Shape.of(1, 1), FIRST_SHARE));
    return b.build();
  }

  /** Traces where rows start at random, and the directions of outputs that they follow first. */
  private Value drawn(Program.Builder b, TensorType indices, Value lower, Value upper) {
    Randoms random = Randoms.fixed(table(b, "key"), b.input("id", indices));
    Value plain = F.reshape(b.input("plain", indices), Shape.of(1, slots, 1));
    Shape rest = Shape.of(network.outputs());
    Value direction = random.uniform("direction", DType.F32, rest, -1, 1);
    Value v = F.select(F.eq(plain, F.constant(plain, 1)), F.constant(direction, 0), direction);
    b.output("slot/direction", F.broadcast(v, v.shape().with(0, models)));
    Value u = random.unit("start", DType.F32, network.input());
    return F.add(lower, F.mul(u, F.sub(upper, lower)));
  }

  private Value table(Program.Builder b, String name) {
    return b.input(name, space.get(name).type());
  }

  /** Step along the gradient of the random direction, by the whole half-width of the box. */
  private Program diverse() {
    Program.Builder b = Program.builder("clauses-diverse");
    Value x = x(b, "slot/x", models, slots);
    Value y = network.apply(network.declare(b, "param/", models, DType.F32), x);
    Value u = b.input("slot/direction", real(Shape.of(models, slots, network.outputs())));
    Value along = F.sum(F.mul(u, y), -1);
    return move(b, x, Diff.grad(along, x), F.fill(DType.F32, Shape.of(1, 1), 1)).build();
  }

  /** Step that lowers the largest row; keeps the best point so far. */
  private Program step(int batch) {
    Program.Builder b = Program.builder("clauses-step");
    Value x = x(b, "slot/x", models, batch);
    Value y = network.apply(network.declare(b, "param/", models, DType.F32), x);
    int k = network.outputs();
    Value a = b.input("slot/outputs", real(Shape.of(1, batch, rows, k)));
    Value terms = F.sum(F.mul(a, F.reshape(y, Shape.of(models, batch, 1, k))), 3);
    if (mixed) {
      int d = Math.toIntExact(network.input().size());
      Value own = b.input("slot/inputs", real(Shape.of(1, batch, rows, d)));
      Value flat = F.reshape(x, Shape.of(models, batch, 1, d));
      terms = F.add(terms, F.sum(F.mul(own, flat), 3));
    }
    Value all = F.reshape(terms, Shape.of(models, batch, rows));
    Value value = F.max(F.add(all, b.input("slot/constants", real(Shape.of(1, batch, rows)))), 2);
    Value best = b.input("slot/best", value.type());
    Value bestX = b.input("slot/best-x", x.type());
    Value better = F.lt(value, best);
    int[] ones = new int[x.shape().rank()];
    Arrays.fill(ones, 1);
    ones[0] = models;
    ones[1] = batch;
    b.state("slot/best", F.select(better, value, best));
    b.state("slot/best-x", F.select(F.reshape(better, Shape.of(ones)), x, bestX));
    Value share = b.input("slot/share", real(Shape.of(1, 1)));
    b.state("slot/share", F.mul(share, DECAY));
    return move(b, x, F.neg(Diff.grad(value, x)), share).build();
  }

  /** Moves by a share of each half-width along the signs of a direction, inside the box. */
  private static Program.Builder move(Program.Builder b, Value x, Value direction, Value share) {
    TensorType box = new TensorType(DType.F32, x.shape().with(0, 1));
    Value lower = b.input("slot/lower", box);
    Value upper = b.input("slot/upper", box);
    int[] ones = new int[x.shape().rank()];
    Arrays.fill(ones, 1);
    Value length = F.mul(F.mul(F.sub(upper, lower), 0.5), F.reshape(share, Shape.of(ones)));
    Value next = F.add(x, F.mul(length, F.sign(direction)));
    b.state("slot/x", F.clamp(next, lower, upper));
    return b;
  }

  private Value x(Program.Builder b, String name, int count, int batch) {
    return b.input(name, real(network.input().insert(0, batch).insert(0, count)));
  }

  private static TensorType real(Shape shape) {
    return new TensorType(DType.F32, shape);
  }

  /**
   * Attacks clauses by restarts {@code from} to {@code to - 1}; the row of target t and restart r
   * is number {@code t * (to - from) + r - from} of the result.
   */
  public Proposals run(List<Target> targets, int from, int to) {
    int restarts = to - from;
    int n = targets.size() * restarts;
    int[] box = new int[n];
    int[] clause = new int[n];
    int[] id = new int[n];
    int[] plain = new int[n];
    for (int i = 0; i < n; i++) {
      Target t = targets.get(i / restarts);
      box[i] = t.problem;
      clause[i] = first[t.problem] + t.clause;
      int restart = from + i % restarts;
      id[i] = id(problems.get(t.problem), t.clause, restart);
      plain[i] = restart % PLAIN == 1 ? 1 : 0;
    }
    queue.put("box", HostTensor.of(Shape.of(1, n), box));
    queue.put("clause", HostTensor.of(Shape.of(1, n), clause));
    queue.put("id", HostTensor.of(Shape.of(1, n), id));
    queue.put("plain", HostTensor.of(Shape.of(1, n), plain));
    return proposals(queue, n);
  }

  /**
   * Attacks clauses from given points, such as those that bounds hand over.
   *
   * @param points [N][D], one for each target
   */
  public Proposals polish(List<Target> targets, List<double[]> points) {
    int n = targets.size();
    int d = Math.toIntExact(network.input().size());
    int[] box = new int[n];
    int[] clause = new int[n];
    float[] given = new float[Math.multiplyExact(n, d)];
    for (int i = 0; i < n; i++) {
      box[i] = targets.get(i).problem;
      clause[i] = first[box[i]] + targets.get(i).clause;
      copy(points.get(i), given, i * d);
    }
    if (polish == null) {
      Executable start = space.link(space.declare(start(true)));
      Sequence all =
          space.sequence(
              List.of(Sequence.run(start), Sequence.repeat(POLISH_STEPS, Sequence.run(step))));
      polish = new BatchQueue(slots, space::get, space::get, all::run);
    }
    polish.put("box", HostTensor.of(Shape.of(1, n), box));
    polish.put("clause", HostTensor.of(Shape.of(1, n), clause));
    polish.put("given", HostTensor.of(network.input().insert(0, n).insert(0, 1), given));
    return proposals(polish, n);
  }

  private Proposals proposals(BatchQueue from, int n) {
    Map<String, HostTensor> found =
        from.run(Pool.all(models, n), List.of("slot/best", "slot/best-x"));
    float[] values = found.get("slot/best").floats();
    float[] x = found.get("slot/best-x").floats();
    int d = Math.toIntExact(network.input().size());
    Proposals all = new Proposals(new float[models][n], new float[models][n][]);
    for (int i = 0; i < models * n; i++) {
      all.values[i / n][i % n] = values[i];
      all.points[i / n][i % n] = Arrays.copyOfRange(x, i * d, (i + 1) * d);
    }
    return all;
  }

  /** Returns what the random numbers of a row hang on: the box, the clause and the restart. */
  private static int id(RoundedProblem p, int clause, int restart) {
    int box = 31 * Arrays.hashCode(p.lower()) + Arrays.hashCode(p.upper());
    return 31 * (31 * box + clause) + restart * 0x9E3779B9;
  }

  @Override
  public void close() {
    space.close();
  }
}
