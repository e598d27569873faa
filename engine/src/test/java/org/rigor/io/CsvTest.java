// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.data.Box;
import org.rigor.data.DataSet;
import org.rigor.data.UserData;

class CsvTest {
  @TempDir Path folder;

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("t.csv"), text);
  }

  @Test
  void readsNamesAndNumbers() throws IOException {
    Csv t = Csv.read(file("\"a\"; b ;label\r\n1;-2.5;0\r\n\r\n.5;1e-3;1"));
    assertThat(t.columns()).containsExactly("a", "b", "label");
    assertThat(t.rows()).isEqualTo(2);
    assertThat(t.values()).containsExactly(1, -2.5, 0, 0.5, 1e-3, 1);
    assertThat(t.at(1, 1)).isEqualTo(1e-3);
  }

  @Test
  void readsTablesWithoutNamesAndGzip() throws IOException {
    Path zipped = folder.resolve("t.csv.gz");
    try (var out = new GZIPOutputStream(Files.newOutputStream(zipped))) {
      out.write("1\t2\n3\t4\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
    Csv t = Csv.read(zipped);
    assertThat(t.columns()).containsExactly("0", "1");
    assertThat(t.values()).containsExactly(1, 2, 3, 4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n", "\r"})
  void allLineEndsAreOneAndAMarkIsDropped(String end) throws IOException {
    String text = String.join(end, "label,a", "0,.5", "", "1,.25") + end;
    for (String mark : new String[] {"", "\uFEFF"}) {
      Csv t = Csv.read(file(mark + text));
      assertThat(t.columns()).containsExactly("label", "a");
      assertThat(t.values()).containsExactly(0, 0.5, 1, 0.25);
      assertThat(Csv.read(file(mark + "1,2" + end + "3,4")).values()).containsExactly(1, 2, 3, 4);
    }
    assertThat(Csv.read(file("a,b\n1,2\r3,4\r\n5,6")).rows()).isEqualTo(3);
  }

  @Test
  void quotesHoldSeparatorsLineEndsAndQuotes() throws IOException {
    Csv t = Csv.read(file("\"a,b\",\"say \"\"c\"\"\nd\"\n\"1\", \"2.5\" \n3,4\n"));
    assertThat(t.columns()).containsExactly("a,b", "say \"c\"\nd");
    assertThat(t.values()).containsExactly(1, 2.5, 3, 4);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a,b\\n1,2\\n1,2,3 | line 3 has 3 fields, the first line has 2",
        "a,b\\n1, | line 2 has an empty field in the column b",
        "a,b\\n1,NaN | line 2 has 'NaN' in the column b, which is no number",
        "a,b\\n1,inf | 'inf'",
        "a,b\\n1,0x1p3 | '0x1p3'",
        "a,b\\n1,1f | '1f'",
        "a,b\\n1,1_000 | '1_000'",
        "a,b\\n1,. | '.'",
        "a,b\\n1,1e999 | '1e999' in the column b, beyond a double",
        "a,b\\n1,\"1,000\" | '1,000'",
        "a;b\\n1;2,5 | '2,5' in the column b, a decimal comma",
        "1,5;2\\n1,5;2 | more than one way",
        "a,b\\n | no row of numbers",
        "a,b\\n1,\"2 | a quote without a partner; the last quote is on line 2",
        "a,b\\n"
            + "1,\"2\"3 | Unexpected character after closing quote: '3' (0x33) (Exception when"
            + " reading record that started in line 2)",
        "a,b\\n1,2\"3 | a quote without a partner; the last quote is on line 2",
        "\"a\\nb\",c\\n1 | line 3 has 1 fields",
        "0,,0.3,1\\n1,2,3,4 | line 1 mixes numbers with an empty field in field 2 of 4",
        "0,NaN,1\\n1,2,3 | line 1 mixes numbers with 'NaN' in field 2 of 3",
        "label,a,label\\n0,1,0 | names the columns 1 and 3 both 'label'",
        ",a,label\\n0,1,0 | gives column 1 of 3 no name",
        "a\\n1\\n\"\" | line 3 has an empty field",
        "a\\tb\\n1\\t2\\n\\t | line 3 has an empty field",
      })
  void whatIsDamagedOrInDoubtIsRefusedWithItsLine(String text, String reason) throws IOException {
    Path file = file(text.replace("\\n", "\n").replace("\\t", "\t"));
    assertThatThrownBy(() -> Csv.read(file))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(reason);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 0x0b, 0x0c, 0x17, 0x1f})
  void aControlCharacterIsNoSpace(int c) throws IOException {
    for (String text : List.of("1\n2\n%s\"3\"\n", "1\n2\n%s3", "1\n2\n3%s\n")) {
      Path file = file(text.formatted((char) c));
      assertThatThrownBy(() -> Csv.read(file))
          .isInstanceOf(DataException.class)
          .hasMessage(file + ": line 3 has the control character 0x%02x".formatted(c));
    }
  }

  @Test
  void refusesWhatIsNotUtf8() throws IOException {
    Path binary = Files.write(folder.resolve("b.csv"), new byte[] {(byte) 0xC0, 0x31});
    assertThatThrownBy(() -> Csv.read(binary)).hasMessageContaining("not text in UTF-8");
    Path wide = Files.write(folder.resolve("w.csv"), new byte[] {(byte) 0xFF, (byte) 0xFE, 0x31});
    assertThatThrownBy(() -> Csv.read(wide)).hasMessageContaining("UTF-16; save it as UTF-8");
    assertThatThrownBy(() -> Csv.read(file(""))).hasMessageContaining("no row");
  }

  @Test
  void findsTheLabels() throws IOException {
    DataSet d = UserData.read(file("y,a,b\n1,0,0.5\n0,1,0.25\n"), Box.UNIT, 0);
    assertThat(d.labels()).containsExactly(1, 0);
    assertThat(d.inputs().floats()).containsExactly(0, 0.5f, 1, 0.25f);
    assertThat(UserData.csv(file("0.5,1\n0.25,2\n"), "", Box.UNIT, 3).labels())
        .containsExactly(1, 2);
    assertThat(UserData.csv(file("a,kind\n0.5,1\n"), "kind", Box.UNIT, 2).labels())
        .containsExactly(1);
    assertThatThrownBy(() -> UserData.csv(file("a,b\n0.5,1\n"), "", Box.UNIT, 2))
        .hasMessageContaining("no column [label, y, class, target]")
        .hasMessageContaining("[a, b]");
    assertThat(UserData.csv(file("1,0.5\n0,0.25\n"), "0", Box.UNIT, 2).labels())
        .containsExactly(1, 0);
    assertThatThrownBy(() -> UserData.csv(file("a,y\n0.5,1.5\n"), "", Box.UNIT, 2))
        .hasMessageContaining("y[0] is 1.5");
  }

  /** A label among the inputs makes every result wrong and none suspicious. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "x,y,label | [y, label]",
        "class,a,label | [class, label]",
        "Target,a,Y | [Target, Y]",
        "x,y,z | 'y' stands among others, [x, y, z], and may hold labels or a coordinate",
      })
  void labelsInDoubtAreRefusedAndCanBeNamed(String names, String reason) throws IOException {
    Path file = file(names + "\n0,1,0\n1,0,1\n");
    assertThatThrownBy(() -> UserData.csv(file, "", Box.UNIT, 0))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(reason)
        .hasMessageContaining("name the right one with 'label'");
    String last = names.substring(names.lastIndexOf(',') + 1);
    assertThat(UserData.csv(file, last, Box.UNIT, 0).labels()).containsExactly(0, 1);
  }

  @Test
  void whatWasGuessedIsTold() throws IOException {
    assertThat(UserData.csv(file("0.5,0\n0.25,0\n.5,2\n"), "", Box.UNIT, 0).notes())
        .containsExactly(
            "labels are column 2 of 2, which have no names (found; 'label: 1' says so), the other"
                + " 1 are inputs",
            "samples of each class: 0 (2), 2 (1)",
            "only one sample of class 2",
            "no sample of class 1");
    assertThatThrownBy(() -> UserData.csv(file("1,0.5,0\n0,0.25,0\n"), "", Box.UNIT, 0))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("samples of 2 classes at least, all 2 labels are 0")
        .hasMessageContaining("labels are column 3 of 3");
    assertThat(UserData.csv(file("1,0.5,0\n0,0.25,0\n"), "", Box.UNIT, 2).labels())
        .containsExactly(0, 0);
    assertThatThrownBy(() -> UserData.csv(file("a,label\n1e300,0\n0,1\n"), "", Box.NONE, 0))
        .hasMessageContaining("row 1 has 1.0E300 in the column a, beyond a float");
  }
}
