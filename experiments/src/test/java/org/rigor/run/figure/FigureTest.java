// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.figure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

class FigureTest {
  private static Document parse(String svg) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(svg)));
  }

  private static LineChart chart(String name) {
    double[] x = {0, 0.1, 0.3};
    double[] y = {0.9, 0.5, 0};
    LineChart.Bars bars =
        new LineChart.Bars(
            new double[] {0.8, 0.4, Double.NaN}, new double[] {0.95, 0.6, Double.NaN});
    return new LineChart(
        "A & <b>",
        Scale.of("x"),
        Scale.of("y").ofShares(),
        List.of(new LineChart.Line(name, 0, true, x, y, bars, null)),
        List.of(new LineChart.Area("band", 0, x, new double[] {0.5, 0.1, 0}, y)));
  }

  @Test
  void aChartIsXmlWithItsTextEscaped() throws Exception {
    Document d = parse(chart("\"quoted\" \u0001 <script>").svg());
    assertThat(d.getDocumentElement().getTagName()).isEqualTo("svg");
    assertThat(d.getElementsByTagName("script").getLength()).isZero();
    assertThat(d.getElementsByTagName("title").item(0).getTextContent()).isEqualTo("A & <b>");
    assertThat(d.getElementsByTagName("path").getLength()).isEqualTo(2);
  }

  @Test
  void highValuesAreHigh() throws Exception {
    var circles = parse(chart("a").svg()).getElementsByTagName("circle");
    double first =
        Double.parseDouble(circles.item(0).getAttributes().getNamedItem("cy").getNodeValue());
    double last =
        Double.parseDouble(circles.item(2).getAttributes().getNamedItem("cy").getNodeValue());
    assertThat(first).isLessThan(last);
  }

  @Test
  void ticksAreRound() {
    assertThat(new Axis("", 0, 0.31, false).ticks(8).stream().map(Axis.Tick::text))
        .containsExactly("0", "0.05", "0.1", "0.15", "0.2", "0.25", "0.3");
    assertThat(new Axis("", 0.9, 110, true).ticks(6).stream().map(Axis.Tick::text))
        .containsExactly("1", "3", "10", "30", "100");
    assertThat(Axis.show(2e-5)).isEqualTo("2e-5");
  }

  @Test
  void bracketsAndPicturesAreXml() throws Exception {
    var row = new BracketChart.Row("pgd", 1, 6, 5.5, 6.5, 54, Double.NaN, Double.NaN);
    parse(new BracketChart("t", List.of(new BracketChart.Panel("L", List.of(row)))).svg());
    float[] grey = {0, 0.5f, 1, 0.25f};
    var pair = new PictureGrid.Pair(grey, grey, 2, 2, 1, "1 seen as 2\nat 0.1");
    Document d =
        parse(new PictureGrid("t", List.of(new PictureGrid.Group("g", List.of(pair)))).svg());
    assertThat(d.getElementsByTagName("image").getLength()).isEqualTo(2);
  }

  @Test
  void picturesAreRealPng() throws Exception {
    String uri = Png.dataUri(new float[] {0, 0.5f, 1, 2, -1, 0.25f}, 2, 3, 1);
    var image =
        ImageIO.read(
            new ByteArrayInputStream(
                Base64.getDecoder().decode(uri.substring(uri.indexOf(',') + 1))));
    assertThat(image.getWidth()).isEqualTo(3);
    assertThat(image.getRaster().getSample(1, 0, 0)).isEqualTo(128);
    assertThat(image.getRaster().getSample(0, 1, 0)).isEqualTo(255);
    assertThat(image.getRaster().getSample(1, 1, 0)).isEqualTo(0);
  }

  private static final double[][] RANGES = {
    {0, 0},
    {1, 1},
    {-3, -3},
    {3.87, 3.95},
    {1, 1 + 1e-12},
    {1e-300, 2e-300},
    {-1e-9, 1e-9},
    {-250, -13},
    {1e12, 1e12 + 5},
    {-1e308, 1e308},
    {0, Double.MAX_VALUE},
    {8, 10.5},
    {0, 1e-5},
    {0.9, 110},
    {2, 3},
    {1e-12, 1e12},
    {Double.MIN_VALUE, 1},
    {0, 1},
    {-5, 270}
  };

  /** Close, equal, tiny, negative and huge values: three ticks at least, all told apart. */
  @Test
  void everyAxisHasThreeDifferentTicksInOrder() {
    for (double[] r : RANGES) {
      for (boolean log : new boolean[] {false, true}) {
        if (log && !(r[0] > 0)) {
          continue;
        }
        Axis axis = Axis.around("", r[0], r[1], log);
        for (int about : new int[] {3, 6, 9}) {
          List<Axis.Tick> ticks = axis.ticks(about);
          String as = "%s to %s, log %s: %s".formatted(r[0], r[1], log, ticks);
          assertThat(ticks.size()).as(as).isBetween(3, 15);
          assertThat(ticks.stream().map(Axis.Tick::text).distinct().count())
              .as(as)
              .isEqualTo(ticks.size());
          for (Axis.Tick t : ticks) {
            double scale = Math.max(Math.abs(r[0]), Math.abs(r[1]));
            assertThat(Double.parseDouble(t.text()))
                .as(as)
                .isCloseTo(t.value(), within(1e-8 * scale + 1e-300));
            assertThat(axis.at(t.value(), 0, 100)).as(as).isBetween(-0.01, 100.01);
          }
        }
      }
    }
  }

  @Test
  void axesOfWholeNumbersHaveWholeTicks() {
    for (double last : new double[] {1, 2, 3, 7, 40, 1000}) {
      Axis epochs = Axis.around("", 0, last, false).ofWholeNumbers();
      assertThat(epochs.ticks(8)).hasSizeBetween(3, 15);
      assertThat(epochs.ticks(8)).allMatch(t -> t.value() == Math.rint(t.value()));
    }
  }

  private static List<Element> of(Document d, String tag) {
    List<Element> out = new ArrayList<>();
    for (int i = 0; i < d.getElementsByTagName(tag).getLength(); i++) {
      out.add((Element) d.getElementsByTagName(tag).item(i));
    }
    return out;
  }

  /** Room that a text takes, from its anchor, at 0.55 em a character. */
  private static double[] extent(Element text) {
    double x = Double.parseDouble(text.getAttribute("x"));
    double width =
        0.55 * Double.parseDouble(text.getAttribute("font-size")) * text.getTextContent().length();
    return switch (text.getAttribute("text-anchor")) {
      case "start" -> new double[] {x, x + width};
      case "end" -> new double[] {x - width, x};
      default -> new double[] {x - width / 2, x + width / 2};
    };
  }

  private static void assertTextsApart(Document d) {
    List<Element> texts = of(d, "text").stream().filter(t -> !t.hasAttribute("transform")).toList();
    for (int i = 0; i < texts.size(); i++) {
      for (int j = 0; j < i; j++) {
        double[] a = extent(texts.get(i));
        double[] b = extent(texts.get(j));
        double dy =
            Double.parseDouble(texts.get(i).getAttribute("y"))
                - Double.parseDouble(texts.get(j).getAttribute("y"));
        boolean overlap = a[0] < b[1] && b[0] < a[1] && Math.abs(dy) < 9;
        assertThat(overlap)
            .as("%s over %s", texts.get(i).getTextContent(), texts.get(j).getTextContent())
            .isFalse();
      }
    }
  }

  /** Sides that are close, equal, tiny or huge. */
  @Test
  void numbersOfBracketsDoNotOverlap() throws Exception {
    double[][] sides = {{3.87, 3.95}, {5, 5}, {1e-7, 1.01e-7}, {1e9, 1.2e9}, {0.02, 400}};
    for (double[] s : sides) {
      var row =
          new BracketChart.Row(
              "pgd", 0, s[0], Double.NaN, Double.NaN, s[1], Double.NaN, Double.NaN);
      Document d =
          parse(new BracketChart("t", List.of(new BracketChart.Panel("L", List.of(row)))).svg());
      assertTextsApart(d);
      assertThat(of(d, "text").stream().map(Element::getTextContent)).doesNotContain("0.00");
    }
  }

  @Test
  void anIntervalThatTheAxisCutsIsMarked() throws Exception {
    var row = new BracketChart.Row("pgd", 0, 1.22, -2.55, 4.98, 9, 8.9, 9.1);
    Document d =
        parse(new BracketChart("t", List.of(new BracketChart.Panel("L", List.of(row)))).svg());
    assertThat(of(d, "path")).filteredOn(p -> p.getAttribute("class").equals("beyond")).hasSize(1);
    double[] x = {1, 2};
    var bars = new LineChart.Bars(new double[] {-1, 0.5}, new double[] {3, 2});
    var line = new LineChart.Line("a", 0, false, x, new double[] {1, 1}, bars, null);
    LineChart log =
        new LineChart("t", Scale.of("x"), Scale.of("y").withLog(true), List.of(line), List.of());
    assertThat(of(parse(log.svg()), "path"))
        .filteredOn(p -> p.getAttribute("class").equals("beyond"))
        .hasSize(1);
    LineChart even = new LineChart("t", Scale.of("x"), Scale.of("y"), List.of(line), List.of());
    assertThat(of(parse(even.svg()), "path"))
        .filteredOn(p -> p.getAttribute("class").equals("beyond"))
        .isEmpty();
  }

  /**
   * Curves of equal, tiny, negative, huge and missing values, and more names than the page is high.
   */
  @Test
  void chartsOfOddValuesAreFiniteAndTheirTextsApart() throws Exception {
    double[][] ys = {
      {0, 0, 0},
      {1e-12, 2e-12, 3e-12},
      {-5, -4, -1},
      {1e300, -1e300, 0},
      {Double.NaN, 1, Double.POSITIVE_INFINITY},
      {123456.001, 123456.002, 123456.003}
    };
    for (double[] y : ys) {
      var line = new LineChart.Line("a", 0, false, new double[] {0, 1e-7, 2e-7}, y, null, null);
      assertTextsApart(
          parse(new LineChart("t", Scale.of("x"), Scale.of("y"), List.of(line), List.of()).svg()));
    }
    List<LineChart.Line> many = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      String name =
          "method " + i + ", learning rate = 0.001, certified (crown-with-a-long-name-in-one-word)";
      many.add(
          new LineChart.Line(
              name, i, i % 2 == 0, new double[] {1e5, 3e5}, new double[] {i, -i}, null, null));
    }
    Document d = parse(new LineChart("t", Scale.of("x"), Scale.of("y"), many, List.of()).svg());
    assertTextsApart(d);
    double height = Double.parseDouble(d.getDocumentElement().getAttribute("height"));
    double width = Double.parseDouble(d.getDocumentElement().getAttribute("width"));
    for (Element t : of(d, "text")) {
      if (!t.hasAttribute("transform")) {
        assertThat(Double.parseDouble(t.getAttribute("y"))).isLessThan(height);
        assertThat(extent(t)[1]).as(t.getTextContent()).isLessThanOrEqualTo(width);
      }
    }
  }

  /** A certified value holds up to its radius, an attacked one from its radius on. */
  @Test
  void stairsJoinNothingBetweenRadii() throws Exception {
    var certified =
        new LineChart.Line(
            "c",
            0,
            LineChart.Style.UP_TO,
            new double[] {0.1, 0.2},
            new double[] {0.8, 0.5},
            null,
            null);
    var attacked =
        new LineChart.Line(
            "a",
            0,
            LineChart.Style.FROM,
            new double[] {0, 0.15},
            new double[] {0.9, 0.7},
            null,
            null);
    Document d =
        parse(
            new LineChart(
                    "t",
                    Scale.of("x"),
                    Scale.of("y").ofShares(),
                    List.of(certified, attacked),
                    List.of())
                .svg());
    for (Element p : of(d, "path")) {
      String[] c = p.getAttribute("d").split("[ML ]+");
      assertThat(c[2]).as("each piece is level").isEqualTo(c[4]);
    }
    assertThat(of(d, "path")).hasSize(4);
  }

  @Test
  void darkPagesChangeEveryColour() throws Exception {
    String svg = chart("a").svg();
    assertThat(svg).contains("prefers-color-scheme: dark");
    var used =
        java.util.regex.Pattern.compile("(?:fill|stroke)=\"(#[0-9a-fA-F]{6})\"")
            .matcher(svg.substring(svg.indexOf("</style>")));
    while (used.find()) {
      assertThat(svg)
          .contains("[fill=\"" + used.group(1) + "\"]")
          .contains("[stroke=\"" + used.group(1) + "\"]");
    }
  }
}
