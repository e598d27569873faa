// SPDX-License-Identifier: Apache-2.0
package org.rigor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.rigor.attack.Attack;
import org.rigor.attack.AttackState;
import org.rigor.attack.Attacks;
import org.rigor.attack.CurveAttack;
import org.rigor.attack.CurveResult;
import org.rigor.attack.HostAttack;
import org.rigor.attack.Problem;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Value;
import org.rigor.nn.Dense;
import org.rigor.nn.Loss;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.train.Method;
import org.rigor.train.ModelSetup;
import org.rigor.train.Objective;
import org.rigor.train.Optimiser;
import org.rigor.train.Schedule;
import org.rigor.train.Trainer;
import org.rigor.train.TrainingSetup;

/** An attack and a training method as a stranger writes them: one record each, public API alone. */
class FromOutsideTest {
  private static final int N = 40;
  private static final int WIDTH = 6;
  private static final Network LINEAR = new Sequential(Shape.of(WIDTH), List.of(new Dense(2)));

  /** MI-FGSM (Dong et al. 2018, algorithm 1): the direction remembers former gradients. */
  private record MomentumAttack(int steps, double share, double decay) implements Attack {
    @Override
    public boolean randomStart() {
      return false;
    }

    @Override
    public OptionalDouble stepShare() {
      return OptionalDouble.of(share);
    }

    @Override
    public Map<String, TensorType> keeps(TensorType x) {
      return Map.of("velocity", x);
    }

    @Override
    public AttackState start(Problem p) {
      return new AttackState(p.x0(), Map.of("velocity", F.mul(p.x0(), 0)));
    }

    @Override
    public AttackState step(Problem p, AttackState s) {
      Value g = p.gradient().apply(s.x());
      Value unit = F.div(g, F.add(F.sum(F.abs(g), -1), 1e-30));
      Value v = F.add(F.mul(s.kept().get("velocity"), decay), unit);
      return new AttackState(p.ascend(s.x(), v, share), Map.of("velocity", v));
    }
  }

  /** The squared hinge of the margin, as a support vector machine has it. */
  private record HingeTraining() implements Method {
    @Override
    public Value loss(Objective o) {
      Value missing = F.relu(F.add(Loss.margin(o.logits(o.perturbed()), o.labels()), 1));
      return F.square(missing);
    }

    @Override
    public boolean smooths() {
      return false;
    }
  }

  private static HostTensor inputs() {
    double[] x = new double[N * WIDTH];
    for (int i = 0; i < x.length; i++) {
      x[i] = Math.sin(1.7 * i + 0.3);
    }
    return HostTensor.of(Shape.of(N, WIDTH), x);
  }

  private static final double[] DIRECTION = {0.8, -0.3, 0.5, 0.1, -0.9, 0.4};

  /** Signed distance of a sample from the plane through 0. */
  private static double score(int n) {
    double s = 0;
    for (int k = 0; k < WIDTH; k++) {
      s += DIRECTION[k] * inputs().get(n * WIDTH + k);
    }
    return s;
  }

  private static HostTensor labels() {
    int[] y = new int[N];
    for (int n = 0; n < N; n++) {
      y[n] = score(n) > 0 ? 1 : 0;
    }
    return HostTensor.of(Shape.of(N), y);
  }

  /** Logits 0 and DIRECTION x, so that a sample falls at |score| over the l1 norm. */
  private static Map<String, HostTensor> plane() {
    HostTensor[] values = new HostTensor[2];
    List<Parameter> all = LINEAR.parameters();
    for (int i = 0; i < 2; i++) {
      TensorType type = all.get(i).type(1, DType.F64);
      values[i] = HostTensor.zeros(type);
      if (type.shape().size() == 2 * WIDTH) {
        for (int k = 0; k < WIDTH; k++) {
          values[i].doubles()[2 * k + 1] = DIRECTION[k];
        }
      }
    }
    return Map.of(all.get(0).name(), values[0], all.get(1).name(), values[1]);
  }

