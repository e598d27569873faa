// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.run.study.StudyFile;

/** What a user is told about each kind of mistake, word for word. */
class WrongInputTest {
  private static final String GOOD =
      """
      name: small
      data: {type: digits}
      model: {type: mlp, hidden: [16]}
      training:
        epochs: 2
        batch-size: 32
        optimiser: {type: sgd, learning-rate: 0.1}
        methods:
          - {type: standard}
          - {type: pgd, epsilon: 0.1}
      measurements:
        - {type: pgd-curve, epsilons: [0, 0.1]}
      sweep: {seeds: 2}
      """;

  @TempDir Path folder;

  private StudyFile read(String text, String... overrides) throws Exception {
    Path file = folder.resolve("s.yaml");
    Files.writeString(file, text);
    return StudyFile.read(file, List.of(overrides));
  }

  private List<String> problems(String text, String... overrides) {
    try {
      read(text, overrides);
      return List.of();
    } catch (SpecException e) {
      return e.problems().stream()
          .map(p -> p.toString().lines().findFirst().orElseThrow())
          .map(l -> l.replace(folder + "/", ""))
          .toList();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void theStudyTheMistakesAreMadeInIsRight() {
    assertThat(problems(GOOD)).isEmpty();
  }

  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          epochs: 2          | epoch: 2          | s.yaml:5:3: unknown key 'training.epoch'; did you mean 'epochs'?; known here: epochs, batch-size, optimiser, schedule, label-smoothing, augment, samples, held-out, label-noise, probe, loss, until, products, methods
          batch-size: 32     | batch-size: many  | s.yaml:6:15: training.batch-size: expected a whole number, got 'many'
          batch-size: 32     | batch-size: 3.5   | s.yaml:6:15: training.batch-size: expected a whole number, got '3.5'
          batch-size: 32     | batch-size: 0     | s.yaml:6:15: training.batch-size: must be >= 1 and <= 1000000, got 0
          batch-size: 32     | batch-size: 1e12  | s.yaml:6:15: training.batch-size: must be >= 1 and <= 1000000, got 1e12
          batch-size: 32     | batch-size: '32'  | s.yaml:6:15: training.batch-size: expected a whole number, got the quoted text '32'
          batch-size: 32     | batch-size: [32]  | s.yaml:6:15: training.batch-size: expected a whole number, got a list
          batch-size: 32     | batch-size:       | s.yaml:6:14: training.batch-size: expected a whole number, got nothing
          epsilon: 0.1       | epsilon: -1       | s.yaml:10:28: training.methods[1].epsilon: must be >= 0 and <= 1000000, got -1
          epsilon: 0.1       | epsilon: .nan     | s.yaml:10:28: training.methods[1].epsilon: must be finite, got .nan
          epsilon: 0.1       | epsilon: NaN      | s.yaml:10:28: training.methods[1].epsilon: must be finite, got NaN
          epsilon: 0.1       | epsilon: -.inf    | s.yaml:10:28: training.methods[1].epsilon: must be finite, got -.inf
          epsilon: 0.1       | epsilon: 1/0      | s.yaml:10:28: training.methods[1].epsilon: division by zero in '1/0'
          epsilon: 0.1       | epsilon: 10^400   | s.yaml:10:28: training.methods[1].epsilon: must be finite, but '10^400' is Infinity
          epsilon: 0.1       | epsilon: 1O       | s.yaml:10:28: training.methods[1].epsilon: expected a number such as 3, 0.5, 1e-3, 8/255 or 2^-4, got '1O'
          type: pgd,         | type: pdg,        | s.yaml:10:14: training.methods[1].type: expected one of adr, crown-ibp, fgsm-rs, free, ibp, mart, mtl-ibp, noise, none, pgd, sabr, standard, trades, got 'pdg'; did you mean 'pgd'?
          type: digits       | typ: digits       | s.yaml:2:7: data: missing key 'type', one of cifar10, cifar100, csv, digits, fashion-mnist, gaussian-mixture, gaussian-ring, idx, image-folder, mnist, mnist-1d, npz, two-moons
          seeds: 2           | seeds: []         | s.yaml:13:16: sweep.seeds: must not be empty
          seeds: 2           | seeds: 0          | s.yaml:13:16: sweep.seeds: a count must be >= 1 and <= 100000, got 0
          seeds: 2           | seeds: [1, 1]     | s.yaml:13:8: sweep: a seed is given twice in [1, 1]
          seeds: 2           | seeds: 2, grid: {training.epochs: []} | s.yaml:13:8: sweep: grid 'training.epochs' is empty: no trial would run
          seeds: 2           | seeds: 2, grid: {training.epochs: [1, x]} | s.yaml:13:47: training.epochs: expected a whole number, got 'x'
          seeds: 2           | seeds: 2, grid: {name: [a]} | s.yaml:13:33: sweep.grid: 'name' cannot be varied
          [0, 0.1]           | [0.1, 0]          | s.yaml:12:5: measurements[0]: epsilons must ascend, but 0.0 follows 0.1
          [0, 0.1]           | 'linspace(0, 1)'  | s.yaml:12:33: measurements[0].epsilons: expected [a, b, ...], range(a, b, step), linspace(a, b, n) or logspace(a, b, n), got 'linspace(0, 1)'
          {type: standard}   | {type: pgd, epsilon: 1} | s.yaml:5:3: training: two methods are named 'pgd'; give each its own 'name'
          name: small        | name: ../x        | s.yaml:1:7: name: must be letters, digits, '.', '_' and '-', got '../x'
          name: small        | name: !!js/x small | s.yaml:1:7: tags such as 'tag:yaml.org,2002:js/x' are not used in a study
          """)
  void oneMistake(String right, String wrong, String message) {
    assertThat(GOOD).contains(right);
    assertThat(problems(GOOD.replace(right, wrong))).containsExactly(message);
  }

  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          metric: lipschitz-lowr, | s.yaml:14:48: claims: claim 'a' names the metric 'lipschitz-lowr', which no measurement gives; there are clean-accuracy, median-margin, training-loss, attacked-accuracy, ambiguous-attacks, undefined-logits
          metric: clean-acuracy, | s.yaml:14:48: claims: claim 'a' names the metric 'clean-acuracy', which no measurement gives; did you mean 'clean-accuracy'?; there are clean-accuracy, median-margin, training-loss, attacked-accuracy, ambiguous-attacks, undefined-logits
          metric: attacked-accuracy, | s.yaml:14:48: claims: claim 'a': missing key 'epsilon': the metric depends on it
          metric: attacked-accuracy, epsilon: 0.2, | s.yaml:14:48: claims: claim 'a' is about attacked-accuracy at epsilon 0.2, which no measurement gives
          metric: median-margin, epsilon: 0.1, | s.yaml:14:48: claims: claim 'a': key 'epsilon' has no meaning for this metric
          metric: median-margin, error: images, | s.yaml:14:48: claims: claim 'a': 'error: images' needs a metric that is a mean over images
          metric: clean-accuracy/last, | s.yaml:14:48: claims: claim 'a' names the metric 'clean-accuracy/last', which no measurement gives; did you mean 'clean-accuracy'?; there are clean-accuracy, median-margin, training-loss, attacked-accuracy, ambiguous-attacks, undefined-logits
          """)
  void aClaimAboutWhatNothingMeasures(String metric, String message) {
    String claim =
        "claims: [{type: level, id: a, says: x, %s of: pgd, relation: at-least, value: 0}]%n";
    assertThat(problems(GOOD + claim.formatted(metric))).containsExactly(message);
  }

  @Test
  void problemsOfClaimsAndFiguresComeTogetherWithAllOthersEachAtItsPlace() {
    String wrong =
        """
        claims:
          - {id: a, says: x, type: level, metric: no-such, of: pgd, relation: at-least, value: 0}
          - {id: b, says: x, type: level, metric: clean-accuracy, of: none, relation: at-least,
             value: zero}
          - id: a
            says: x
            type: level
            metric: attacked-accuracy
            of: none
            relation: at-least
            value: 0
        figures: [{type: scatter, x: median-margin, y: nothing}]
        """;
    assertThat(problems(GOOD.replace("name: small", "nam: small").replace("[16]", "[0]") + wrong))
        .extracting(p -> p.replaceAll("^s.yaml:([0-9]+:[0-9]+): (.*?)[;,:].*", "$1 $2"))
        .containsExactly(
            "1:1 unknown key 'nam'",
            "3:29 model.hidden[0]",
            "15:43 claims",
            "17:13 claims[1].value",
            "18:9 claims",
            "21:13 claims",
            "22:9 claims",
            "25:48 figures");
  }

  @Test
  void aClaimAboutACurveThatTwoMeasurementsGive() {
    String two = "- {type: pgd-curve, norm: l2, epsilons: [0, 0.1, 0.5]}";
    String text = GOOD.replace("measurements:\n", "measurements:\n  " + two + "\n");
    String claim =
        "claims: [{type: level, id: a, says: x, metric: %s, of: pgd, relation: at-least, value:"
            + " 0}]%n";
    assertThat(problems(text + claim.formatted("attacked-accuracy, epsilon: 0.5"))).isEmpty();
    for (String same : List.of("attacked-accuracy, epsilon: 0.1", "attacked-accuracy@0.1")) {
      assertThat(problems(text + claim.formatted(same)))
          .containsExactly(
              "s.yaml:15:48: claims: claim 'a' is about attacked-accuracy at epsilon 0.1, which"
                  + " several measurements give; make two studies of it");
    }
  }

  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          type: difference, relation: at-least, value: 0 | s.yaml:14:10: claims[0]: missing key 'minus': what is subtracted; or give 'minus-at' or 'minus-metric'
          type: difference, relation: at-least, value: 0, at: {training.epochs: 1}, minus-at: {model.hidden: [8]} | s.yaml:14:10: claims[0]: 'minus-at' must have the keys of 'at', [training.epochs], got [model.hidden]
          type: difference, relation: at-least, value: 0, at: {training.epochs: 1}, minus-at: {training.epochs: 5} | s.yaml:14:143: claims: claim 'a': 'minus-at' asks for training.epochs = 5, the grid has 1, 2
          type: difference, relation: at-least, value: 0, minus-metric: clean-acuracy | s.yaml:14:121: claims: claim 'a' names the metric 'clean-acuracy', which no measurement gives; did you mean 'clean-accuracy'?; there are clean-accuracy, median-margin, training-loss, attacked-accuracy, ambiguous-attacks, undefined-logits
          type: level, relation: at-least, value: 0, at: {training.epocs: 1} | s.yaml:14:106: claims: claim 'a': 'at' names the grid key 'training.epocs'; did you mean 'training.epochs'?; the grid has training.epochs, model.activation
          type: trend, direction: rises, along: training.epoch | s.yaml:14:97: claims: claim 'a': 'along' names the grid key 'training.epoch'; did you mean 'training.epochs'?; the grid has training.epochs, model.activation
          type: trend, direction: rises, along: model.activation | s.yaml:14:97: claims: claim 'a': 'along' needs numbers, the grid key 'model.activation' has relu
          type: trend, direction: rises, along: training.epochs, at: {training.epochs: 1} | s.yaml:14:97: claims: claim 'a' goes along 'training.epochs' and cannot fix it by 'at'
          type: interior-peak, along: training.epochs | s.yaml:14:87: claims: claim 'a': 'along' needs at least 3 different values, the grid key 'training.epochs' has 1, 2
          type: coexistence, within: 0.01, by: 0.05 | s.yaml:14:35: claims: claim 'a': 'error: images' needs a metric that is a mean over images
          """)
  void aClaimThatDoesNotFitItsGrid(String claim, String message) {
    String grid =
        "sweep: {seeds: 2, grid: {training.epochs: [1, 2], model.activation: [relu, tanh]}}";
    String claims = "claims: [{id: a, says: x, metric: median-margin, of: pgd, %s}]%n";
    assertThat(problems(GOOD.replace("sweep: {seeds: 2}", grid) + claims.formatted(claim)))
        .containsExactly(message);
  }

  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {type: line, metrics: [median-margn], along: training.epochs} | s.yaml:14:34: figures: line names the metric 'median-margn', which no measurement gives; did you mean 'median-margin'?; there are clean-accuracy, median-margin, training-loss, attacked-accuracy, ambiguous-attacks, undefined-logits
          {type: line, metrics: [attacked-accuracy], along: training.epochs} | s.yaml:14:34: figures: line: 'attacked-accuracy' is a curve; name it at an epsilon, attacked-accuracy@0.1
          {type: line, metrics: [median-margin], along: training.epoch} | s.yaml:14:57: figures: line: 'along' names the grid key 'training.epoch'; did you mean 'training.epochs'?; the grid has training.epochs
          {type: line, metrics: [], along: training.epochs} | s.yaml:14:33: figures[0].metrics: must not be empty
          {type: scatter, x: median-margin, y: clean-accuracy, methods: [pdg]} | s.yaml:14:74: figures: scatter names the method 'pdg'; did you mean 'pgd'?; the study has standard, pgd
          {type: variance, metrics: [clean-acc]} | s.yaml:14:38: figures: variance names the metric 'clean-acc', which no measurement gives; did you mean 'clean-accuracy'?; there are clean-accuracy, median-margin, training-loss, attacked-accuracy, ambiguous-attacks, undefined-logits
          {type: evolution, metrics: [test/clean-accuracy]} | s.yaml:14:39: figures: evolution names the history 'test/clean-accuracy', which no probe gives; there are none: set training.probe
          """)
  void aFigureOfWhatIsNotThere(String figure, String message) {
    String grid = "sweep: {seeds: 2, grid: {training.epochs: [1, 2]}}";
    String text = GOOD.replace("sweep: {seeds: 2}", grid) + "figures: [%s]%n".formatted(figure);
    assertThat(problems(text)).containsExactly(message);
    assertThat(problems(text.replaceAll("figures.*", GOOD_FIGURES))).isEmpty();
  }

