// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.setup;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.rigor.attack.Attack;
import org.rigor.attack.Pgd;
import org.rigor.nn.Pass;
import org.rigor.run.ByType;
import org.rigor.run.study.AttackNames;
import org.rigor.run.study.LossKind;
import org.rigor.run.study.MethodSpec;
import org.rigor.run.study.WeightsSpec;
import org.rigor.train.Adr;
import org.rigor.train.Averaging;
import org.rigor.train.Awp;
import org.rigor.train.CrownIbpTraining;
import org.rigor.train.FgsmTraining;
import org.rigor.train.FreeTraining;
import org.rigor.train.IbpTraining;
import org.rigor.train.Initialisation;
import org.rigor.train.Mart;
import org.rigor.train.Method;
import org.rigor.train.MtlIbp;
import org.rigor.train.NoiseTraining;
import org.rigor.train.PgdTraining;
import org.rigor.train.Sabr;
import org.rigor.train.SquaredErrorTraining;
import org.rigor.train.StandardTraining;
import org.rigor.train.Trades;

/** The conversion of a study's training methods into the engine's. */
public final class Methods {
  private Methods() {}

  /**
   * The values specific to one row.
   *
   * @param relativeStep step of the training attack divided by epsilon; 0 if it sets its own
   * @param numbers of the method, weight perturbation and averaging
   */
  record Row(double epsilon, double relativeStep, Map<String, Double> numbers) {
    static final Row CLEAN = new Row(0, 0, Map.of());
  }

  /** A method of the engine and its numbers for one row. */
  private record Entry(Method method, Row row) {}

  private static final ByType<MethodSpec, Entry> METHODS =
      ByType.<MethodSpec, Entry>of(MethodSpec.class)
          .put(MethodSpec.Standard.class, s -> new Entry(new StandardTraining(), Row.CLEAN))
          .put(
              MethodSpec.None.class,
              n -> {
                throw new IllegalStateException("networks from files are not trained");
              })
          .put(
              MethodSpec.Noise.class,
              n -> new Entry(new NoiseTraining(), new Row(0, 0, Map.of("sigma", n.sigma()))))
          .put(
              MethodSpec.Pgd.class,
              p ->
                  new Entry(
                      new PgdTraining(p.attack().norm(), attack(p), p.ramp().isPresent()),
                      row(p.attack(), rise(p))))
          .put(
              MethodSpec.FgsmRs.class,
              f -> new Entry(new FgsmTraining(), new Row(f.epsilon(), f.relativeStep(), Map.of())))
          .put(
              MethodSpec.Free.class,
              f ->
                  new Entry(
                      new FreeTraining(f.norm(), f.replays()), new Row(f.epsilon(), 1, Map.of())))
          .put(
              MethodSpec.Trades.class,
              t ->
                  new Entry(
                      new Trades(t.attack().norm(), attack(t.attack())),
                      row(t.attack(), Map.of("beta", t.beta()))))
          .put(
              MethodSpec.Mart.class,
              m ->
                  new Entry(
                      new Mart(m.attack().norm(), attack(m.attack())),
                      row(m.attack(), Map.of("beta", m.beta()))))
          .put(
              MethodSpec.Adr.class,
              a ->
                  new Entry(
                      new Adr(
                          a.attack().norm(), attack(a.attack()), Adr.Base.valueOf(a.base().name())),
                      row(a.attack(), numbers(a))))
          .put(
              MethodSpec.Ibp.class,
              i ->
                  new Entry(
                      new IbpTraining(start(i.ball())),
                      row(i.ball(), 0, Map.of("kappa", i.kappa()))))
          .put(
              MethodSpec.CrownIbp.class,
              c ->
                  new Entry(
                      new CrownIbpTraining(start(c.ball())),
                      row(c.ball(), 0, Map.of("kappa", c.kappa(), "beta", c.beta()))))
          .put(
              MethodSpec.Sabr.class,
              s ->
                  new Entry(
                      new Sabr(attack(s.attack()), start(s.ball())),
                      row(s.ball(), step(s.attack()), Map.of("lambda", s.lambda()))))
          .put(
              MethodSpec.MtlIbp.class,
              m ->
                  new Entry(
                      new MtlIbp(attack(m.attack()), start(m.ball())),
                      row(m.ball(), step(m.attack()), Map.of("alpha", m.alpha()))))
          .complete();

  private static final ByType<WeightsSpec, Averaging> AVERAGES =
      ByType.<WeightsSpec, Averaging>of(WeightsSpec.class)
          .put(WeightsSpec.Ema.class, e -> Averaging.EMA)
          .put(WeightsSpec.Swa.class, s -> Averaging.SWA)
          .put(WeightsSpec.HeldOut.class, h -> Averaging.NONE)
          .complete();

  /** Returns the attack on a batch; step lengths are numbers of the rows. */
  private static Attack attack(MethodSpec.InnerAttack a) {
    return AttackNames.of(a.attack(), a.steps(), 1);
  }

  private static Map<String, Double> rise(MethodSpec.Pgd p) {
    return p.ramp().map(share -> Map.of("warm-up", 0.0, "ramp", share)).orElse(Map.of());
  }

  private static Attack attack(MethodSpec.Pgd p) {
    return attack(p.attack()) instanceof Pgd pgd
        ? new Pgd(pgd.steps(), 1, pgd.randomStart() && p.randomStart())
        : attack(p.attack());
  }

  private static Row row(MethodSpec.InnerAttack a, Map<String, Double> numbers) {
    Attack own = AttackNames.of(a.attack(), a.steps(), a.relativeStep());
    return new Row(a.epsilon(), own.stepShare().orElse(0), numbers);
  }

  private static Attack attack(MethodSpec.BallAttack a) {
    return AttackNames.of(a.attack(), a.steps(), 1);
  }

  private static double step(MethodSpec.BallAttack a) {
    return AttackNames.of(a.attack(), a.steps(), a.relativeStep()).stepShare().orElse(0);
  }

  private static Initialisation start(MethodSpec.Ramp ball) {
    return Initialisation.valueOf(ball.initialisation().name());
  }

  private static Row row(MethodSpec.Ramp ball, double step, Map<String, Double> numbers) {
    Map<String, Double> all = new LinkedHashMap<>(numbers);
    all.put("warm-up", ball.warmUp());
    all.put("ramp", ball.ramp());
    return new Row(ball.epsilon(), step, all);
  }

  /**
   * Returns a method of the engine.
   *
   * @param loss of standard training; cross-entropy if empty
   */
  public static Method method(MethodSpec spec, Optional<LossKind> loss) {
    return loss.equals(Optional.of(LossKind.MSE)) ? new SquaredErrorTraining() : method(spec);
  }

  public static Method method(MethodSpec spec) {
    return METHODS.apply(spec).method();
  }

  /** Returns epsilon, relative step and numbers. */
  static Row row(MethodSpec spec) {
    Row own = METHODS.apply(spec).row();
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
    return spec.weights().map(AVERAGES::apply).orElse(Averaging.NONE);
  }

  static Optional<Awp> awp(MethodSpec spec) {
    return spec.awp().map(a -> Awp.valueOf(a.form().name()));
  }

  static Pass.Statistics attackStatistics(MethodSpec spec) {
    boolean batch = spec.batchNorm().equals(Optional.of(MethodSpec.AttackStatistics.BATCH));
    return batch ? Pass.Statistics.BATCH : Pass.Statistics.RUNNING;
  }
}
