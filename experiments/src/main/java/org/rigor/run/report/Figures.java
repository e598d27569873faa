// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.rigor.run.ByType;
import org.rigor.run.figure.BracketChart;
import org.rigor.run.figure.LineChart;
import org.rigor.run.figure.PictureGrid;
import org.rigor.run.figure.Scale;
import org.rigor.run.statistics.Interval;
import org.rigor.run.store.RunRecord;
import org.rigor.run.study.FigureSpec;
import org.rigor.run.trial.Arm;
import org.rigor.run.trial.Example;
import org.rigor.run.trial.Scalar;
import org.rigor.run.trial.Trial;
import org.rigor.run.yaml.KeySpec;
import org.rigor.run.yaml.Numbers;

/** The figures that a study asks for. */
final class Figures {
  private Figures() {}

  /**
   * @param name file name without extension
   * @param caption below the figure
   */
  record Figure(String name, String svg, String caption) {}

  /** Returns the figures for which there is data. */
  static List<Figure> of(RunRecord run, List<ArmSummary> arms) {
    List<Figure> out = new ArrayList<>();
    int number = 0;
    for (FigureSpec spec : run.study().study().figures()) {
      String name = "%d-%s".formatted(++number, KeySpec.typeOf(spec));
      Optional<Figure> f =
          arms.isEmpty() ? Optional.empty() : DRAWINGS.apply(spec).draw(name, run, arms);
      f.ifPresent(out::add);
    }
    return out;
  }

  /** Draws one figure of a study, if there is data for it. */
  private interface Drawing {
    Optional<Figure> draw(String name, RunRecord run, List<ArmSummary> arms);
  }

  private static final ByType<FigureSpec, Drawing> DRAWINGS =
      ByType.<FigureSpec, Drawing>of(FigureSpec.class)
          .put(
              FigureSpec.Bracket.class,
              b ->
                  (name, run, arms) ->
                      BracketFigure.of(name, b.title(), run, shown(arms, b.methods())))
          .put(
              FigureSpec.LipschitzBracket.class,
              l -> (name, run, arms) -> lipschitz(name, l.title(), arms))
          .put(FigureSpec.FirstToFall.class, f -> (name, run, arms) -> firstToFall(name, f, arms))
          .put(FigureSpec.Line.class, l -> (name, run, arms) -> MetricFigures.line(name, l, run))
          .put(
              FigureSpec.Scatter.class,
              s -> (name, run, arms) -> MetricFigures.scatter(name, s, run))
          .put(FigureSpec.Family.class, f -> (name, run, arms) -> FamilyFigure.of(name, f, run))
          .put(
              FigureSpec.Variance.class,
              v -> (name, run, arms) -> VarianceReport.figure(name, v, run))
          .put(
              FigureSpec.Evolution.class,
              e -> (name, run, arms) -> EvolutionFigure.of(name, e, run))
          .put(FigureSpec.History.class, h -> (name, run, arms) -> history(name, h.title(), run))
          .complete();

  /** Returns the arms of some methods; of all if none is named. */
  private static List<ArmSummary> shown(List<ArmSummary> arms, List<String> methods) {
    return methods.isEmpty()
        ? arms
        : arms.stream().filter(a -> methods.contains(a.arm().method())).toList();
  }

  private static Optional<Figure> lipschitz(String name, String title, List<ArmSummary> arms) {
    List<BracketChart.Row> plain = new ArrayList<>();
    List<BracketChart.Row> scaled = new ArrayList<>();
    for (int a = 0; a < arms.size(); a++) {
      ArmSummary arm = arms.get(a);
      row(arm, a, arm.scalar(Scalar.LIPSCHITZ_LOWER), arm.scalar(Scalar.LIPSCHITZ_UPPER))
          .ifPresent(plain::add);
      row(
              arm,
              a,
              arm.ratio(Scalar.LIPSCHITZ_LOWER, Scalar.MEDIAN_MARGIN),
              arm.ratio(Scalar.LIPSCHITZ_UPPER, Scalar.MEDIAN_MARGIN))
          .ifPresent(scaled::add);
    }
    List<BracketChart.Panel> panels = new ArrayList<>();
    if (!plain.isEmpty()) {
      panels.add(new BracketChart.Panel("Lipschitz constant of the logits", plain));
    }
    if (!scaled.isEmpty()) {
      panels.add(new BracketChart.Panel("the same over the median margin", scaled));
    }
    if (panels.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Figure(
            name,
            new BracketChart(title.isEmpty() ? "Lipschitz bracket" : title, panels).svg(),
            "Open dot: largest Jacobian norm over test images, a lower value. Full dot: product of"
                + " certified layer norms, an upper value. Lines: 95 % over seeds, with a triangle"
                + " where they go on beyond the axis. Logits scale freely, so models are compared"
                + " over their median margin. A global product bound does not rank models: it"
                + " multiplies worst cases of layers that need not meet in any input, so it can"
                + " rise while the Jacobian norms that inputs see fall."));
  }

