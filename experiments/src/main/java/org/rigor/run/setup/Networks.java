// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.setup;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.data.DataSet;
import org.rigor.exec.Products;
import org.rigor.nn.Network;
import org.rigor.nn.TrialKey;
import org.rigor.run.ByType;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.study.OptimiserSpec;
import org.rigor.run.study.Precision;
import org.rigor.run.study.ProductsKind;
import org.rigor.run.study.ScheduleSpec;
import org.rigor.run.study.SharedTraining;
import org.rigor.run.trial.TrialSpec;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.TensorType;
import org.rigor.train.Augmentation;
import org.rigor.train.ModelSetup;
import org.rigor.train.Optimiser;
import org.rigor.train.Schedule;
import org.rigor.train.Trainer;
import org.rigor.train.TrainingSetup;

/** The conversion of a trial's configuration into what the engine trains. */
public final class Networks {
  private static final Map<ProductsKind, Products> PRODUCTS =
      Map.of(ProductsKind.TF32, Products.TF32, ProductsKind.BF16, Products.BF16);

  private Networks() {}

  /** Returns what training's products may be rounded to. */
  public static Products products(TrialSpec spec) {
    return spec.training().products().map(PRODUCTS::get).orElse(Products.EXACT);
  }

  public static TrainingSetup training(TrialSpec shared, Network network, DataSet data) {
    SharedTraining common = shared.training();
    TrainingSetup setup =
        new TrainingSetup(
            network,
            shared.precision() == Precision.F64 ? DType.F64 : DType.F32,
            data.split().train().length,
            common.batchSize(),
            OPTIMISERS.apply(common.optimiser()).optimiser(),
            Methods.method(shared.method(), common.loss()),
            Methods.awp(shared.method()),
            Methods.averaging(shared.method()),
            common.augment().map(a -> new Augmentation(a.crop(), a.flip())),
            Methods.attackStatistics(shared.method()),
            data.box());
    return setup.with(products(shared));
  }

  /**
   * Checks before training that a network has the rules its method needs.
   *
   * @throws RunException with exit code 2 if not
   */
  public static void require(TrialSpec spec, Network network, DataSet data) {
    try {
      Trainer.requireRules(training(spec, network, data));
    } catch (UnsupportedOperationException | IllegalArgumentException e) {
      throw new RunException(
          ExitCode.USAGE,
          "training.methods: %s cannot train this network: %s"
              .formatted(spec.method().name(), e.getMessage()));
    }
  }

  public static ModelSetup model(TrialSpec spec) {
    SharedTraining common = spec.training();
    Update update = OPTIMISERS.apply(common.optimiser());
    Methods.Row row = Methods.row(spec.method());
    Map<String, Double> numbers = new LinkedHashMap<>(row.numbers());
    spec.model().initScale().ifPresent(v -> numbers.put(TrainingSetup.INITIAL_SCALE, v));
    return new ModelSetup(
        TrialKey.of(spec.seed(), "train"),
        common.epochs(),
        update.rate(),
        SCHEDULES.apply(common.schedule()),
        row.epsilon(),
        row.relativeStep(),
        common.labelSmoothing(),
        update.hyper(),
        numbers);
  }

  /** An update rule and its numbers for one row. */
  private record Update(Optimiser optimiser, double rate, Map<String, Double> hyper) {}

  private static final ByType<OptimiserSpec, Update> OPTIMISERS =
      ByType.<OptimiserSpec, Update>of(OptimiserSpec.class)
          .put(
              OptimiserSpec.Sgd.class,
              s ->
                  new Update(
                      new Optimiser.Sgd(s.nesterov()),
                      s.learningRate(),
                      Map.of("momentum", s.momentum(), "weight-decay", s.weightDecay())))
          .put(
              OptimiserSpec.None.class,
              n -> {
                throw new IllegalStateException("networks from files are not trained");
              })
          .put(OptimiserSpec.Adam.class, a -> adam(false, a.moments(), a.weightDecay()))
          .put(OptimiserSpec.Adamw.class, a -> adam(true, a.moments(), a.weightDecay()))
          .complete();

  private static Update adam(boolean decoupled, OptimiserSpec.Moments m, double decay) {
    return new Update(
        new Optimiser.Adam(decoupled),
        m.learningRate(),
        Map.of(
            "beta1", m.beta1(),
            "beta2", m.beta2(),
            "epsilon", m.stabiliser(),
            "weight-decay", decay));
  }

  private static final ByType<ScheduleSpec, Schedule> SCHEDULES =
      ByType.<ScheduleSpec, Schedule>of(ScheduleSpec.class)
          .put(ScheduleSpec.Constant.class, c -> new Schedule.Constant())
          .put(ScheduleSpec.Cosine.class, c -> new Schedule.Cosine(c.warmUp(), c.finalShare()))
          .put(ScheduleSpec.Linear.class, l -> new Schedule.Linear(l.warmUp(), l.finalShare()))
          .put(ScheduleSpec.Drops.class, d -> new Schedule.Drops(d.at(), d.factor()))
          .complete();

  /** Returns some rows of parameters, in the given order. */
  public static Map<String, HostTensor> rows(Map<String, HostTensor> params, List<Integer> models) {
    Map<String, HostTensor> out = new LinkedHashMap<>();
    params.forEach(
        (name, t) -> {
          int n = Math.toIntExact(t.shape().size() / t.shape().models());
          HostTensor some =
              HostTensor.zeros(new TensorType(t.dtype(), t.shape().with(0, models.size())));
          for (int i = 0; i < models.size(); i++) {
            System.arraycopy(t.array(), models.get(i) * n, some.array(), i * n, n);
          }
          out.put(name, some);
        });
    return out;
  }
}
