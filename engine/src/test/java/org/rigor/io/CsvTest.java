// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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

  @Test
  void namesTheLineThatIsWrong() throws IOException {
    assertThatThrownBy(() -> Csv.read(file("a,b\n1,2\n1,2,3\n")))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("line 3 has 3 fields, the first has 2");
    assertThatThrownBy(() -> Csv.read(file("a,b\n1,\n"))).hasMessageContaining("line 2: ''");
    assertThatThrownBy(() -> Csv.read(file("a,b\n1,NaN\n"))).hasMessageContaining("'NaN'");
    assertThatThrownBy(() -> Csv.read(file("a,b\n"))).hasMessageContaining("no row");
    assertThatThrownBy(() -> Csv.read(file(""))).hasMessageContaining("no row");
    Path binary = Files.write(folder.resolve("b.csv"), new byte[] {(byte) 0xFF, (byte) 0xFE, 0});
    assertThatThrownBy(() -> Csv.read(binary)).hasMessageContaining("not text in UTF-8");
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
    assertThatThrownBy(() -> UserData.csv(file("a,y\n0.5,1.5\n"), "", Box.UNIT, 2))
        .hasMessageContaining("y[0] is 1.5");
  }
}
