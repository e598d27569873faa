// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Layers of transformers and group norm against their formulas in plain Java. */
class TokenLayersTest {
  private static final Device CPU = new CpuDevice(1, "scalar", "test");
  private static final int MODELS = 2;
  private static final int BATCH = 3;

  @AfterAll
  static void close() {
    CPU.close();
  }

  private final Map<String, HostTensor> params = new LinkedHashMap<>();
  private HostTensor x;

  private double[] run(Layer layer, Shape input) {
    Program.Builder b = Program.builder("layer");
    Map<String, Value> p = new LinkedHashMap<>();
    for (Parameter q : layer.parameters(input)) {
      TensorType type = q.type(MODELS, DType.F64);
      params.put(q.name(), LayerSample.draw(type, q.name(), 0.7));
      p.put(q.name(), b.input(q.name(), type));
    }
    TensorType type = new TensorType(DType.F64, input.insert(0, BATCH).insert(0, MODELS));
    x = LayerSample.draw(type, "x", 1);
    b.output("y", layer.apply(p, b.input("x", type)));
    try (Executable e = CPU.compile(b.build())) {
      params.forEach((name, v) -> e.input(name).write(v));
      e.input("x").write(x);
      e.run();
      return e.output("y").read().doubles();
    }
  }

  /** Element (r, c) of a model's matrix of so many columns. */
  private double at(String name, int model, int r, int columns, int c) {
    int n = (int) (params.get(name).shape().size() / MODELS);
    return params.get(name).get(model * n + r * columns + c);
  }

  @Test
  void attentionFollowsItsFormula() {
    int tokens = 5;
    int dim = 6;
    int heads = 3;
    int d = dim / heads;
    double[] y = run(new SelfAttention(heads), Shape.of(tokens, dim));
    for (int mb = 0; mb < MODELS * BATCH; mb++) {
      int m = mb / BATCH;
      double[][] all = new double[tokens][3 * dim];
      for (int t = 0; t < tokens; t++) {
        for (int c = 0; c < 3 * dim; c++) {
          all[t][c] = at("in.bias", m, 0, 0, c);
          for (int i = 0; i < dim; i++) {
            all[t][c] += x.get((mb * tokens + t) * dim + i) * at("in.weight", m, i, 3 * dim, c);
          }
        }
      }
      double[][] mixed = new double[tokens][dim];
      for (int h = 0; h < heads; h++) {
        for (int t = 0; t < tokens; t++) {
          double[] weight = new double[tokens];
          double sum = 0;
          for (int s = 0; s < tokens; s++) {
            double score = 0;
            for (int i = 0; i < d; i++) {
              score += all[t][h * d + i] * all[s][dim + h * d + i];
            }
            weight[s] = Math.exp(score / Math.sqrt(d));
            sum += weight[s];
          }
          for (int s = 0; s < tokens; s++) {
            for (int i = 0; i < d; i++) {
              mixed[t][h * d + i] += weight[s] / sum * all[s][2 * dim + h * d + i];
            }
          }
        }
      }
      for (int t = 0; t < tokens; t++) {
        for (int c = 0; c < dim; c++) {
          double expected = at("out.bias", m, 0, 0, c);
          for (int i = 0; i < dim; i++) {
            expected += mixed[t][i] * at("out.weight", m, i, dim, c);
          }
          assertThat(y[(mb * tokens + t) * dim + c]).isCloseTo(expected, within(1e-13));
        }
      }
    }
  }

  @Test
  void patchesAreRowByRowWithChannelsLast() {
    double[] y = run(new Patches(2), Shape.of(4, 6, 2)); // 2 x 3 patches of 2 * 2 * 2
    for (int mb = 0; mb < MODELS * BATCH; mb++) {
      for (int t = 0; t < 6; t++) {
        for (int i = 0; i < 8; i++) {
          int row = 2 * (t / 3) + i / 4;
          int column = 2 * (t % 3) + i / 2 % 2;
          assertThat(y[(mb * 6 + t) * 8 + i])
              .isEqualTo(x.get(((mb * 4 + row) * 6 + column) * 2 + i % 2));
        }
      }
    }
  }

  @Test
  void classTokenPositionsAndPooling() {
    Shape tokens = Shape.of(3, 2);
    double[] y = run(new ClassToken(), tokens);
    for (int mb = 0; mb < MODELS * BATCH; mb++) {
      for (int c = 0; c < 2; c++) {
        assertThat(y[mb * 8 + c]).isEqualTo(params.get("token").get(mb / BATCH * 2 + c));
        assertThat(y[mb * 8 + 2 + c]).isEqualTo(x.get(mb * 6 + c));
      }
    }
    params.clear();
    y = run(new Positions(), tokens);
    for (int i = 0; i < y.length; i++) {
      double position = params.get("embedding").get(i / (6 * BATCH) * 6 + i % 6);
      assertThat(y[i]).isEqualTo(x.get(i) + position);
    }
    params.clear();
    double[] first = run(TokenPool.FIRST, tokens);
    double[] mean = run(TokenPool.MEAN, tokens);
    for (int i = 0; i < first.length; i++) {
      int at = i / 2 * 6 + i % 2;
      assertThat(first[i]).isEqualTo(x.get(at));
      assertThat(mean[i]).isCloseTo((x.get(at) + x.get(at + 2) + x.get(at + 4)) / 3, within(1e-15));
    }
  }

  @Test
  void groupNormNormalisesEachGroupOfChannels() {
    double epsilon = 0.01;
    double[] y = run(new GroupNorm(2, epsilon), Shape.of(2, 3, 4));
    for (int mb = 0; mb < MODELS * BATCH; mb++) {
      for (int g = 0; g < 2; g++) {
        double mean = 0;
        double square = 0;
        for (int i = 0; i < 12; i++) {
          double v = x.get(mb * 24 + i / 2 * 4 + 2 * g + i % 2);
          mean += v / 12;
          square += v * v / 12;
        }
        double deviation = Math.sqrt(square - mean * mean + epsilon);
        for (int i = 0; i < 12; i++) {
          int c = 2 * g + i % 2;
          int at = mb * 24 + i / 2 * 4 + c;
          double expected = (x.get(at) - mean) / deviation * at("scale", mb / BATCH, 0, 0, c);
          assertThat(y[at]).isCloseTo(expected + at("shift", mb / BATCH, 0, 0, c), within(1e-13));
        }
      }
    }
  }

  /** x Phi(x), the distribution function of the normal distribution from its tables. */
  @Test
  void geluIsItsDefinition() {
    double[] y = run(Activation.GELU, Shape.of(7));
    for (int i = 0; i < y.length; i++) {
      double v = x.get(i);
      double integral = 0; // Simpson's rule for the density from 0 to v
      int n = 2000;
      for (int k = 0; k <= n; k++) {
        double t = v * k / n;
        double w = k == 0 || k == n ? 1 : k % 2 == 1 ? 4 : 2;
        integral += w * Math.exp(-t * t / 2) / Math.sqrt(2 * Math.PI) * v / n / 3;
      }
      assertThat(y[i]).isCloseTo(v * (0.5 + integral), within(1e-12));
    }
  }
}