  @Test
  void anAttackFindsWhatTheClosedFormSays() {
    List<Double> radii = List.of(0.05, 0.1, 0.2, 0.4);
    CurveAttack curve =
        CurveAttack.of(new MomentumAttack(8, 0.25, 1), new Threat(Norm.LINF, Box.NONE), radii)
            .withType(DType.F64);
    CurveResult found;
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      found =
          HostAttack.run(
              device, LINEAR, curve, plane(), List.of(TrialKey.of(0, "test")), inputs(), labels());
    }
    double norm = 0;
    for (double w : DIRECTION) {
      norm += Math.abs(w);
    }
    for (int n = 0; n < N; n++) {
      double distance = Math.abs(score(n)) / norm;
      int survives = (int) radii.stream().filter(r -> r < distance).count();
      assertThat(found.survived()[0][n]).as("sample %d at %s", n, distance).isEqualTo(survives);
    }
  }

  /** Plugins add to the list from which commands and studies take attacks. */
  @Test
  void anAttackThatIsAddedIsFoundByItsName() {
    Attacks.Settings settings = new Attacks.Settings(8, OptionalDouble.of(0.25));
    assertThat(Attacks.names()).doesNotContain("mine:momentum");
    try {
      Attacks.add(Map.of("mine:momentum", s -> new MomentumAttack(s.steps(), s.step(), 1)));
      assertThat(Attacks.names()).startsWith("pgd", "fgsm").endsWith("mine:momentum");
      assertThat(Attacks.of("mine:momentum", settings)).isEqualTo(new MomentumAttack(8, 0.25, 1));
    } finally {
      Attacks.add(Map.of());
    }
    assertThatThrownBy(() -> Attacks.of("mine:momentum", settings))
        .hasMessageContaining("'mine:momentum'");
  }

  @Test
  void aTrainingMethodTakesTheStepsOfItsGradient() {
    double rate = 0.05;
    TrainingSetup setup =
        new TrainingSetup(
            LINEAR, DType.F64, N, N, new Optimiser.Sgd(false), new HingeTraining(), Box.NONE);
    ModelSetup model =
        new ModelSetup(
            TrialKey.of(1, "train"),
            20,
            rate,
            new Schedule.Constant(),
            0,
            1,
            0,
            Map.of("momentum", 0.0, "weight-decay", 0.0));
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t = new Trainer(device, setup, List.of(model), inputs(), labels())) {
      double[][] byHand = parameters(t);
      for (int e = 0; e < 20; e++) {
        t.epoch();
        descend(byHand, rate);
      }
      double[][] trained = parameters(t);
      for (int i = 0; i < 2; i++) {
        assertThat(trained[i]).containsExactly(byHand[i], within(1e-12));
      }
    }
  }

  /** Weights [WIDTH, 2] and biases [2], flat. */
  private static double[][] parameters(Trainer t) {
    double[][] out = new double[2][];
    for (HostTensor v : t.parameters().values()) {
      out[v.shape().size() == 2 ? 1 : 0] = v.doubles().clone();
    }
    return out;
  }

  /** One step down the mean over samples of max(0, 1 + z_wrong - z_right)^2. */
  private static void descend(double[][] p, double rate) {
    double[][] g = {new double[2 * WIDTH], new double[2]};
    HostTensor x = inputs();
    int[] y = labels().ints();
    for (int n = 0; n < N; n++) {
      int right = y[n];
      double missing = 1 + p[1][1 - right] - p[1][right];
      for (int k = 0; k < WIDTH; k++) {
        missing += x.get(n * WIDTH + k) * (p[0][2 * k + 1 - right] - p[0][2 * k + right]);
      }
      double slope = 2 * Math.max(0, missing) / N;
      for (int side = 0; side < 2; side++) {
        double s = side == right ? -slope : slope;
        g[1][side] += s;
        for (int k = 0; k < WIDTH; k++) {
          g[0][2 * k + side] += s * x.get(n * WIDTH + k);
        }
      }
    }
    for (int i = 0; i < 2; i++) {
      for (int j = 0; j < p[i].length; j++) {
        p[i][j] -= rate * g[i][j];
      }
    }
  }
}
