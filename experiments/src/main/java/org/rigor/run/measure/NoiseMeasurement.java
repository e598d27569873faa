// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.diff.Kind;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.Quantities;
import org.rigor.run.study.RobustnessSpecs.NoiseStability;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Workspace;

/**
 * Change of class probabilities under Gaussian input noise: mean total variation distance and share
 * of changed classes. A draw depends only on the model's key, the sample and the draw's number; all
 * deviations use the same draws.
 */
final class NoiseMeasurement implements Measurement {
  private final NoiseStability spec;

  NoiseMeasurement(NoiseStability spec) {
    this.spec = spec;
  }

  @Override
  public void run(Context c) {
    int[] part = Measurements.part(c, spec.samples());
    HostTensor x = StudyData.inputs(c.data(), part, c.precision());
    int models = c.trials().size();
    try (Executable e = Workspace.alone(c.device(), program(c, x, models))) {
      c.models().load(e::input);
      e.input("x").write(x.reshape(x.shape().insert(0, 1)));
      e.input("key").write(TrialKey.tensor(c.keys()));
      for (double sigma : spec.sigmas()) {
        double[] shift = new double[models];
        double[] flips = new double[models];
        HostTensor s = HostTensor.of(Shape.of(1, 1), sigma);
        e.input("sigma").write(x.dtype() == DType.F32 ? s.toFloat() : s);
        for (int d = 0; d < spec.draws(); d++) {
          e.input("draw").write(HostTensor.of(Shape.of(1, 1), new int[] {d}));
          e.run();
          HostTensor moved = e.output("shift").read();
          HostTensor changed = e.output("flips").read();
          for (int m = 0; m < models; m++) {
            shift[m] += moved.get(m) / spec.draws();
            flips[m] += changed.get(m) / spec.draws();
          }
        }
        for (int m = 0; m < models; m++) {
          Map<String, Scalar> out = c.gathered().get(m).scalars;
          put(out, Quantities.at("noise-shift", sigma), shift[m]);
          put(out, Quantities.at("noise-flips", sigma), flips[m]);
        }
      }
    }
  }

  private static void put(Map<String, Scalar> out, String name, double v) {
    out.put(name, new Scalar(v, Kind.ESTIMATE, "Gaussian draws"));
  }

  private static Program program(Context c, HostTensor samples, int models) {
    Program.Builder b = Program.builder("noise");
    DType dtype = samples.dtype();
    Map<String, Value> params =
        new LinkedHashMap<>(c.network().declare(b, "param/", models, dtype));
    int n = samples.shape().dim(0);
    Value x = b.input("x", new TensorType(dtype, samples.shape().insert(0, 1)));
    Value key = b.input("key", new TensorType(DType.I32, Shape.of(models, 2)));
    Value draw = b.input("draw", new TensorType(DType.I32, Shape.of(1, 1)));
    Value sigma = b.input("sigma", new TensorType(dtype, Shape.of(1, 1)));
    Randoms random = new Randoms(key, F.iota(2, 1, n), draw);
    Value noise = random.normal("measure/noise", dtype, c.network().input());
    int[] ones = new int[x.shape().rank()];
    java.util.Arrays.fill(ones, 1);
    Value moved = F.add(x, F.mul(noise, F.reshape(sigma, Shape.of(ones))));
    Value before = c.network().apply(params, x);
    Value after = c.network().apply(params, moved);
    Value distance = F.l1Norm(F.sub(F.softmax(before, -1), F.softmax(after, -1)), -1);
    b.output("shift", F.mul(F.mean(distance, 1), 0.5));
    Value changed = F.ne(F.argMax(before, -1), F.argMax(after, -1));
    b.output("flips", F.mean(F.cast(changed, dtype), 1));
    return b.build();
  }
}
