// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.figure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.util.Base64;
import java.util.List;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
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
        "x",
        "y",
        false,
        false,
        true,
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
    assertThat(new Axis("", 0, 0.31, false).ticks(8).stream().map(Axis::show))
        .containsExactly("0", "0.05", "0.1", "0.15", "0.2", "0.25", "0.3");
    assertThat(new Axis("", 0.9, 110, true).ticks(6).stream().map(Axis::show))
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
}
