// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.data.CifarFiles;
import org.rigor.data.DataRoots;
import org.rigor.data.DataSet;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * Readers of data against files made and damaged at random: no internal error, and what is read is
 * what NumPy, safetensors, pandas and Pillow read. Their answers to the inputs of the ordinary run
 * are recorded in {@code reader-answers.tsv}. For more inputs:
 *
 * <pre>
 * -Drigor.hunt.files=5000 -Drigor.hunt.folder=FOLDER   writes what was read, and the files
 * python bench/peers/check_readers.py FOLDER           reads them and compares
 * </pre>
 *
 * The latter with {@code --record} writes the answers anew.
 */
class ReaderHuntTest {
  private static final int FEW = 200;
  private static final String FOLDER = System.getProperty("rigor.hunt.folder", "");
  private static final Map<String, String> ANSWERS = answers();
  private static final String PEERS = peers();

  @TempDir Path temporary;

  /** What was read, as bytes that a peer can make as well. */
  @FunctionalInterface
  private interface Answer {
    byte[] of(Path file);
  }

  private FileHunt.Tally hunt(String format, String ending, FileHunt.Inputs inputs, Answer answer) {
    assertThat(PEERS).as("a peer that reads " + format).contains("\"" + format + "\": ");
    Path file = temporary.resolve("f." + ending);
    return FileHunt.run(
        format,
        "f." + ending,
        FEW,
        inputs,
        (bytes, round) -> {
          Files.write(file, bytes);
          byte[] read = answer.of(file);
          if (!FOLDER.isEmpty()) {
            Path folder = Files.createDirectories(Path.of(FOLDER));
            Files.write(folder.resolve("%s-%d.%s".formatted(format, round, ending)), bytes);
            Files.write(folder.resolve("%s-%d.answer".formatted(format, round)), read);
          }
          String recorded = ANSWERS.get(format + "-" + round);
          if (recorded != null) {
            assertThat(Sha256.of(read)).startsWith(recorded);
          }
          return recorded != null;
        });
  }

  @Test
  void npz() {
    FileHunt.Tally t =
        hunt("npz", "npz", HuntedFiles::npz, f -> tensors(new TreeMap<>(Npz.readAll(f))));
    assertThat(t.read()).isGreaterThan(t.refused() / 10);
    assertThat(t.compared()).isGreaterThan(20);
  }

  @Test
  void npy() {
    FileHunt.Tally t =
        hunt("npy", "npy", HuntedFiles::npy, f -> tensors(new TreeMap<>(Map.of("x", Npy.read(f)))));
    assertThat(t.read()).isGreaterThan(t.refused() / 10);
    assertThat(t.compared()).isGreaterThan(20);
  }

  /** Beside a test part that is sound. */
  @Test
  void cifar() throws IOException {
    Files.write(temporary.resolve("test.cifar"), new byte[3073]);
    String folder = temporary.getFileName().toString();
    CifarFiles few =
        new CifarFiles(
            folder,
            folder,
            10,
            1,
            List.of(new CifarFiles.Part("f.cifar", 2)),
            List.of(new CifarFiles.Part("test.cifar", 1)),
            "none");
    FileHunt.Tally t =
        hunt(
            "cifar",
            "cifar",
            HuntedFiles::cifar,
            f -> {
              DataSet d = few.load(DataRoots.only(temporary.getParent()));
              int[] train = d.split().train();
              HostTensor y = HostTensor.of(Shape.of(train.length), d.labels(train));
              return tensors(new TreeMap<>(Map.of("x", d.inputs(train), "y", y)));
            });
    assertThat(t.refused()).isGreaterThan(20);
    assertThat(t.compared()).isGreaterThan(20);
  }

  @Test
  void safetensors() {
    FileHunt.Tally t =
        hunt(
            "safetensors",
            "safetensors",
            HuntedFiles::safetensors,
            f -> tensors(new TreeMap<>(SafeTensors.read(f).tensors())));
    assertThat(t.compared()).isGreaterThan(20);
  }

  @Test
  void csv() {
    FileHunt.Tally t = hunt("csv", "csv", HuntedFiles::csv, f -> table(Csv.read(f)));
    assertThat(t.compared()).isGreaterThan(20);
  }

  @Test
  void png() {
    FileHunt.Tally t = hunt("png", "png", HuntedFiles::png, f -> picture(new Pictures().read(f)));
    assertThat(t.compared()).isGreaterThan(20);
  }

  @Test
  void jpegGifAndBmp() {
    for (String format : List.of("jpeg", "gif", "bmp")) {
      List<byte[]> valid = HuntedFiles.written(format);
      FileHunt.Tally t =
          hunt(
              format,
              format,
              round -> FileHunt.damaged(valid, round),
              f -> picture(new Pictures().read(f)));
      assertThat(t.read()).isGreaterThan(0);
    }
  }

  @Test
  void idx() {
    FileHunt.Tally t =
        hunt("idx", "idx", HuntedFiles::idx, f -> tensors(new TreeMap<>(Map.of("x", Idx.read(f)))));
    assertThat(t.read()).isGreaterThan(20);
  }

  private static byte[] tensors(TreeMap<String, HostTensor> arrays) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    arrays.forEach(
        (name, t) -> {
          double[] values = new double[(int) t.shape().size()];
          for (int i = 0; i < values.length; i++) {
            values[i] = t.get(i);
          }
          out.writeBytes(answer(name + " " + t.shape(), values));
        });
    return out.toByteArray();
  }

  private static byte[] table(Csv t) {
    String names = t.named() ? String.join("\u001f", t.columns()) : "";
    return answer(t.rows() + " " + t.columns().size() + " " + names, t.values());
  }

  private static byte[] picture(Picture p) {
    double[] values = new double[p.samples().length];
    for (int i = 0; i < values.length; i++) {
      values[i] = p.samples()[i];
    }
    return answer(p.height() + " " + p.width() + " " + p.channels(), values);
  }

  /** A line, then the values in double, little-endian; every NaN is the same. */
  private static byte[] answer(String line, double[] values) {
    byte[] head = (line + "\n").getBytes(StandardCharsets.UTF_8);
    ByteBuffer b =
        ByteBuffer.allocate(head.length + 8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    b.put(head);
    for (double v : values) {
      b.putLong(Double.doubleToLongBits(v));
    }
    return b.array();
  }

  private static String peers() {
    try {
      return Files.readString(Path.of("../bench/peers/check_readers.py"));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static Map<String, String> answers() {
    try (InputStream in = ReaderHuntTest.class.getResourceAsStream("reader-answers.tsv")) {
      Map<String, String> all = new HashMap<>();
      String text = in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
      text.lines().map(l -> l.split("\t", -1)).forEach(l -> all.put(l[0], l[1]));
      return all;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