  private static Optional<BracketChart.Row> row(
      ArmSummary arm, int colour, Optional<ArmSummary.Mean> low, Optional<ArmSummary.Mean> high) {
    if (low.isEmpty()
        || high.isEmpty()
        || !(low.get().value() > 0)
        || Double.isInfinite(high.get().value())) {
      return Optional.empty();
    }
    Optional<Interval> l = low.get().seeds();
    Optional<Interval> h = high.get().seeds();
    return Optional.of(
        new BracketChart.Row(
            MetricFigures.label(arm.arm()),
            colour,
            low.get().value(),
            l.map(Interval::low).orElse(Double.NaN),
            l.map(Interval::high).orElse(Double.NaN),
            high.get().value(),
            h.map(Interval::low).orElse(Double.NaN),
            h.map(Interval::high).orElse(Double.NaN)));
  }

  private static Optional<Figure> firstToFall(
      String name, FigureSpec.FirstToFall spec, List<ArmSummary> arms) {
    List<PictureGrid.Group> groups = new ArrayList<>();
    for (ArmSummary arm : arms) {
      List<PictureGrid.Pair> pairs = new ArrayList<>();
      for (Example e : arm.results().get(0).examples()) {
        if (pairs.size() < spec.count()) {
          String caption =
              "%d seen as %d%nat %s"
                  .formatted(e.label(), e.predicted(), Numbers.brief(e.epsilon()));
          pairs.add(
              new PictureGrid.Pair(
                  e.clean(), e.adversarial(), e.height(), e.width(), e.channels(), caption));
        }
      }
      if (!pairs.isEmpty()) {
        groups.add(new PictureGrid.Group(MetricFigures.label(arm.arm()), pairs));
      }
    }
    return groups.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Figure(
                name,
                new PictureGrid(
                        spec.title().isEmpty() ? "The samples that fall first" : spec.title(),
                        groups)
                    .svg(),
                "Correctly classified test samples that the attack breaks at the smallest epsilon,"
                    + " with the first seed's model of each method."));
  }

  /** Draws the training loss recorded in metrics.jsonl. */
  private static Optional<Figure> history(String name, String title, RunRecord run) {
    Map<String, Arm> armOf = new LinkedHashMap<>();
    run.trials().forEach((Trial t) -> armOf.put(t.id(), t.arm()));
    Map<Arm, TreeMap<Long, Map<String, Double>>> losses = new LinkedHashMap<>();
    // The record already holds the file's problems.
    run.folder()
        .stored()
        .metrics(
            m -> {
              Arm arm = armOf.get(m.trial());
              Double loss = m.values().get("loss");
              if (arm != null && m.phase().equals("train") && loss != null) {
                losses
                    .computeIfAbsent(arm, k -> new TreeMap<>())
                    .computeIfAbsent(m.step(), k -> new LinkedHashMap<>())
                    .put(m.trial(), loss);
              }
            });
    List<LineChart.Line> out = new ArrayList<>();
    for (Map.Entry<Arm, TreeMap<Long, Map<String, Double>>> e : losses.entrySet()) {
      double[] x = e.getValue().keySet().stream().mapToDouble(Long::doubleValue).toArray();
      double[] y =
          e.getValue().values().stream()
              .mapToDouble(
                  m -> m.values().stream().mapToDouble(Double::doubleValue).average().orElse(0))
              .toArray();
      boolean positive = java.util.Arrays.stream(y).allMatch(v -> v > 0 && Double.isFinite(v));
      if (x.length > 1 && positive) {
        out.add(
            new LineChart.Line(
                MetricFigures.label(e.getKey()), out.size(), false, x, y, null, null));
      }
    }
    return out.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Figure(
                name,
                new LineChart(
                        title.isEmpty() ? "Training loss" : title,
                        Scale.of("epoch").ofWholeNumbers(),
                        Scale.of("mean training loss").withLog(true),
                        out,
                        List.of())
                    .svg(),
                "Mean over seeds. The loss of adversarial training is that of the attacked"
                    + " samples."));
  }
}
