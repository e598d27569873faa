// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.rigor.data.Box;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.run.theory.Lab;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.train.ModelSetup;
import org.rigor.train.Optimiser;
import org.rigor.train.Schedule;
import org.rigor.train.StandardTraining;
import org.rigor.train.Trainer;
import org.rigor.train.TrainingSetup;
import org.rigor.uncertainty.Chains;
import org.rigor.uncertainty.Descent;
import org.rigor.uncertainty.Diagnosis;
import org.rigor.uncertainty.Hmc;
import org.rigor.uncertainty.Laplace;
import org.rigor.uncertainty.LinearisedNetwork;
import org.rigor.uncertainty.McDropout;
import org.rigor.uncertainty.MeanField;
import org.rigor.uncertainty.NetworkPosterior;
import org.rigor.uncertainty.PredictiveFunctionals;
import org.rigor.uncertainty.Predictor;
import org.rigor.uncertainty.Sgld;
import org.rigor.uncertainty.Standing;
import org.rigor.uncertainty.Swag;

/** The fits of a {@link PredictorComparison}'s predictors: all seeds at once, as trials. */
final class PredictorFits {
  /**
   * A predictor whose draws an attack sees, and one with the same number of unseen draws.
   *
   * @param fresh empty for a single network, which has no other draws
   */
  record Fitted(Predictor attacked, Optional<Predictor> fresh) {
    String name() {
      return attacked.name();
    }
  }

  private final Lab lab;
  private final PredictorComparison study;
  private final Sequential net;
  private final NetworkPosterior posterior;
  private final int[] labels;
  private final HostTensor probes;
  private final int[] probeLabels;
  private final int seeds;
  private final int draws;

  /**
   * @param probes samples whose predictions diagnose the chains
   */
  PredictorFits(
      Lab lab,
      PredictorComparison study,
      Sequential net,
      HostTensor x,
      int[] labels,
      HostTensor probes,
      int[] probeLabels) {
    this.lab = lab;
    this.study = study;
    this.net = net;
    this.labels = labels;
    this.probes = probes;
    this.probeLabels = probeLabels;
    this.seeds = study.seeds();
    this.draws = study.draws();
    this.posterior =
        NetworkPosterior.classifier(net, x, labels, study.prior(), study.temperature());
  }

  List<Fitted> all() {
    List<Fitted> out = new ArrayList<>();
    lab.phase("training");
    Map<String, HostTensor> single = trained(out);
    lab.checkpoint();
    lab.phase("dropout");
    out.add(dropout());
    lab.phase("Laplace");
    out.add(laplace(single));
    lab.checkpoint();
    lab.phase("mean field");
    out.add(meanField(single));
    lab.checkpoint();
    lab.phase("SGLD");
    out.add(
        chains(
            "sgld",
            "SGLD, h = " + study.langevinStep() + ", batches of " + study.langevinBatch(),
            new Sgld(study.langevinStep(), study.langevinBatch())
                .run(
                    lab.device(),
                    posterior,
                    keys("sgld", study.chains()),
                    initial("sgld", study.chains()),
                    study.langevinSteps() / 4,
                    study.keep(),
                    Math.max(1, study.langevinSteps() / study.keep()))));
    lab.checkpoint();
    lab.phase("HMC");
    out.add(
        chains(
            "hmc",
            "HMC, " + study.leapfrogs() + " leapfrog steps",
            new Hmc(study.leapfrogs(), 0.02, 0.8, 0.2, true)
                .run(
                    lab.device(),
                    posterior,
                    keys("hmc", study.chains()),
                    initial("hmc", study.chains()),
                    study.warmUp(),
                    study.keep(),
                    1)));
    return out;
  }

  /**
   * Fits a single network, an ensemble and SWAG from one training; returns the single networks'
   * weights.
   */
  private Map<String, HostTensor> trained(List<Fitted> out) {
    int members = 2 * study.members();
    List<ModelSetup> models = new ArrayList<>();
    for (TrialKey key : keys("member", members)) {
      models.add(
          new ModelSetup(
              key,
              study.epochs(),
              study.rate(),
              new Schedule.Cosine(0.05, 0.3),
              0,
              1,
              0,
              Map.of("momentum", 0.9, "weight-decay", study.decay())));
    }
    TrainingSetup setup =
        new TrainingSetup(
            net,
            DType.F32,
            labels.length,
            study.batch(),
            new Optimiser.Sgd(false),
            new StandardTraining(),
            Box.UNIT);
    Swag swag = new Swag(study.rank());
    Map<String, HostTensor> rows;
    try (Trainer trainer =
        new Trainer(
            lab.device(),
            setup,
            models,
            posterior.x().toFloat(),
            HostTensor.of(Shape.of(labels.length), labels))) {
      for (int e = 0; e < study.epochs(); e++) {
        trainer.epoch();
        if (e >= study.epochs() / 2) {
          swag.collect(every(trainer.parameters(), members));
        }
      }
      rows = trainer.parameters();
    }
    Map<String, HostTensor> single = every(rows, members);
    out.add(
        new Fitted(
            Predictor.ofRows("single", Standing.POINT, "SGD with momentum", net, single, seeds),
            Optional.empty()));
    Predictor ensemble =
        Predictor.ofRows(
            "ensemble",
            Standing.ENSEMBLE,
            study.members() + " networks, each from its own start",
            net,
            rows,
            seeds);
    out.add(halves(ensemble));
    out.add(
        halved(
            "swag",
            "diagonal and rank " + study.rank() + ", iterates of the second half of training",
            net,
            first -> swag.draws(lab.device(), keys("swag", 1), first, draws)));
    return single;
  }

