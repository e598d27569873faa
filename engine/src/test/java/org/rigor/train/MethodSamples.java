// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.attack.Jittering;
import org.rigor.attack.Pgd;
import org.rigor.attack.Remembering;
import org.rigor.data.Box;
import org.rigor.nn.Activation;
import org.rigor.nn.Pass;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

/** Every training method, with which the contract test tries it. */
final class MethodSamples {
  private MethodSamples() {}

  static final int N = 22;
  static final int BATCH = 5;
  static final int CLASSES = 3;
  static final Sequential NET = Sequential.mlp(Shape.of(4), List.of(6), Activation.TANH, CLASSES);

  /**
   * @param numbers that replace the usual ones
   */
  record Sample(
      String label,
      Method method,
      double relativeStep,
      Map<String, Double> numbers,
      Averaging keeps) {
    @Override
    public String toString() {
      return label;
    }

    TrainingSetup setup(DType dtype, Optimiser o) {
      return setup(dtype, o, Optional.empty());
    }

    TrainingSetup setup(DType dtype, Optimiser o, Optional<Awp> awp) {
      return new TrainingSetup(
          NET,
          dtype,
          N,
          BATCH,
          o,
          method,
          awp,
          keeps,
          Optional.empty(),
          Pass.Statistics.RUNNING,
          Box.UNIT);
    }

    ModelSetup model(long seed, int epochs, double rate, double epsilon) {
      return new ModelSetup(
          TrialKey.of(seed, "train"),
          epochs,
          rate,
          new Schedule.Constant(),
          epsilon,
          relativeStep,
          method.smooths() ? 0.1 : 0,
          Map.of(),
          numbers);
    }
  }

  static List<Sample> all() {
    return List.of(
        plain("standard", new StandardTraining(), 0),
        plain("squared error", new SquaredErrorTraining(), 0),
        new Sample("noise", new NoiseTraining(), 0, Map.of("sigma", 0.2), Averaging.NONE),
        plain("pgd", new PgdTraining(Norm.LINF, 3, true), 0.4),
        plain("pgd l2, clean start", new PgdTraining(Norm.L2, 2, false), 0.6),
        plain("remembering attack", new PgdTraining(Norm.LINF, new Remembering(3, 1)), 0.4),
        plain("attack whose steps draw", new PgdTraining(Norm.LINF, new Jittering(3, 1)), 0.4),
        new Sample(
            "pgd whose radius rises",
            new PgdTraining(Norm.LINF, new Pgd(3, 1, true), true),
            0.4,
            RAMP,
            Averaging.NONE),
        plain("fgsm", new FgsmTraining(), FgsmTraining.STEP),
        plain("free", new FreeTraining(Norm.LINF, 3), 1),
        plain("free l2", new FreeTraining(Norm.L2, 2), 1),
        new Sample("trades", new Trades(Norm.LINF, 3), 0.4, Map.of("beta", 4.0), Averaging.EMA),
        new Sample("mart", new Mart(Norm.LINF, 3), 0.4, Map.of("beta", 3.0), Averaging.SWA),
        new Sample(
            "adr",
            new Adr(Norm.LINF, 3, Adr.Base.PGD),
            0.4,
            Map.of("temperature-low", 1.0, "lambda-low", 0.3, "ema-decay", 0.9),
            Averaging.EMA),
        new Sample(
            "adr on trades",
            new Adr(Norm.LINF, 2, Adr.Base.TRADES),
            0.4,
            Map.of("ema-decay", 0.8),
            Averaging.EMA),
        new Sample("ibp", new IbpTraining(), 0, RAMP, Averaging.NONE),
        new Sample("crown-ibp", new CrownIbpTraining(), 0, with("beta", 0.4), Averaging.NONE),
        new Sample("sabr", new Sabr(3), 0.4, with("lambda", 0.3), Averaging.NONE),
        new Sample("mtl-ibp", new MtlIbp(3), 0.4, with("alpha", 0.3), Averaging.EMA));
  }

  private static final Map<String, Double> RAMP = Map.of("warm-up", 0.1, "ramp", 0.4);

  private static Map<String, Double> with(String name, double value) {
    Map<String, Double> all = new java.util.HashMap<>(RAMP);
    all.put(name, value);
    return all;
  }

  static Sample named(String label) {
    return all().stream().filter(s -> s.label().equals(label)).findFirst().orElseThrow();
  }

  private static Sample plain(String label, Method method, double step) {
    return new Sample(label, method, step, Map.of(), Averaging.NONE);
  }

  static HostTensor inputs() {
    float[] x = new float[N * 4];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) (0.5 + 0.45 * Math.sin(1.3 * i));
    }
    return HostTensor.of(Shape.of(N, 4), x);
  }

  static HostTensor labels() {
    int[] y = new int[N];
    for (int i = 0; i < N; i++) {
      y[i] = i * i % CLASSES;
    }
    return HostTensor.of(Shape.of(N), y);
  }

  /** One row of a tensor of several models. */
  static HostTensor row(HostTensor t, int m) {
    int n = Math.toIntExact(t.shape().size() / t.shape().models());
    HostTensor out =
        HostTensor.zeros(new org.rigor.tensor.TensorType(t.dtype(), t.shape().with(0, 1)));
    System.arraycopy(t.array(), m * n, out.array(), 0, n);
    return out;
  }
}