  private static final String GOOD_FIGURES =
      "figures: [{type: line, metrics: [median-margin, attacked-accuracy@0.1], along:"
          + " training.epochs}, {type: scatter, x: attacked-accuracy@1/10, y: training-loss}]";

  @Test
  void whatGoesWithStandardTrainingAlone() {
    assertThat(problems(GOOD.replace("epochs: 2", "epochs: 2\n  loss: mse")))
        .containsExactly(
            "s.yaml:5:3: training: 'loss: mse' goes with standard training alone, not with the"
                + " method 'pgd'");
    assertThat(problems(GOOD.replace("epochs: 2", "epochs: 2\n  until: {gradient-norm: 0.01}")))
        .containsExactly(
            "s.yaml:5:3: training: 'until' goes with standard training alone, not with the method"
                + " 'pgd'");
  }

  @Test
  void probesAndWhatTheyMakeOfHistories() {
    String probe = "  probe: {every: 1, splits: [test, held-out]}\nmeasurements:";
    assertThat(problems(GOOD.replace("measurements:", probe)))
        .containsExactly(
            "s.yaml:5:3: training: probe.splits: 'held-out' needs samples held out; set"
                + " 'held-out'");
    String claim =
        "claims: [{type: level, id: a, says: x, metric: clean-accuracy/best-held-out, of: pgd,"
            + " relation: at-least, value: 0}]\n";
    String right = GOOD.replace("measurements:", "  held-out: 100\n" + probe);
    assertThat(problems(right + claim)).isEmpty();
    assertThat(problems(right.replace(", held-out]", "]") + claim).get(0))
        .contains("did you mean 'clean-accuracy/best-test'?");
    assertThat(
            problems(
                GOOD.replace(
                    "sweep:", "  - {type: lipschitz}\n  - {type: lipschitz, norm: linf}\nsweep:")))
        .containsExactly(
            "s.yaml:12:3: measurements: two of them give 'lipschitz-lower'; make two studies of"
                + " it");
  }