  private Fitted dropout() {
    McDropout method =
        new McDropout(
            study.dropout(),
            List.of(weights().get(weights().size() - 1)),
            2,
            0,
            Descent.adam(study.adamRate(), study.adamSteps()));
    List<TrialKey> keys = keys("dropout", 1);
    Map<String, HostTensor> w = method.train(lab.device(), posterior, keys, initial("dropout", 1));
    return halved(
        "mc-dropout",
        "rate " + study.dropout() + " on hidden units",
        net,
        first -> method.draws(lab.device(), keys, first, draws, w));
  }

  private Fitted laplace(Map<String, HostTensor> single) {
    List<TrialKey> keys = keys("laplace", 1);
    Map<String, HostTensor> mode =
        Laplace.mode(
            lab.device(),
            posterior,
            keys,
            single,
            Descent.adam(study.adamRate(), study.adamSteps()));
    Laplace.Fit fit = new Laplace(study.laplace()).fit(lab.device(), posterior, mode);
    return halved(
        "laplace",
        study.laplace() + " matrix, linearised predictive by draws",
        new LinearisedNetwork(net),
        first -> LinearisedNetwork.draws(fit.draws(lab.device(), keys, first, draws), fit.mode()));
  }

  private Fitted meanField(Map<String, HostTensor> single) {
    List<TrialKey> keys = keys("mean-field", 1);
    MeanField vi = new MeanField(2, 0, 0.1, Descent.adam(study.adamRate(), 2 * study.adamSteps()));
    MeanField.Fit q = vi.fit(lab.device(), posterior, keys, single);
    return halved(
        "mean-field",
        "normal, by reparametrisation",
        net,
        first -> q.draws(lab.device(), keys, first, draws));
  }

  /** Diagnoses chains by their predictions; the worst seed decides the label of their draws. */
  private Fitted chains(String name, String how, Chains found) {
    double[][][] functionals =
        PredictiveFunctionals.of(lab.device(), net, found, probes, probeLabels);
    Diagnosis worst = new Diagnosis(0, 1e300, 1e300, 1, 0);
    for (int s = 0; s < seeds; s++) {
      Diagnosis d = Diagnosis.of(found, PredictiveFunctionals.trial(functionals, s, seeds));
      worst =
          new Diagnosis(
              Math.max(worst.rHat(), d.rHat()),
              Math.min(worst.bulkEss(), d.bulkEss()),
              Math.min(worst.tailEss(), d.tailEss()),
              d.acceptance(),
              d.divergences());
    }
    lab.report(name + ", smallest acceptance", worst.acceptance());
    lab.report(name + ", divergences", worst.divergences());
    lab.report(name + ", largest R-hat", worst.rHat());
    lab.report(name + ", smallest bulk effective sample size", worst.bulkEss());
    lab.report(name + ", smallest tail effective sample size", worst.tailEss());
    lab.report(name + ", chains passed", worst.passes() ? 1 : 0);
    Standing standing = Standing.of(worst, study.temperature(), found.exact());
    return new Fitted(
        new Predictor(name, standing, how, net, found.pick(seeds, draws, 0)),
        Optional.of(new Predictor(name, standing, how, net, found.pick(seeds, draws, 0.5))));
  }

  /** Splits the draws: 0 to J - 1 are attacked, J to 2 J - 1 are fresh. */
  private Fitted halved(
      String name,
      String how,
      org.rigor.nn.Network network,
      IntFunction<Map<String, HostTensor>> from) {
    return new Fitted(
        new Predictor(name, Standing.APPROXIMATION, how, network, from.apply(0)),
        Optional.of(new Predictor(name, Standing.APPROXIMATION, how, network, from.apply(draws))));
  }

  private static Fitted halves(Predictor p) {
    int half = p.count() / 2;
    return new Fitted(p.part(0, half), Optional.of(p.part(half, p.count())));
  }

  private List<TrialKey> keys(String role, int each) {
    return IntStream.range(0, seeds * each)
        .mapToObj(i -> TrialKey.of(lab.seed() * 1000 + i / each, role + " " + i % each))
        .toList();
  }

  private Map<String, HostTensor> initial(String role, int each) {
    Map<String, HostTensor> w = new LinkedHashMap<>();
    net.initial(keys(role, each)).forEach((k, v) -> w.put(k, v.toDouble()));
    return w;
  }

  private List<String> weights() {
    return net.parameters().stream()
        .map(org.rigor.nn.Parameter::name)
        .filter(n -> n.endsWith("weight"))
        .toList();
  }

  /** Returns every {@code step}-th row: the first member of each seed. */
  private static Map<String, HostTensor> every(Map<String, HostTensor> rows, int step) {
    Map<String, HostTensor> out = new LinkedHashMap<>();
    rows.forEach(
        (k, v) -> {
          int count = v.shape().models() / step;
          int n = (int) (v.shape().size() / v.shape().models());
          HostTensor some = HostTensor.zeros(new TensorType(DType.F64, v.shape().with(0, count)));
          for (int i = 0; i < count; i++) {
            v.copy(i * step * n, n, some.doubles(), i * n);
          }
          out.put(k, some);
        });
    return out;
  }
}
