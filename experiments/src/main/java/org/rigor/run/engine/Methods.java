// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.rigor.nn.Pass;
import org.rigor.run.study.LossKind;
import org.rigor.run.study.MethodSpec;
import org.rigor.run.study.WeightsSpec;
import org.rigor.train.Adr;
import org.rigor.train.Averaging;
import org.rigor.train.Awp;
import org.rigor.train.FgsmTraining;
import org.rigor.train.FreeTraining;
import org.rigor.train.Mart;
import org.rigor.train.Method;
import org.rigor.train.NoiseTraining;
import org.rigor.train.PgdTraining;
import org.rigor.train.SquaredErrorTraining;
import org.rigor.train.StandardTraining;
import org.rigor.train.Trades;

/** Turns a study's training methods into the engine's. */
final class Methods {
  private Methods() {}

  /**
   * What a row has of its own.
   *
   * @param relativeStep step of the training attack over epsilon
   * @param numbers of the method, of weight perturbation and averaging
   */
  record Row(double epsilon, double relativeStep, Map<String, Double> numbers) {
    static final Row CLEAN = new Row(0, 0, Map.of());
  }

  /**
   * @param loss of standard training
   */
  static Method method(MethodSpec spec, Optional<LossKind> loss) {
    return loss.equals(Optional.of(LossKind.MSE)) ? new SquaredErrorTraining() : method(spec);
  }

  static Method method(MethodSpec spec) {
    if (spec instanceof MethodSpec.Pgd p) {
      return new PgdTraining(p.norm(), p.steps(), p.randomStart());
    } else if (spec instanceof MethodSpec.Noise) {
      return new NoiseTraining();
    } else if (spec instanceof MethodSpec.FgsmRs) {
      return new FgsmTraining();
    } else if (spec instanceof MethodSpec.Free f) {
      return new FreeTraining(f.norm(), f.replays());
    } else if (spec instanceof MethodSpec.Trades t) {
      return new Trades(t.norm(), t.steps());
    } else if (spec instanceof MethodSpec.Mart m) {
      return new Mart(m.norm(), m.steps());
    } else if (spec instanceof MethodSpec.Adr a) {
      return new Adr(a.norm(), a.steps(), Adr.Base.valueOf(a.base().name()));
    }
    return new StandardTraining();
  }

  /** Epsilon, relative step and numbers. */
  static Row row(MethodSpec spec) {
    Row own = own(spec);
    Map<String, Double> all = new LinkedHashMap<>(own.numbers());
    spec.awp()
        .ifPresent(
            a -> {
              all.put("awp-radius", a.radius());
              all.put("awp-warm-up", a.warmUp());
            });
    spec.weights()
        .ifPresent(
            w -> {
              if (w instanceof WeightsSpec.Ema e) {
                all.put("ema-decay", e.decay());
              } else if (w instanceof WeightsSpec.Swa s) {
                all.put("swa-start", s.start());
              }
            });
    return new Row(own.epsilon(), own.relativeStep(), all);
  }

  private static Row own(MethodSpec spec) {
    if (spec instanceof MethodSpec.Pgd p) {
      return new Row(p.epsilon(), p.relativeStep(), Map.of());
    } else if (spec instanceof MethodSpec.Noise n) {
      return new Row(0, 0, Map.of("sigma", n.sigma()));
    } else if (spec instanceof MethodSpec.FgsmRs f) {
      return new Row(f.epsilon(), f.relativeStep(), Map.of());
    } else if (spec instanceof MethodSpec.Free f) {
      return new Row(f.epsilon(), 1, Map.of());
    } else if (spec instanceof MethodSpec.Trades t) {
      return new Row(t.epsilon(), t.relativeStep(), Map.of("beta", t.beta()));
    } else if (spec instanceof MethodSpec.Mart m) {
      return new Row(m.epsilon(), m.relativeStep(), Map.of("beta", m.beta()));
    } else if (spec instanceof MethodSpec.Adr a) {
      return new Row(a.epsilon(), a.relativeStep(), numbers(a));
    }
    return Row.CLEAN;
  }

  private static Map<String, Double> numbers(MethodSpec.Adr a) {
    return Map.of(
        "temperature-high", a.temperatureHigh(),
        "temperature-low", a.temperatureLow(),
        "lambda-low", a.lambdaLow(),
        "lambda-high", a.lambdaHigh(),
        "ema-decay", a.teacherDecay(),
        "beta", a.beta());
  }

  static Averaging averaging(MethodSpec spec) {
    if (spec instanceof MethodSpec.Adr) {
      return Averaging.EMA;
    }
    WeightsSpec weights = spec.weights().orElse(null);
    if (weights instanceof WeightsSpec.Ema) {
      return Averaging.EMA;
    }
    return weights instanceof WeightsSpec.Swa ? Averaging.SWA : Averaging.NONE;
  }

  static Optional<Awp> awp(MethodSpec spec) {
    return spec.awp().map(a -> Awp.valueOf(a.form().name()));
  }

  static Pass.Statistics attackStatistics(MethodSpec spec) {
    boolean batch = spec.batchNorm().equals(Optional.of(MethodSpec.AttackStatistics.BATCH));
    return batch ? Pass.Statistics.BATCH : Pass.Statistics.RUNNING;
  }
}