  @Test
  void theLineAndACaretAreShown() {
    assertThatThrownBy(() -> read(GOOD.replace("epsilon: 0.1", "epsilon: -1")))
        .hasMessageEndingWith(
            """
            training.methods[1].epsilon: must be >= 0 and <= 1000000, got -1
                10 |     - {type: pgd, epsilon: -1}
                   |                            ^\
            """
                .stripIndent());
  }

  @Test
  void allProblemsAreReportedAtOnceInTheOrderOfTheText() {
    String text =
        GOOD.replace("hidden: [16]", "hidden: [0]")
            .replace("epsilon: 0.1", "epsilon: -1")
            .replace("seeds: 2", "seeds: []");
    assertThat(problems(text))
        .extracting(l -> l.split(" ")[0])
        .containsExactly("s.yaml:3:29:", "s.yaml:10:28:", "s.yaml:13:16:");
  }

  @Test
  void aRuleInsideBracesNeedsQuotes() throws Exception {
    assertThat(problems(GOOD.replace("[0, 0.1]", "linspace(0, 0.1, 3)")).get(0))
        .endsWith("inside { } or [ ] a rule needs quotes: 'linspace(0, ...)'");
    assertThat(problems(GOOD.replace("[0, 0.1]", "'linspace(0, 0.1, 3)'"))).isEmpty();
  }

