// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.rigor.data.Box;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.train.Method;
import org.rigor.train.ModelSetup;
import org.rigor.train.Optimiser;
import org.rigor.train.PgdTraining;
import org.rigor.train.Schedule;
import org.rigor.train.StandardTraining;
import org.rigor.train.Trainer;
import org.rigor.train.TrainingSetup;

/** Rigor on the CPU: all models in one program, which also draws the batch. */
public final class RigorTraining implements TrainingPeer {
  /** More steps than any comparison takes; the rate is constant. */
  private static final int STEPS = 20_000;

  private final int threads =
      Integer.getInteger("rigor.bench.threads", Runtime.getRuntime().availableProcessors());

  @Override
  public String name() {
    return "Rigor, " + threads + (threads == 1 ? " thread" : " threads");
  }

  @Override
  public Training standard(Setting setting) {
    return new Run(setting, 1, Optional.empty());
  }

  @Override
  public Training adversarial(Setting setting, int models, Pgd pgd) {
    return new Run(setting, models, Optional.of(pgd));
  }

  private final class Run implements Training {
    private final CpuDevice device = new CpuDevice(threads, "auto", "benchmark");
    private final Trainer trainer;

    Run(Setting s, int models, Optional<Pgd> pgd) {
      int[] w = s.widths();
      List<Integer> hidden = IntStream.range(1, w.length - 1).mapToObj(i -> w[i]).toList();
      Sequential network = Sequential.mlp(Shape.of(w[0]), hidden, Activation.RELU, w[w.length - 1]);
      TrainingSetup setup =
          new TrainingSetup(
              network,
              DType.F32,
              s.batch(),
              s.batch(),
              new Optimiser.Sgd(false),
              pgd.<Method>map(p -> new PgdTraining(Norm.LINF, p.steps(), false))
                  .orElse(new StandardTraining()),
              Box.UNIT);
      double epsilon = pgd.map(Pgd::epsilon).orElse(0f);
      double relative = pgd.map(p -> (double) p.size() / p.epsilon()).orElse(0.0);
      List<ModelSetup> rows = new ArrayList<>();
      for (int m = 0; m < models; m++) {
        rows.add(
            new ModelSetup(
                TrialKey.of(m, "bench"),
                STEPS,
                s.rate(),
                new Schedule.Constant(),
                epsilon,
                relative,
                0,
                Map.of()));
      }
      this.trainer =
          new Trainer(
              device,
              setup,
              rows,
              HostTensor.of(Shape.of(s.batch(), w[0]), s.x()),
              HostTensor.of(Shape.of(s.batch()), s.labels()));
    }

    @Override
    public void step() {
      trainer.epoch();
    }

    @Override
    public double loss() {
      double sum = 0;
      double[] loss = trainer.loss();
      for (double l : loss) {
        sum += l / loss.length;
      }
      return sum;
    }

    @Override
    public void close() {
      trainer.close();
      device.close();
    }
  }
}
