// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Batches;
import org.rigor.nn.Parameter;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * What a predictor says about N samples, in double.
 *
 * @param logMean logarithms of the mean probabilities, [M][N][K]
 * @param scores by score, [M][N]; larger is less sure
 */
public record Prediction(double[][][] logMean, Map<Score, double[][]> scores) {
  /** Class of the largest mean probability, [M][N]. */
  public int[][] classes() {
    return Arrays.stream(logMean)
        .map(m -> Arrays.stream(m).mapToInt(Prediction::argMax).toArray())
        .toArray(int[][]::new);
  }

  /** Whether the class is wrong, [M][N]. */
  public boolean[][] wrong(int[] labels) {
    boolean[][] wrong = new boolean[logMean.length][labels.length];
    int[][] classes = classes();
    for (int m = 0; m < wrong.length; m++) {
      for (int n = 0; n < labels.length; n++) {
        wrong[m][n] = classes[m][n] != labels[n];
      }
    }
    return wrong;
  }

  private static int argMax(double[] x) {
    int best = 0;
    for (int k = 1; k < x.length; k++) {
      best = x[k] > x[best] ? k : best;
    }
    return best;
  }

  /**
   * @param x [N, features...] for all trials, or [M, N, features...], each trial its own
   */
  public static Prediction of(Device device, Predictor predictor, HostTensor x) {
    int models = predictor.trials();
    boolean own = x.shape().rank() == predictor.network().input().rank() + 2;
    int samples = x.shape().dim(own ? 1 : 0);
    Shape features = predictor.network().input();
    int rows = own ? models : 1;
    if (!x.shape().equals(features.insert(0, samples).insert(0, rows))
        && !x.shape().equals(features.insert(0, samples))) {
      throw new IllegalArgumentException(
          "prediction: x must be [N, features...] or [M, N, features...] of "
              + features
              + ", got "
              + x.shape());
    }
    int outputs = predictor.network().outputs();
    double[][][] log = new double[models][samples][outputs];
    Map<Score, double[][]> scores = new EnumMap<>(Score.class);
    for (Score s : Score.values()) {
      scores.put(s, new double[models][samples]);
    }
    int batch = Batches.fit(n -> program(predictor, rows, n), samples);
    int f = (int) features.size();
    try (Workspace space = new Workspace(device, "prediction")) {
      space.putAll("param/", predictor.draws());
      Executable e = space.compile(program(predictor, rows, batch));
      double[] part = new double[rows * batch * f];
      for (int from = 0; from < samples; from += batch) {
        int used = Math.min(batch, samples - from);
        for (int m = 0; m < rows; m++) {
          x.copy((m * samples + from) * f, used * f, part, m * batch * f);
        }
        space.put("x", HostTensor.of(features.insert(0, batch).insert(0, rows), part));
        e.run();
        HostTensor l = space.read("log");
        for (int i = 0; i < models * used; i++) {
          int m = i / used;
          l.copy((m * batch + i % used) * outputs, outputs, log[m][from + i % used], 0);
        }
        for (Score s : Score.values()) {
          HostTensor v = space.read("score/" + s);
          for (int m = 0; m < models; m++) {
            v.copy(m * batch, used, scores.get(s)[m], from);
          }
        }
      }
    }
    return new Prediction(log, scores);
  }

  private static Program program(Predictor predictor, int rows, int batch) {
    Program.Builder b = Program.builder("prediction");
    Map<String, Value> w = new LinkedHashMap<>();
    for (Parameter p : predictor.network().parameters()) {
      HostTensor draws = predictor.draws().get(p.name());
      w.put(p.name(), b.input("param/" + p.name(), draws.type()));
    }
    Shape shape = predictor.network().input().insert(0, batch).insert(0, rows);
    Value each = predictor.mean().logProbabilities(w, b.input("x", State.f64(shape)));
    b.output("log", MeanNetwork.mean(each));
    for (Score s : List.of(Score.values())) {
      b.output("score/" + s, s.of(each));
    }
    return b.build();
  }
}