  @Test
  void aKeyGivenTwice() {
    assertThat(problems(GOOD + "sweep: {seeds: 3}\n"))
        .containsExactly("s.yaml:14:1: key 'sweep' given twice; first on line 13");
    assertThat(problems(GOOD.replace("epochs: 2", "epochs: 0") + "sweep: {seeds: 3}\n")).hasSize(2);
  }

  @Test
  void brokenYamlSaysWhere() {
    assertThat(problems("name: [a\n")).singleElement().asString().contains("not valid YAML");
    assertThat(problems("")).containsExactly("s.yaml:1:1: the file is empty");
  }

  @Test
  void overridesHaveTheSameGrammarAndPointAtThemselves() throws Exception {
    StudyFile s = read(GOOD, "training.methods.pgd.epsilon=8/255", "sweep.seeds=[3, 4]");
    assertThat(s.study().sweep().seeds()).containsExactly(3L, 4L);
    assertThat(s.study().training().methods().get(1).toString()).contains("epsilon=" + 8 / 255.0);
    assertThat(problems(GOOD, "training.epochs=0", "training.epocs=1", "nonsense"))
        .containsExactly("<override>: expected key=value, got 'nonsense'");
    assertThat(problems(GOOD, "training.epochs=0", "training.epocs=1"))
        .containsExactly(
            "<override>: unknown key 'training.epocs'; did you mean 'epochs'?; known here: epochs,"
                + " batch-size, optimiser, schedule, label-smoothing, augment, samples,"
                + " held-out, label-noise, probe, loss, until, products, methods",
            "<override>: training.epochs: must be >= 1 and <= 1000000, got 0");
    assertThat(problems(GOOD, "training.methods.trades.epsilon=1"))
        .containsExactly(
            "<override>: no element 'trades' in the list that 'training.methods.trades.epsilon'"
                + " steps into; it has [0] standard, [1] pgd");
  }

  @Test
  void anOverrideOfASweptKeyLeavesOnePoint() throws Exception {
    String text =
        GOOD.replace("seeds: 2", "seeds: 2, grid: {training.methods.pgd.epsilon: [0.1, 0.2]}");
    assertThat(read(text).points()).hasSize(2);
    StudyFile one = read(text, "training.methods[1].epsilon=0.3");
    assertThat(one.points()).hasSize(1);
    assertThat(one.study().training().methods().get(1).toString()).contains("epsilon=0.3");
  }

  @Test
  void anAliasBombIsRefused() {
    StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 12; i++) {
      bomb.append("a%d: &a%d [%s]%n".formatted(i, i, ("*a" + (i - 1) + ", ").repeat(9)));
    }
    long start = System.nanoTime();
    assertThat(problems(bomb.toString())).singleElement().asString().contains("more than");
    assertThat(System.nanoTime() - start).isLessThan(5_000_000_000L);
    assertThat(problems("a: &a [*a]\n")).singleElement().asString().contains("alias");
  }
}
