// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.rigor.data.Box;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Value;
import org.rigor.nn.Activation;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.nn.models.ConvNet;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.train.ModelSetup;
import org.rigor.train.Optimiser;
import org.rigor.train.Schedule;
import org.rigor.train.StandardTraining;
import org.rigor.train.Trainer;
import org.rigor.train.TrainingSetup;

/** Rigor on the CPU; its program also draws the batch. */
public final class RigorConvolution implements ConvolutionPeer {
  /** More steps than any comparison takes; the rate is constant. */
  private static final int STEPS = 100_000;

  private final int threads =
      Integer.getInteger("rigor.bench.threads", Runtime.getRuntime().availableProcessors());

  @Override
  public String name() {
    return "Rigor, " + threads + (threads == 1 ? " thread" : " threads");
  }

  @Override
  public TrainingPeer.Training start(Work work) {
    CpuDevice device = new CpuDevice(threads, "auto", "benchmark");
    int n = work.batch();
    Shape image = Shape.of(work.side(), work.side(), 1);
    TrainingSetup setup =
        new TrainingSetup(
            new Started(work, image),
            DType.F32,
            n,
            n,
            new Optimiser.Sgd(false),
            new StandardTraining(),
            Box.UNIT);
    ModelSetup row =
        new ModelSetup(
            TrialKey.of(0, "bench"),
            STEPS,
            work.rate(),
            new Schedule.Constant(),
            0,
            0,
            0,
            Map.of());
    Trainer trainer =
        new Trainer(
            device,
            setup,
            List.of(row),
            HostTensor.of(image.insert(0, n), work.images()),
            HostTensor.of(Shape.of(n), work.labels()));
    return new TrainingPeer.Training() {
      @Override
      public void step() {
        trainer.epoch();
      }

      @Override
      public double loss() {
        return trainer.loss()[0];
      }

      @Override
      public void close() {
        trainer.close();
        device.close();
      }
    };
  }

  /** The network with given initial parameters and zero biases. */
  private static final class Started implements Network {
    private final Sequential network;
    private final Work work;

    Started(Work work, Shape image) {
      List<Integer> channels = new ArrayList<>();
      for (int c : work.channels()) {
        channels.add(c);
      }
      this.network = ConvNet.of(image, channels, List.of(), Activation.RELU, work.classes());
      this.work = work;
    }

    @Override
    public Shape input() {
      return network.input();
    }

    @Override
    public int outputs() {
      return network.outputs();
    }

    @Override
    public List<Parameter> parameters() {
      List<float[]> weights = new ArrayList<>(work.kernels());
      weights.add(work.dense());
      List<Parameter> out = new ArrayList<>();
      int next = 0;
      for (Parameter p : network.parameters()) {
        Parameter.Start start = new Parameter.Constant(0);
        if (p.name().endsWith("weight")) {
          start = new Parameter.Given(HostTensor.of(p.shape().insert(0, 1), weights.get(next++)));
        }
        out.add(new Parameter(p.name(), p.shape(), start));
      }
      return out;
    }

    @Override
    public Value apply(Map<String, Value> params, Value x) {
      return network.apply(params, x);
    }
  }
}
